"""The caller of the current HTTP request, as authentication found it (docs/contract/accounts.md 1)."""

from flask import g

from dlambda.domain.accounts.principal import Principal


def current_principal() -> Principal:
    """Returns who asks. Raises `LookupError` outside a request, and in a route that answers before authentication."""
    principal: Principal | None = g.get("principal")
    if principal is None:
        raise LookupError("this request was not authenticated")
    return principal


def set_principal(principal: Principal) -> None:
    """Remembers who asks, until the request ends."""
    g.principal = principal
