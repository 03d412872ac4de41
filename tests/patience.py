"""Time in tests: no test says how fast something is (`make bench` does); each says what happens, or that it ends at all.

`PATIENCE_SECONDS` is what any wait for something that must come may take, on the slowest machine. It costs nothing where
the thing comes.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

PATIENCE_SECONDS = 120.0


@contextmanager
def must_end() -> Iterator[None]:
    """For what a fault would let run for ever, or for many times `PATIENCE_SECONDS`. In the main thread only."""

    def fail(*_: object) -> NoReturn:
        raise AssertionError(f"it did not end in {PATIENCE_SECONDS:.0f} s")

    earlier = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)
