"""API keys: who may ask for what (docs/contract/hostapi.md, Keys). A key's value is a secret; here it has a name."""

import base64
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from dlambda.domain.accounts.principal import Role
from dlambda.errors import Forbidden, Invalid, Required

ADMIN = "admin"
MOST_MAKERS = 4
LACKING = "Insufficient permissions"
_NAME_LIMIT = 128
_REQUIRED = "Name and permissions required"


def id_of_value(value: str, secret_key: str) -> str:
    """The look-up id of a key's value: an HMAC under the deployment's secret (base64): tables reveal nothing."""
    return hmac.digest(base64.b64decode(secret_key), b"api key\0" + value.encode(), "sha256").hex()


class Permission(StrEnum):
    """Permissions of a key. Each route declares the one that it needs."""

    CREATE_KEY = "create_key"
    DELETE_KEY = "delete_key"
    GET_KEY = "get_key"
    GET_KEYS = "get_keys"
    GET_VIDEO = "get_video"
    GET_AUDIO = "get_audio"
    GET_LIVE_VIDEO = "get_live_video"
    GET_LIVE_AUDIO = "get_live_audio"
    GET_INFO = "get_info"


_OF_MEMBERS: Final = frozenset(
    {
        Permission.GET_VIDEO,
        Permission.GET_AUDIO,
        Permission.GET_LIVE_VIDEO,
        Permission.GET_LIVE_AUDIO,
        Permission.GET_INFO,
    }
)


@dataclass(frozen=True, slots=True)
class Key:
    """`id` is made from the value and tells nothing of it; unix seconds, `last_access` 0 for never.

    `makers`: the ids of the keys on whose limits its tasks count as well: who made it, and who made that one.
    The fields below are of keys that belong to an account (accounts.md 5). `number`: the id that clients see.
    `expires_at`: 0 for never. `request_limit`: 0 for the deployment's. `scopes`: None for all that its owner may.
    """

    id: str
    name: str
    permissions: tuple[Permission, ...]
    quota_bytes: int
    created_at: float
    last_access: float = 0.0
    makers: tuple[str, ...] = ()
    account_id: str = ""
    number: str = ""
    hint: str = ""
    expires_at: float = 0.0
    request_limit: int = 0
    scopes: frozenset[str] | None = None

    @property
    def is_operators(self) -> bool:
        """True if no other key made it: the keys that it makes count for themselves."""
        return self.name == ADMIN and not self.makers and not self.account_id

    @property
    def makers_of_next(self) -> tuple[str, ...]:
        """`makers` of a key that this one makes. Raises `Forbidden` where the chain is as long as it may be."""
        if self.is_operators:
            return ()
        if len(self.makers) >= MOST_MAKERS:
            raise Forbidden(f"A key made through {MOST_MAKERS} other keys cannot make keys")
        return (*self.makers, self.id)

    def check(self, permission: Permission) -> None:
        """Raises `Forbidden` when the key may not do that."""
        if permission not in self.permissions:
            raise Forbidden(LACKING)

    def check_all(self, permissions: Iterable[Permission]) -> None:
        """Raises `Forbidden` unless the key holds all of them."""
        if not set(permissions) <= set(self.permissions):
            raise Forbidden(LACKING, extra={"message": LACKING})


def permissions_of_role(role: Role) -> frozenset[Permission]:
    """Returns the permissions of the key API that a key of an account may have: a guest's orders could not be held."""
    if role is Role.ADMIN:
        return frozenset(Permission)
    return _OF_MEMBERS if role is Role.MEMBER else frozenset()


def read_permissions(value: object) -> tuple[Permission, ...]:
    """Each once, in the order given. Raises `Invalid` for what is no list of known permissions."""
    if not isinstance(value, list):
        raise Invalid("permissions must be an array.")
    permissions: list[Permission] = []
    for name in value:
        try:
            permissions.append(Permission(name))
        except ValueError:
            raise Invalid(f"Unknown permission: {str(name)[:64]}") from None
    return tuple(dict.fromkeys(permissions))


def read_new_key(body: Mapping[str, Any]) -> tuple[str, tuple[Permission, ...]]:
    """Name and permissions of a key to be made. Raises `Required` or `Invalid`."""
    name, permissions = body.get("name"), body.get("permissions")
    if not isinstance(name, str) or not name.strip() or not permissions:
        raise Required(_REQUIRED)
    name = name.strip()
    if len(name) > _NAME_LIMIT or not name.isprintable() or "/" in name:
        raise Invalid(f"name must be printable, without '/', and of at most {_NAME_LIMIT} characters.")
    return name, read_permissions(permissions)
