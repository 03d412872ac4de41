"""Authentication: Basic credentials in the header or the query (docs/contract/system.md 2)."""

import base64
import binascii
import hmac

from dlambda.deployment import current
from dlambda.domain.accounts.principal import OPERATOR, Principal
from dlambda.errors import Unauthorized, WrongCredentials
from dlambda.settings import Settings

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Authorization Required."'}


def check_credentials(authorization: str | None, apikey: str | None) -> Principal:
    """Returns the caller: anyone where no password is set, else who sends the right one. Raises `Unauthorized`."""
    settings = current().settings
    if not settings.auth_enabled:
        return OPERATOR
    if authorization:
        encoded = _from_header(authorization)
    elif apikey:
        encoded = apikey
    else:
        raise Unauthorized("Authorization Required.", headers=_CHALLENGE)
    if not _matches(_decoded(encoded), settings):
        raise WrongCredentials("Unauthorized (Invalid credentials).", headers=_CHALLENGE)
    return OPERATOR


def _from_header(header: str) -> str:
    scheme, _, parameters = header.strip().partition(" ")
    if scheme.lower() != "basic":
        raise Unauthorized("Unsupported authentication method.", extra={"method": scheme})
    return parameters.strip()


def _decoded(encoded: str) -> bytes:
    """Either alphabet, with or without padding; a `+` that arrived as a blank. What is no base64 decodes to nothing."""
    text = encoded.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _matches(sent_pair: bytes, settings: Settings) -> bool:
    """In constant time. The password may contain `:`."""
    right = f"{settings.auth_username}:{settings.auth_password}".encode()
    return hmac.compare_digest(sent_pair, right)
