"""Does the same to several things at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")

_AT_ONCE = 8


def for_all(things: Iterable[Thing], action: Callable[[Thing], None], on_step: Callable[[], None]) -> None:
    """`on_step` is called behind each, and may end it by raising: what has not begun then is left out."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            for _ in pool.map(action, things):
                on_step()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
