"""Who asks, and what belongs to it: docs/contract/accounts.md 1."""

import pytest

from dlambda.domain.accounts.principal import OPERATOR, Principal, Role


@pytest.mark.parametrize(
    ("principal", "owner"),
    [
        (OPERATOR, ""),
        (Principal("a1", "ann", Role.ADMIN), ""),
        (Principal("a2", "bob", Role.MEMBER, "users/bob"), "a2"),
        (Principal("a3", "kid", Role.GUEST, "users/kid"), "a3"),
    ],
)
def test_admins_own_what_everyone_owns_and_others_their_own(principal: Principal, owner: str) -> None:
    assert principal.owner == owner
