"""The need to sign in (docs/contract/accounts.md 3)."""

from typing import Final

from dlambda.deployment import current, per_deployment
from dlambda.store.accounts import accounts

_SECONDS: Final = 1.0
"""How long another process may take to learn of the first account."""


class _Answer:
    """The last answer of the table."""

    def __init__(self) -> None:
        self.exists = False
        self.until = 0.0


def login_needed() -> bool:
    """True if callers must sign in: a way to is set up, an account exists, or `YTP_DISABLE_AUTH` is `false`."""
    settings = current().settings
    if settings.disable_auth is not None:
        return not settings.disable_auth
    return settings.has_login or account_exists()


def is_set_up() -> bool:
    """True if somebody can sign in."""
    return current().settings.has_login or account_exists()


def is_open_on_purpose() -> bool:
    """True if the operator lets everyone in: whoever comes first must not lock all others out with an account."""
    settings = current().settings
    return settings.allow_open and settings.disable_auth is None


def account_exists() -> bool:
    """True if there is an account, as it was known a second ago at the latest."""
    answer, now = last_answer(), current().clock.monotonic()
    if now >= answer.until:
        answer.exists = accounts.any_exists()
        answer.until = now + _SECONDS
    return answer.exists


def is_remembered() -> bool:
    """True if `login_needed` answers without asking the table: a loop that serves everybody must not wait for it."""
    settings = current().settings
    is_settled = settings.disable_auth is not None or settings.has_login
    return is_settled or current().clock.monotonic() < last_answer().until


@per_deployment
def last_answer() -> _Answer:
    """The answer that is remembered; it also counts again when `until` is 0."""
    return _Answer()


def look_again() -> None:
    """Has the next question asked of the table: an account was added."""
    last_answer().until = 0.0
