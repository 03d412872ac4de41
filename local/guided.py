"""The other side of the supervisor's guidance: wait for its word, end when it is gone."""

import os
import signal
import sys
import threading
from collections.abc import Callable


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
