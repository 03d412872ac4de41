"""Users who sign in elsewhere: at an OpenID Connect provider, or at a proxy (docs/contract/accounts.md 6, 7)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dlambda.domain.accounts.principal import Role
from dlambda.errors import Forbidden

_MOST_GROUPS: Final = 1000
_SEPARATORS: Final = str.maketrans({";": ",", "|": ","})


@dataclass(frozen=True, slots=True)
class RoleMapping:
    """Groups of the roles. `default`: the role of who is in none of them; None: such a user is refused."""

    admin: frozenset[str]
    member: frozenset[str]
    guest: frozenset[str]
    default: Role | None

    @classmethod
    def of(cls, admin: Collection[str], member: Collection[str], guest: Collection[str], default: str) -> "RoleMapping":
        """`default` empty: a member where no group is set at all, else refused."""
        groups = (frozenset(admin), frozenset(member), frozenset(guest))
        if not default:
            return cls(*groups, default=None if any(groups) else Role.MEMBER)
        return cls(*groups, default=Role(default))

    @property
    def has_groups(self) -> bool:
        """True if groups say who has which role; else admins do."""
        return bool(self.admin or self.member or self.guest)

    def role_of(self, groups: Collection[str]) -> Role:
        """The highest role of these groups. Raises `Forbidden` for who may not sign in."""
        for role, allowed in ((Role.ADMIN, self.admin), (Role.MEMBER, self.member), (Role.GUEST, self.guest)):
            if allowed.intersection(groups):
                return role
        if self.default is None:
            raise Forbidden("None of your groups may use this service.")
        return self.default


def split_groups(text: str) -> list[str]:
    """Splits what proxies send in one header: groups between commas, semicolons or bars; they may contain blanks."""
    return [group.strip() for group in text.translate(_SEPARATORS).split(",") if group.strip()][:_MOST_GROUPS]


def groups_of_claims(claims: Mapping[str, Any], path: str) -> list[str]:
    """Returns the groups in a claim: a list of texts, or one text. `a.b` reads `b` inside `a`."""
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return split_groups(value)
    if not isinstance(value, Sequence):
        return []
    return [group for group in value if isinstance(group, str)][:_MOST_GROUPS]


def name_of_claims(claims: Mapping[str, Any], claim: str) -> str:
    """Returns the account's name: of the chosen claim, else the address without its host, else the subject."""
    for name in (claim, "preferred_username"):
        if isinstance(text := claims.get(name), str) and text.strip():
            return text.strip()
    if isinstance(text := claims.get("email"), str) and text.strip():
        return text.partition("@")[0].strip() or text
    return str(claims.get("sub", ""))
