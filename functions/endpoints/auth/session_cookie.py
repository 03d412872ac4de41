"""The cookie of a session, on requests and answers (docs/contract/accounts.md 4)."""

from typing import Final

from flask import Response, g, request

from dlambda.deployment import current
from dlambda.domain.accounts.principal import Principal
from dlambda.entry.auth import COOKIE
from dlambda.usecases.accounts.sign_in import Browser, begin_session

_DAY_SECONDS: Final = 24 * 3600


def sent_cookie() -> str:
    """Returns the session's cookie of this request; empty without one."""
    return str(g.incoming.cookie(COOKIE))


def start(response: Response, principal: Principal) -> Response:
    """Begins a session in the browser that asks; the one that it had ends."""
    browser = Browser(request.headers.get("User-Agent", ""), g.incoming.client)
    token = begin_session(principal, browser, replaced=sent_cookie())
    set_cookie(response, COOKIE, token, current().settings.auth_session_days * _DAY_SECONDS)
    return response


def set_cookie(response: Response, name: str, value: str, seconds: int) -> None:
    """Sets a cookie that no script reads, that no other site's request carries, and that https never leaves."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=current().settings.base_path,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure or g.incoming.is_https,
    )


def remove_cookie(response: Response, name: str = COOKIE) -> None:
    """Has the browser forget a cookie."""
    response.delete_cookie(name, path=current().settings.base_path, httponly=True, samesite="Lax")
