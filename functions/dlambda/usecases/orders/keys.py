"""API keys: recognised, made, shown, removed (docs/contract/hostapi.md, Keys)."""

import hmac
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from dlambda.deployment import current, per_deployment
from dlambda.domain.orders.key import ADMIN, LACKING, Key, Permission, read_new_key, read_permissions
from dlambda.domain.orders.units import GIGABYTE, MINUTE
from dlambda.errors import Forbidden, Invalid, NameInUse, NotFound, Unauthorized, WrongCredentials
from dlambda.store.orders import keys, quota_usage, rate_limits
from dlambda.usecases.accounts.api_keys import find_key

_SEEN_SECONDS = 1.0
_SEEN_MOST = 1000


def recognise(value: str | None, *, remembered: bool = False) -> Key:
    """The key that a request carries. Raises `Unauthorized`.

    `remembered`: a key that this process saw a second ago may be taken as it was. For what is asked again and again
    and tells a key nothing but what is its own.
    """
    if not value:
        raise Unauthorized("No API key provided")
    if remembered and (cached := _seen().get(keys.id_of(value))) and current().clock.monotonic() < cached[1]:
        return cached[0]
    key = find_key(value) or _first(value)
    if key is None:
        raise WrongCredentials("Invalid API key")
    recent_keys = _seen()
    if len(recent_keys) >= _SEEN_MOST:
        recent_keys.clear()
    recent_keys[key.id] = (key, current().clock.monotonic() + _SEEN_SECONDS)
    return key


@per_deployment
def _seen() -> dict[str, tuple[Key, float]]:
    return {}


def _first(value: str) -> Key | None:
    """The operator's own key, at its first use."""
    own = current().settings.admin_key
    if not own or not hmac.compare_digest(own.encode(), value.encode()):
        return None
    return find_key(value) if make_first_key(lambda: own) else None


def make_first_key(make: Callable[[], str] | None = None) -> str | None:
    """Makes the key `admin` with every permission; answers its value, or None when there is a key already.

    The value is the setting `admin_key`, else what `make` answers.
    """
    if keys.any_exists():
        return None
    value = current().settings.admin_key or (make or current().new_token)()
    try:
        keys.add(_key(ADMIN, tuple(Permission), value), value)
    except NameInUse:
        return None
    return value


def choose_admin_key(value: str) -> None:
    """At a start, the operator's value is the one of the key `admin`; when that was removed it stays so."""
    with suppress(NotFound, NameInUse):
        keys.change_value(ADMIN, value)


def create_key(body: Mapping[str, Any], by: Key) -> tuple[Key, str]:
    """A new key and its value.

    Raises `Invalid`, `NameInUse`, and `Forbidden` for what `by` does not hold itself and for more keys than it may
    make.
    """
    name, permissions = read_new_key(body)
    by.check_all(permissions)
    value = current().new_token()
    key = _key(name, permissions, value, by.makers_of_next)
    keys.add(key, value, most_made=current().settings.keys_per_key)
    return key, value


def _key(name: str, permissions: tuple[Permission, ...], value: str, makers: tuple[str, ...] = ()) -> Key:
    quota = int(current().settings.default_quota_gb * GIGABYTE)
    return Key(keys.id_of(value), name, permissions, quota, created_at=current().clock.time(), makers=makers)


def check_permissions(key: Key, names: object) -> None:
    """Raises `Forbidden` when the key lacks one, or there is no such permission; `Invalid` for what is no list."""
    if not isinstance(names, list):
        raise Invalid("permissions must be an array.")
    permissions = set(Permission)
    if not all(isinstance(name, str) and name in permissions for name in names):
        raise Forbidden(LACKING, extra={"message": LACKING})
    key.check_all(read_permissions(names))


def remove_key(name: str) -> None:
    """Removes a key, and the keys that it made: they were refused from that moment on. Raises `NotFound`.

    Their tasks end and expire as they would have.
    """
    key = keys.remove(name)
    _forget(key)
    for child in keys.list_made_by(key.id):
        with suppress(NotFound):  # somebody else removed it
            _forget(keys.remove(child))


def _forget(key: Key) -> None:
    _seen().clear()  # of this process; keys that it made may be among them
    rate_limits.remove(key.id)


def list_keys() -> dict[str, dict[str, Any]]:
    """Every key with its value, by name."""
    pairs = keys.list_()
    usage = quota_usage.usage_by_key(
        (key.id for key, _ in pairs), current().clock.time(), current().settings.quota_rate_minutes * MINUTE
    )
    return {key.name: _view(key, value, usage[key.id]) for key, value in pairs}


def _view(key: Key, value: str, used_bytes: int) -> dict[str, Any]:
    accessed = datetime.fromtimestamp(key.last_access, UTC).isoformat(timespec="seconds") if key.last_access else None
    return {
        "key": value,
        "name": key.name,
        "permissions": [permission.value for permission in key.permissions],
        "memory_quota": key.quota_bytes,
        "memory_usage": used_bytes,
        "last_access": accessed,
    }
