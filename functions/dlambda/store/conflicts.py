"""Writes that another writer was faster than: read again, and try again."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from dlambda.deployment import current
from dlambda.errors import StaleWrite
from dlambda.store.usage import usage

T = TypeVar("T")
# In all two and a half seconds on average: a hundred writers of one row get through.
_TRIES: Final = 30
_FIRST_WAIT_SECONDS: Final = 0.005
_LONGEST_WAIT_SECONDS: Final = 0.2


def retry_conflicts(
    attempt: Callable[[], T],
    *,
    on: type[Exception] | tuple[type[Exception], ...] = StaleWrite,
    when: Callable[[Any], bool] = lambda _: True,
) -> T:
    """Calls `attempt`, which reads and then writes on condition, until it no longer raises `on`; answers its answer.

    `when` narrows the errors that are tried again. Raises the last one after 30 calls, and any other at once.
    """
    for turn in range(_TRIES - 1):
        try:
            return attempt()
        except on as error:
            if not when(error):
                raise
        usage().add("table_retries_total")
        _wait(turn)
    return attempt()


def _wait(turn: int) -> None:
    """Waits up to twice as long as before, at random: writers that collided come back apart from one another."""
    longest = min(_FIRST_WAIT_SECONDS * 2**turn, _LONGEST_WAIT_SECONDS)
    deployment = current()
    deployment.clock.sleep(longest * deployment.random.random())
