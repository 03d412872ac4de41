"""Gives memory back that a burst of work has freed: the allocator keeps it, a page here and a page there."""

import ctypes
import threading
import time
from typing import Final

_LOOK_SECONDS: Final = 15.0
_BUSY_SHARE: Final = 0.05
"""Of one core, in the time between two looks: below it a process rests."""


def give_back() -> None:
    """Does it now, where the allocator can (glibc's; others have no such call)."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def give_back_at_rest(look_seconds: float = _LOOK_SECONDS) -> None:
    """Does it each time when this process rests after work, in a thread of its own."""
    threading.Thread(target=_watch, args=(look_seconds,), name="spare-memory", daemon=True).start()


def _watch(look_seconds: float) -> None:
    has_worked, used = True, time.process_time()  # a start is work
    while True:
        time.sleep(look_seconds)
        before, used = used, time.process_time()
        if used - before > _BUSY_SHARE * look_seconds:
            has_worked = True
        elif has_worked:
            give_back()
            has_worked = False
