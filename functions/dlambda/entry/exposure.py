"""Limits on who reaches this deployment, and by which host names (docs/contract/system.md 3)."""

from functools import lru_cache

from dlambda.deployment import current
from dlambda.domain.web.hosts import is_loopback, is_own_host
from dlambda.errors import Forbidden, Invalid, Unavailable
from dlambda.usecases.accounts.login_need import login_needed
from dlambda.user_settings import list_words

_CLOSED_TEXT = (
    "This service has no password, and everyone may reach it: it answers nothing. "
    "Set AuthUsername and AuthPassword, or AllowOpen=true if everyone may use it."
)
_SHOWN_LENGTH = 100


def others_reach_it() -> bool:
    """True if requests may come from other machines."""
    return current().hosting.behind_gateway or not is_loopback(current().settings.host)


def check_open() -> None:
    """Raises `Unavailable` where everyone gets in and nobody said that they may: a stack that was made by hand, or one
    with half a login.
    """
    if not others_reach_it():
        return
    settings = current().settings
    if settings.auth_incomplete or not (settings.allow_open or login_needed()):
        raise Unavailable(_CLOSED_TEXT)


def is_open_to_pages() -> bool:
    """True if pages of any origin may use the open routes: those of the loopback, or with a password in the address."""
    return login_needed() or not (others_reach_it() or current().settings.allow_open)


def check_host(hosts: list[str]) -> None:
    """Without a password, refuses names that lead here by somebody else's name server (DNS rebinding).

    `hosts` are the values of the header `Host`. Raises `Invalid` for several, `Forbidden` for a name of others. None is
    no browser's request. Behind API Gateway no request arrives under another name.
    """
    settings = current().settings
    if len(hosts) > 1:
        raise Invalid("A request has one Host header.")
    if current().hosting.behind_gateway or not hosts or login_needed():
        return
    names = _own_names(settings.allowed_hosts, settings.host)
    if not is_own_host(hosts[0], names, any_address=settings.allow_open):
        raise Forbidden(
            f"The host {hosts[0][:_SHOWN_LENGTH]!r} is none of this service's: "
            "add its name to YTP_ALLOWED_HOSTS, or set a password."
        )


@lru_cache(maxsize=8)
def _own_names(allowed: str, host: str) -> frozenset[str]:
    words = [*list_words(allowed), host]
    return frozenset(word.strip("[]").lower().removesuffix(".") for word in words if word)
