"""Signatures of requests between nodes, by a key that is derived from the deployment's secret."""

import hashlib
import hmac
from typing import Final

HEADER: Final = "X-Dlambda-Signature"
_PURPOSE: Final = b"requests between nodes"
_SKEW_SECONDS: Final = 300.0
"""A request may be sent again so long after it was signed, and clocks may differ by as much."""


def sign(secret: str, method: str, path: str, body: bytes, now: float) -> str:
    """The header's value: a time (unix seconds) and a signature of all parts."""
    return f"{int(now)}.{_digest(secret, method, path, body, int(now))}"


def is_signed(secret: str, value: str, method: str, path: str, body: bytes, now: float) -> bool:
    """True if a node with the same secret has sent this request of late."""
    stamp, _, digest = value.partition(".")
    if not (stamp.isascii() and stamp.isdecimal()) or len(stamp) > 12 or abs(int(stamp) - now) > _SKEW_SECONDS:
        return False
    return hmac.compare_digest(digest.encode(), _digest(secret, method, path, body, int(stamp)).encode())


def _digest(secret: str, method: str, path: str, body: bytes, stamp: int) -> str:
    key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
    text = f"{method}\n{path}\n{stamp}\n{hashlib.sha256(body).hexdigest()}"
    return hmac.new(key, text.encode(), "sha256").hexdigest()
