"""Access to single services: `AWS_ACCESS_KEY_ID_S3`, `AWS_REGION_S3` ... beside AWS's own `AWS_ENDPOINT_URL_S3`.

Tables, queues and media may be programs of different makers, each with keys, a region and certificates of its own. What
is not named for a service is what every AWS client reads: `AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_CA_BUNDLE` ...
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_SERVICES: Final = ("dynamodb", "sqs", "s3")


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """The keys and certificates of one service; an empty text: those of all. `certificates` is a file's path."""

    key: str = ""
    secret: str = ""
    token: str = ""
    region: str = ""
    certificates: str = ""

    def options(self) -> dict[str, str]:
        """Arguments for `botocore.session.Session.create_client`."""
        values = {
            "aws_access_key_id": self.key,
            "aws_secret_access_key": self.secret,
            "aws_session_token": self.token,
            "region_name": self.region,
            "verify": self.certificates,
        }
        return {name: value for name, value in values.items() if value}


def read_access(environ: Mapping[str, str]) -> dict[str, ServiceAccess]:
    """The access that `environ` names, by botocore's names of services. Raises `ValueError` for half a key pair."""
    access = {service: _read(environ, service.upper()) for service in _SERVICES}
    return {service: own for service, own in access.items() if own != ServiceAccess()}


def _read(environ: Mapping[str, str], suffix: str) -> ServiceAccess:
    def text(name: str) -> str:
        return environ.get(f"AWS_{name}_{suffix}", "").strip()

    key, secret = text("ACCESS_KEY_ID"), text("SECRET_ACCESS_KEY")
    if bool(key) != bool(secret):
        raise ValueError(
            f"AWS_ACCESS_KEY_ID_{suffix} and AWS_SECRET_ACCESS_KEY_{suffix} are set together or not at all"
        )
    return ServiceAccess(key, secret, text("SESSION_TOKEN"), text("REGION"), text("CA_BUNDLE"))
