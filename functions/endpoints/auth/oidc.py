"""Signing in at a provider, as far as the browser sees it: two redirects and a cookie (docs/contract/accounts.md 6)."""

import hmac
from typing import Final
from urllib.parse import quote

from flask import Response, g, request

from dlambda.deployment import current
from dlambda.domain.accounts.principal import Principal
from dlambda.errors import Forbidden, Invalid
from dlambda.usecases.accounts import oidc
from endpoints.auth.schemas import CallbackQuery
from endpoints.auth.session_cookie import remove_cookie, set_cookie, start

_COOKIE: Final = "ytp_oidc"
_LOGIN: Final = "api/auth/oidc/login"
_CALLBACK: Final = "api/auth/oidc/callback"
_SHOWN_LENGTH: Final = 200


def provider() -> dict[str, str] | None:
    """The provider that the page may offer; None without one."""
    settings = current().settings
    return {"label": settings.oidc_label, "url": settings.base_path + _LOGIN} if settings.has_oidc else None


def begin(target: str) -> Response:
    """Sends the browser to the provider; the cookie ties the sign-in to this browser."""
    scheme = "https" if request.is_secure or g.incoming.is_https else "http"
    address = f"{scheme}://{g.incoming.host}{current().settings.base_path}{_CALLBACK}"
    begun = oidc.begin(address, _local(target))
    response = leads_to(begun.url)
    set_cookie(response, _COOKIE, begun.state, oidc.SIGN_IN_SECONDS)
    return response


def _local(target: str) -> str:
    """A path of this service; the base path for anything else, so that nobody is led away."""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return quote(target, safe="/?&=%#:@!$'()*+,;~-._") if is_path else current().settings.base_path


def finish(query: CallbackQuery) -> tuple[Principal, str]:
    """The caller whom the provider sent back, and where the browser goes next. Raises `Invalid` and `Forbidden`."""
    if query.error:
        text = (query.error_description or query.error)[:_SHOWN_LENGTH]
        raise Forbidden(f"The provider refused the sign-in: {text}")
    state = g.incoming.cookie(_COOKIE)
    if not query.code or not query.state or not hmac.compare_digest(state.encode(), query.state.encode()):
        raise Invalid("This sign-in was not begun in this browser. Begin it again.")
    return oidc.finish(query.code, query.state)


def leads_to(address: str) -> Response:
    """Returns a redirect."""
    return Response(status=302, headers={"Location": address})


def sign_in(principal: Principal, target: str) -> Response:
    """Begins a session, has the browser forget the sign-in that is over, and sends it to `target`."""
    response = leads_to(target)
    remove_cookie(response, _COOKIE)
    return start(response, principal)
