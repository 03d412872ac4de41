"""Secrets at rest: cookies, header values, keys. AES-256-GCM under the deployment's key (contract README, Secrets)."""

import base64
import os
from typing import TYPE_CHECKING

from dlambda.deployment import current, per_deployment
from dlambda.environment import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_KEY_BYTES = 32


def seal(text: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, text.encode(), None)


def unseal(sealed: bytes) -> str:
    """Raises `InvalidTag` when the deployment's key is not the one that sealed it."""
    return _cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()


@per_deployment
def _cipher() -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = base64.b64decode(current().settings.secret_key)
    if len(key) != _KEY_BYTES:
        raise SettingsError("DLAMBDA_SECRET_KEY must be 32 bytes in base64")
    return AESGCM(key)
