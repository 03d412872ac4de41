"""The other side of the supervisor's guidance: wait for its word, end when it is gone."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue


class Stopping:
    """The order to end, for a process: a `threading.Event` that a signal handler may set.

    A handler runs in the main thread, in the middle of anything, also of itself: when the supervisor is killed, a
    process gets the signal twice. An event has a lock, for which the second one would wait for ever.
    """

    def __init__(self) -> None:
        self._words: SimpleQueue[None] = SimpleQueue()
        self._is_set = False

    def set(self) -> None:
        self._is_set = True
        self._words.put(None)

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until it is set, in seconds for as long as `timeout`. True when it is."""
        with suppress(Empty):
            self._words.get(timeout=timeout)
            self._words.put(None)  # for the next thread that waits
        return self._is_set


def wait_for_go(on_news: Callable[[], None] = lambda: None) -> None:
    """Returns when what this process needs is there. Later words mean that an engine was started again (`on_news`); the
    end of standard input ends the process.
    """
    if not os.read(sys.stdin.fileno(), 1):
        sys.exit(0)
    threading.Thread(target=_listen, args=(on_news,), name="supervisor", daemon=True).start()


def _listen(on_news: Callable[[], None]) -> None:
    while os.read(sys.stdin.fileno(), 64):
        on_news()
    os.kill(os.getpid(), signal.SIGTERM)
