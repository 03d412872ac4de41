"""Permissions that routes need, and those that roles hold (docs/contract/accounts.md 2)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from dlambda.domain.accounts.principal import Principal, Role
from dlambda.errors import Forbidden


class Permission(StrEnum):
    """Permissions of `/api/*`: each route declares the one that it needs."""

    PUBLIC = "public"
    """Everyone, without a login."""
    ANY_KEY = "key"
    """Every key of the key API; its other routes need a permission of such a key (hostapi.md)."""
    ACCOUNT = "account"
    """The caller's own account: its name, password, sessions and API keys."""
    ADD_ITEMS = "items:add"
    READ_ITEMS = "items:read"
    WRITE_ITEMS = "items:write"
    START_ITEMS = "items:start"
    """Lets held items go."""
    READ_FILES = "files:read"
    WRITE_FILES = "files:write"
    READ_TASKS = "tasks:read"
    WRITE_TASKS = "tasks:write"
    READ_RULES = "rules:read"
    """Presets, conditions, fields and task definitions."""
    WRITE_RULES = "rules:write"
    READ_COOKIES = "cookies:read"
    WRITE_COOKIES = "cookies:write"
    """Own jars of sites; nobody reads a value."""
    USE_YTDLP = "ytdlp:use"
    """Options explained, metadata looked up, conditions and definitions tried on a URL."""
    READ_ARCHIVE = "archive:read"
    WRITE_ARCHIVE = "archive:write"
    READ_SYSTEM = "system:read"
    """Ping, health, documents, and the configuration that pages need."""
    CONTROL_SYSTEM = "system:control"
    READ_METRICS = "metrics:read"
    MANAGE_NOTIFICATIONS = "notifications:manage"
    READ_LOGS = "logs:read"
    USE_CONSOLE = "console:use"
    MANAGE_ACCOUNTS = "accounts:manage"


_GUEST: Final = frozenset(
    {
        Permission.PUBLIC,
        Permission.ACCOUNT,
        Permission.ADD_ITEMS,
        Permission.READ_ITEMS,
        Permission.WRITE_ITEMS,
        Permission.READ_FILES,
        Permission.READ_TASKS,
        Permission.READ_RULES,
        Permission.USE_YTDLP,
        Permission.READ_SYSTEM,
    }
)
_MEMBER: Final = _GUEST | {
    Permission.START_ITEMS,
    Permission.WRITE_FILES,
    Permission.WRITE_TASKS,
    Permission.READ_COOKIES,
    Permission.WRITE_COOKIES,
}
_OF_ROLE: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.GUEST: _GUEST,
    Role.MEMBER: _MEMBER,
    Role.ADMIN: frozenset(Permission),
}


def permissions_of(role: Role) -> frozenset[Permission]:
    """Returns the permissions that a role holds."""
    return _OF_ROLE[role]


def permissions_held(principal: Principal) -> frozenset[Permission]:
    """Returns the permissions of a caller: of its role, within the scopes of the key that it sent."""
    own = permissions_of(principal.role)
    return own if principal.scopes is None else own & principal.scopes


def holds(principal: Principal, permission: Permission) -> bool:
    """True if the caller may do what needs `permission`."""
    return permission in permissions_held(principal)


def check_permission(principal: Principal, permission: StrEnum | None) -> None:
    """Raises `Forbidden` where the caller lacks the permission; what declares none is for admins."""
    if not (principal.is_admin if permission is None else holds(principal, Permission(permission))):
        extra = {"permission": permission}
        raise Forbidden("You do not have permission to perform this action.", extra=extra)
