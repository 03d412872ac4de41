"""Accounts: who may sign in (docs/contract/accounts.md 3)."""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from dlambda.domain.accounts.principal import Principal, Role
from dlambda.errors import Invalid, Required

OPERATOR_ID: Final = "0"
"""The id that clients see where an admin has no account: the user of the settings, or everyone without a password."""
USERS_FOLDER: Final = "users"
_NAME_LENGTH: Final = 60  # as the name of a folder it has at most 255 bytes
_PASSWORD_LENGTH: Final = 1024
# A colon would end the name in Basic credentials; the name is also that of a folder.
_MISPLACED: Final = re.compile(r'[:/\\<>"|?*%]|^\.|^\s|\s$|\.$')
_ID_BITS: Final = 48  # JavaScript reads ids as numbers


@dataclass(frozen=True, slots=True)
class Account:
    """An account. `id`: digits. `password_hash`: empty for who signs in elsewhere. `subject`: who that is there.

    `stamp` changes with the password and with `disabled`: sessions that were begun under another one are over.
    """

    id: str
    name: str
    role: Role
    home: str
    created_at: float
    stamp: str
    password_hash: str = ""
    subject: str = ""
    disabled: bool = False

    def evolve(self, **changes: Any) -> Self:
        return replace(self, **changes)

    @property
    def principal(self) -> Principal:
        """The caller that a request of this account has. An admin is confined to no folder."""
        home = "" if self.role is Role.ADMIN else self.home
        return Principal(self.id, self.name, self.role, home)

    @property
    def is_active_admin(self) -> bool:
        return self.role is Role.ADMIN and not self.disabled

    def view(self) -> dict[str, Any]:
        """The account as admins see it: no secret."""
        return {
            "id": int(self.id),
            "username": self.name,
            "role": self.role.value,
            "disabled": self.disabled,
            "home": self.home,
            "created_at": self.created_at,
            "has_password": bool(self.password_hash),
            "external": bool(self.subject),
        }


def user_view(principal: Principal) -> dict[str, Any]:
    """Returns the `user` of answers: `id` and `username` as the newest API has them, and `role`."""
    return {
        "id": int(principal.account_id or OPERATOR_ID),
        "username": principal.name,
        "role": principal.role.value,
    }


def name_key(name: str) -> str:
    """Returns the form of a name that uniqueness and look-up go by."""
    return name.strip().casefold()


def id_of_subject(subject: str) -> str:
    """Returns the id of the account of somebody who signs in elsewhere: the same on every machine."""
    number = int.from_bytes(hashlib.sha256(subject.encode()).digest()[: _ID_BITS // 8])
    return str(number or 1)


def home_of(name: str) -> str:
    """Returns the folder of a new account, below the files."""
    return f"{USERS_FOLDER}/{name}"


def read_name(value: object, field: str = "username") -> str:
    """Reads the name of an account. Raises `Required` or `Invalid`."""
    if not isinstance(value, str) or not value.strip():
        raise Required(f"{field} is required.")
    name = value.strip()
    if len(name) > _NAME_LENGTH or not name.isprintable() or _MISPLACED.search(name):
        raise Invalid(
            f'{field} has at most {_NAME_LENGTH} printable characters, without : / \\ < > " | ? * % or a dot at an end'
        )
    return name


def read_password(value: object, field: str = "password") -> str:
    """Reads a password; blanks are part of it. Raises `Required` or `Invalid`."""
    if not isinstance(value, str) or not value:
        raise Required(f"{field} is required.")
    if len(value) > _PASSWORD_LENGTH or "\0" in value:
        raise Invalid(f"{field} has at most {_PASSWORD_LENGTH} characters, and no NUL.")
    return value


def read_role(value: object) -> Role:
    """Reads a role. Raises `Invalid`."""
    try:
        return Role(str(value))
    except ValueError:
        raise Invalid(f"role is one of {', '.join(Role)}.") from None
