"""The caller of a request or connection, and what belongs to it (docs/contract/accounts.md 1)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The role of an account: it decides which routes answer, and whose data they answer about."""

    ADMIN = "admin"
    MEMBER = "member"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who was let in. `account_id` is empty where the service has no accounts, or none is behind a key.

    `home`: the folder below the files, without slashes around it, that the caller is confined to; empty for all.
    `key_id`, `scopes`: of the API key that it sent; without scopes its role alone decides.
    """

    account_id: str
    name: str
    role: Role
    home: str = ""
    key_id: str = ""
    scopes: frozenset[str] | None = None

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def holds_adds(self) -> bool:
        """True if an admin starts what the caller adds."""
        return self.role is Role.GUEST

    @property
    def owner(self) -> str:
        """The owner of what the caller makes, and of all that it sees: empty for admins, who see everything."""
        return "" if self.is_admin else self.account_id


OPERATOR: Final = Principal("", "admin", Role.ADMIN)
"""Whoever runs the service: everyone where it has no password, and holders of the password from the settings."""
