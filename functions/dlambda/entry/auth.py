"""Authentication: who sends a request or opens a WebSocket (docs/contract/accounts.md 1, system.md 2)."""

import base64
import binascii
from typing import Final

from dlambda.deployment import current
from dlambda.domain.accounts.external import split_groups
from dlambda.domain.accounts.key_request import PREFIX
from dlambda.domain.accounts.principal import Principal
from dlambda.domain.web.cross_origin import Admission
from dlambda.entry.senders import Incoming, is_trusted_proxy
from dlambda.errors import Forbidden, Unauthorized, WrongCredentials
from dlambda.usecases.accounts.api_keys import find_by_key
from dlambda.usecases.accounts.external_users import find_by_proxy
from dlambda.usecases.accounts.login_need import login_needed
from dlambda.usecases.accounts.sign_in import find_by_password, find_by_session, find_by_ticket, operator

COOKIE: Final = "ytp_session"
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="Authorization Required."'}
_OWN_PAGES: Final = frozenset({Admission.OWN, Admission.CONFIGURED, Admission.LINK})
"""Admissions with which credentials count that a browser adds by itself; with others it only proves what it knows."""


def authenticate(incoming: Incoming, admitted: Admission, apikey: str | None, ticket: str | None = None) -> Principal:
    """Returns the caller: by header, `apikey`, a session's cookie, a trusted proxy's word; a WebSocket also by ticket.

    Everyone is the operator where no login is needed. Raises `Unauthorized`, `WrongCredentials` and `Forbidden`.
    """
    if not login_needed():
        return operator()
    if ticket is not None:
        return _check(find_by_ticket(ticket), incoming)
    authorization = incoming.headers.get("authorization")
    if admitted is Admission.PAGE and authorization:
        # The browser may have added it by itself; only who knows the password can put it into the address.
        if not apikey:
            raise Forbidden("A page of another origin sends its credentials as ?apikey=.")
        authorization = None
    if authorization or apikey:
        return _check(_find_by_credentials(authorization, apikey or ""), incoming)
    principal = _find_by_browser(incoming) if admitted in _OWN_PAGES else None
    if principal is None:
        raise Unauthorized("Authorization Required.", headers=_challenge(incoming))
    return principal


def _check(principal: Principal | None, incoming: Incoming) -> Principal:
    if principal is None:
        raise WrongCredentials("Unauthorized (Invalid credentials).", headers=_challenge(incoming))
    return principal


def _challenge(incoming: Incoming) -> dict[str, str]:
    return {} if incoming.is_of_script else dict(_CHALLENGE)


def _find_by_credentials(authorization: str | None, apikey: str) -> Principal | None:
    """The caller of a header, or else of what the address says. Raises `Unauthorized` for other schemes."""
    if not authorization:
        return find_by_key(apikey) if apikey.startswith(PREFIX) else _find_by_pair(apikey)
    scheme, _, parameters = authorization.strip().partition(" ")
    parameters = parameters.strip()
    if scheme.lower() == "basic":
        return _find_by_pair(parameters)
    if scheme.lower() == "bearer" and parameters.startswith(PREFIX):
        return find_by_key(parameters)
    raise Unauthorized("Unsupported authentication method.", extra={"method": scheme})


def _find_by_pair(encoded: str) -> Principal | None:
    """The caller of `user:password`, or of `user:key` where the key is that user's."""
    name, colon, secret = _decode(encoded).partition(":")
    if not colon:
        return None
    if secret.startswith(PREFIX):
        principal = find_by_key(secret)
        if principal is not None and principal.name == name:
            return principal
    return find_by_password(name, secret)


def _decode(encoded: str) -> str:
    """Either alphabet, with or without padding; a `+` that arrived as a blank. What is no base64 decodes to nothing."""
    text = encoded.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _find_by_browser(incoming: Incoming) -> Principal | None:
    """The caller of a session, or whom a trusted proxy names."""
    cookie = incoming.cookie(COOKIE)
    principal = find_by_session(cookie) if cookie else None
    return principal or _find_by_proxy(incoming)


def _find_by_proxy(incoming: Incoming) -> Principal | None:
    settings = current().settings
    name = incoming.headers.get(settings.auth_proxy_header.lower(), "") if settings.auth_proxy_header else ""
    if not name or not is_trusted_proxy(incoming.peer):
        return None
    groups = None
    if header := settings.auth_proxy_groups_header:
        groups = split_groups(incoming.headers.get(header.lower(), ""))
    return find_by_proxy(name, groups)
