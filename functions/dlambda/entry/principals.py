"""The caller of the current HTTP request, as authentication found it (docs/contract/accounts.md 1)."""

from flask import g

from dlambda.domain.accounts.principal import Principal


def current_principal() -> Principal:
    """Returns who asks. Raises `LookupError` outside a request, and in a route that answers before authentication."""
    principal = find_principal()
    if principal is None:
        raise LookupError("this request was not authenticated")
    return principal


def find_principal() -> Principal | None:
    """Returns who asks; None for somebody who did not say it, which routes for everyone answer as well."""
    principal: Principal | None = g.get("principal")
    return principal


def set_principal(principal: Principal) -> None:
    """Remembers who asks, until the request ends."""
    g.principal = principal
