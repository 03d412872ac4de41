"""API keys of accounts, as clients ask for them (docs/contract/accounts.md 5)."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from dlambda.errors import Forbidden, Invalid, Required

PREFIX: Final = "ytp_"
_HINT_LETTERS: Final = 8
_NAME_LENGTH: Final = 255
_MOST_REQUESTS: Final = 5000  # they are marks in one row (store/orders/rate_limits)
_MOST_GIGABYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A key to be made. `scopes`: None for all that its owner may. `expires_at`: unix seconds, 0 for never.

    `quota_gb`, `request_limit`: None and 0 for those of the deployment.
    """

    name: str
    scopes: frozenset[str] | None
    expires_at: float
    quota_gb: float | None
    request_limit: int


def hint_of(value: str) -> str:
    """Returns what lists show of a key's value: its end."""
    return value[-_HINT_LETTERS:]


def read_key_request(body: object, known_scopes: Collection[str], now: float) -> KeyRequest:
    """Reads a body. Raises `Required` or `Invalid`."""
    if not isinstance(body, Mapping):
        raise Invalid("Invalid request body expecting dict.")
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Required("name is required.")
    name = name.strip()
    if len(name) > _NAME_LENGTH or not name.isprintable():
        raise Invalid(f"name has at most {_NAME_LENGTH} printable characters.")
    return KeyRequest(
        name=name,
        scopes=_scopes(body.get("scopes"), known_scopes),
        expires_at=_expiry(body.get("expires_at"), now),
        quota_gb=_number(body, "quota_gb", _MOST_GIGABYTES),
        request_limit=int(_number(body, "request_limit", _MOST_REQUESTS) or 0),
    )


def _scopes(value: object, known_scopes: Collection[str]) -> frozenset[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(scope, str) for scope in value):
        raise Invalid("scopes must be a list of permissions, or null for all.")
    for scope in value:
        if scope not in known_scopes:
            raise Invalid(f"Unknown scope: {scope[:64]}")
    return frozenset(value)


def _expiry(value: object, now: float) -> float:
    """A date of ISO 8601, or unix seconds."""
    if value is None:
        return 0.0
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            raise Invalid("expires_at must be a date such as 2027-01-31T00:00:00Z.") from None
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Invalid("expires_at must be a date such as 2027-01-31T00:00:00Z.")
    if value <= now:
        raise Invalid("expires_at must lie in the future.")
    return float(value)


def _number(body: Mapping[str, Any], field: str, maximum: int) -> float | None:
    value = body.get(field)
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not 0 < value <= maximum or (field == "request_limit" and value != int(value)):
        raise Invalid(f"{field} must be a number above 0.")
    return float(value)


def check_within(scopes: frozenset[str] | None, own: frozenset[str] | None) -> frozenset[str] | None:
    """Returns the scopes of a key that a key makes: its maker's, when none are named. Raises `Forbidden` for more."""
    if own is None or scopes is None:
        return own if scopes is None else scopes
    if not scopes <= own:
        raise Forbidden("A key cannot hand out scopes that it does not hold itself.")
    return scopes
