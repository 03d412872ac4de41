"""API keys: of accounts, for both APIs, and those that the key API makes (docs/contract/accounts.md 5, hostapi.md)."""

from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from dlambda.deployment import current
from dlambda.domain.accounts.account import OPERATOR_ID, Account
from dlambda.domain.accounts.key_request import PREFIX, KeyRequest, check_within, hint_of, read_key_request
from dlambda.domain.accounts.permission import Permission as RoutePermission
from dlambda.domain.accounts.permission import permissions_of
from dlambda.domain.accounts.principal import Principal
from dlambda.domain.accounts.session import SESSION_ID_BITS, as_text
from dlambda.domain.orders.key import Key, Permission, permissions_of_role
from dlambda.domain.orders.units import GIGABYTE, MINUTE
from dlambda.errors import Forbidden, NotFound
from dlambda.store.accounts import accounts
from dlambda.store.orders import keys, quota_usage, rate_limits
from dlambda.usecases.accounts.login_need import login_needed
from dlambda.usecases.accounts.sign_in import operator
from dlambda.usecases.events.end_connections import end_connections

_TOUCH_SECONDS: Final = 60
_MOST_KEYS: Final = 100
_NOT_SCOPES: Final = frozenset({RoutePermission.PUBLIC, RoutePermission.ANY_KEY})
SCOPES: Final = frozenset((frozenset(RoutePermission) - _NOT_SCOPES) | frozenset(Permission))


def find_key(value: str) -> Key | None:
    """The key of a value that somebody sent, as it may be used now; None when it is over, or its maker or owner is."""
    key = keys.find(value)
    if key is None or not keys.all_exist(key.makers):
        return None
    now = current().clock.time()
    if key.account_id:
        owner = _owner(key)
        if owner is None or (key.expires_at and key.expires_at <= now):
            return None
        allowed = permissions_of_role(owner.role)
        key = replace(key, permissions=tuple(name for name in key.permissions if name in allowed))
    return keys.touch(key, now) if now - key.last_access > _TOUCH_SECONDS else key


def _owner(key: Key) -> Principal | None:
    """The caller whom a key of an account stands for, within the key's scopes."""
    if key.account_id == OPERATOR_ID:
        # Everyone could make one before a login was needed, and no account's list has it.
        is_over = login_needed() and not current().settings.auth_enabled
        return None if is_over else replace(operator(), key_id=key.id, scopes=key.scopes)
    account = accounts.find(key.account_id)
    if account is None or account.disabled:
        return None
    return replace(account.principal, key_id=key.id, scopes=key.scopes)


def find_by_key(value: str) -> Principal | None:
    """The caller of `/api/*` that a key stands for; keys that the key API made are for the key API alone."""
    key = find_key(value) if value.startswith(PREFIX) else None
    return _owner(key) if key and key.account_id else None


def list_keys(principal: Principal) -> list[dict[str, Any]]:
    """The caller's own keys, as they are answered: never a value."""
    own_keys = keys.list_of_account(principal.account_id or OPERATOR_ID)
    settings, now = current().settings, current().clock.time()
    usage = quota_usage.usage_by_key((key.id for key in own_keys), now, settings.quota_rate_minutes * MINUTE)
    return [_view(key, usage[key.id]) for key in own_keys]


def make_key(principal: Principal, body: object) -> dict[str, Any]:
    """Makes a key of the caller; the answer alone has its value.

    Raises `Invalid`, and `Forbidden` for scopes beyond those of the key that the request came with, and for too many.
    """
    deployment = current()
    now = deployment.clock.time()
    request = read_key_request(body, SCOPES, now)
    maker = keys.find_by_id(principal.key_id) if principal.key_id else None
    if principal.key_id and maker is None:
        raise Forbidden("The key of this request was removed.")
    request = replace(request, scopes=check_within(request.scopes, principal.scopes))
    account_id = principal.account_id or OPERATOR_ID
    if len(keys.list_of_account(account_id)) >= _MOST_KEYS:
        raise Forbidden(f"Limit of keys exceeded. An account may have {_MOST_KEYS}")
    value = PREFIX + deployment.new_token()
    key = _new_key(value, request, maker, account_id, now)
    keys.add(key, value, most_made=deployment.settings.keys_per_key)
    return {**_view(key, 0), "key": value}


def _new_key(value: str, request: KeyRequest, maker: Key | None, account_id: str, now: float) -> Key:
    quota_gb = request.quota_gb or current().settings.default_quota_gb
    return Key(
        id=keys.id_of(value),
        name=request.name,
        permissions=tuple(name for name in Permission if request.scopes is None or name in request.scopes),
        quota_bytes=int(quota_gb * GIGABYTE),
        created_at=now,
        makers=maker.makers_of_next if maker else (),
        account_id=account_id,
        number=str(current().random.getrandbits(SESSION_ID_BITS)),
        hint=hint_of(value),
        expires_at=_earliest(request.expires_at, maker.expires_at if maker else 0.0),
        request_limit=request.request_limit,
        scopes=request.scopes,
    )


def _earliest(*times: float) -> float:
    """The earliest of times of which 0 means never."""
    return min((time for time in times if time), default=0.0)


def remove_key(principal: Principal, number: str) -> None:
    """Removes a key of the caller, those that it made, and the account's WebSockets. Raises `NotFound`."""
    account_id = principal.account_id or OPERATOR_ID
    key = keys.find_by_number(account_id, number)
    if key is None or not keys.remove_of_account(key):
        raise NotFound("API key not found.")
    rate_limits.remove(key.id)
    for child in keys.list_of_account(account_id):
        if key.id in child.makers:
            keys.remove_of_account(child)
            rate_limits.remove(child.id)
    _remove_made_by(key)
    end_connections(principal.account_id)  # those of other keys and of sessions connect again


def _remove_made_by(key: Key) -> None:
    """Removes the keys that it made through the key API: they are refused already."""
    for name in keys.list_made_by(key.id):
        with suppress(NotFound):  # somebody else removed it
            rate_limits.remove(keys.remove(name).id)


def remove_keys_of(account: Account) -> None:
    """Removes the keys of an account that is gone."""
    for key in keys.list_of_account(account.id):
        keys.remove_of_account(key)
        rate_limits.remove(key.id)
        _remove_made_by(key)


def scopes_of(principal: Principal) -> list[str]:
    """The scopes that a key of the caller may have, sorted."""
    own = permissions_of(principal.role) | permissions_of_role(principal.role)
    return sorted(scope for scope in SCOPES & own if principal.scopes is None or scope in principal.scopes)


def _view(key: Key, used_bytes: int) -> dict[str, Any]:
    return {
        "id": int(key.number),
        "name": key.name,
        "hint": key.hint,
        "prefix": PREFIX,
        "created_at": as_text(key.created_at),
        "last_used_at": as_text(key.last_access) if key.last_access else None,
        "expires_at": as_text(key.expires_at) if key.expires_at else None,
        "scopes": None if key.scopes is None else sorted(key.scopes),
        "quota_bytes": key.quota_bytes,
        "used_bytes": used_bytes,
        "request_limit": key.request_limit or None,
    }
