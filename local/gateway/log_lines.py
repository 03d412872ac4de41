"""Lines of the log of answers that the loop gave: a thread writes them, many at once, so that a disk keeps nobody
waiting and no thread is woken for each.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Final

_SECONDS: Final = 0.02


class LogLines:
    """Lines that wait to be written. For one thread (the event loop's)."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._lines: list[Callable[[], object]] = []

    def add(self, write: Callable[[], object]) -> None:
        """Has a line written within a moment."""
        self._lines.append(write)
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(_SECONDS, self._hand_over)

    def write(self) -> None:
        """Writes what still waits: the process ends."""
        _write(self._take())

    def _hand_over(self) -> None:
        if lines := self._take():
            self._threads.submit(_write, lines)

    def _take(self) -> Sequence[Callable[[], object]]:
        lines, self._lines = self._lines, []
        return lines


def _write(lines: Sequence[Callable[[], object]]) -> None:
    for line in lines:
        line()
