"""The other side of the supervisor's guidance: wait for its word, end when it is gone."""

import os
import signal
import sys
import threading


def wait_for_go() -> None:
    """Returns when what this process needs is there. From then on the end of standard input ends the process."""
    if not os.read(sys.stdin.fileno(), 1):
        sys.exit(0)
    threading.Thread(target=_end_with_supervisor, name="supervisor", daemon=True).start()


def _end_with_supervisor() -> None:
    while os.read(sys.stdin.fileno(), 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
