"""Services that a run uses in the place of its own engines, each by an address of its own.

`AWS_ENDPOINT_URL_DYNAMODB`, `_SQS` and `_S3` name one service each, `AWS_ENDPOINT_URL` all that are not named so, as
every AWS client reads them; LocalStack's own variables name all three (docs/several-machines.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from local.start_error import StartError

_GENERAL = "AWS_ENDPOINT_URL"
_LOCALSTACK = ("LOCALSTACK_HOST", "LOCALSTACK_HOSTNAME", "EDGE_PORT")
_OWN_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


@dataclass(frozen=True, slots=True)
class Services:
    """Addresses of tables, queues and media; an empty one is served by our own engine."""

    tables: str = ""
    queues: str = ""
    media: str = ""

    @property
    def addresses(self) -> list[str]:
        """Each address once."""
        return list(dict.fromkeys(filter(None, (self.tables, self.queues, self.media))))

    @property
    def are_shared(self) -> bool:
        """True if no engine of our own is left: other nodes can use the same services."""
        return bool(self.tables and self.queues and self.media)

    @property
    def are_amazons(self) -> bool:
        return any((urlsplit(address).hostname or "").endswith(".amazonaws.com") for address in self.addresses)


def read_services(values: Mapping[str, str]) -> Services:
    """The services that the variables name. Raises `StartError` for an address that is none."""
    general = _address(values, _GENERAL) or _localstack(values)
    return Services(
        tables=_address(values, f"{_GENERAL}_DYNAMODB") or general,
        queues=_address(values, f"{_GENERAL}_SQS") or general,
        media=_address(values, f"{_GENERAL}_S3") or general,
    )


def _address(values: Mapping[str, str], name: str) -> str:
    address = values.get(name, "").strip()
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        is_address = False
    if not is_address:
        raise StartError(f"{name}={address} is no URL, such as http://127.0.0.1:4566.")
    return address.rstrip("/")


def _localstack(values: Mapping[str, str]) -> str:
    """The address by LocalStack's variables, as its clients read them; nothing without them."""
    host, hostname, port = (values.get(name, "").strip() for name in _LOCALSTACK)
    if not (host or hostname or port):
        return ""
    # Only here: it would cost every other start a third of a second.
    from localstack_client.config import (  # type: ignore[import-untyped]
        DEFAULT_EDGE_PORT,
        parse_localstack_host,
    )

    name = host or hostname or "localhost"
    if ":" not in name:
        name = f"{name}:{port or DEFAULT_EDGE_PORT}"
    try:
        where, number = parse_localstack_host(name)
    except RuntimeError:
        raise StartError(f"LOCALSTACK_HOST={name} is no host and port, such as localhost:4566.") from None
    scheme = "https" if values.get("USE_SSL", "").strip().lower() in {"1", "true"} else "http"
    return f"{scheme}://{where}:{number}"


def credentials_of(values: Mapping[str, str], services: Services) -> dict[str, str]:
    """The key pair for services that ask for one and check none (LocalStack and the like); empty where somebody has set
    credentials, or Amazon gives them to the machine.
    """
    if services.are_amazons or any(values.get(name) for name in _OWN_CREDENTIALS):
        return {}
    return {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
