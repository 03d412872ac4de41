"""Objects that are made when somebody wants them first."""

import time
from collections.abc import Callable

from dlambda.aws import bucket
from dlambda.store import cache

# A maker that died is not waited for longer than the slowest conversion takes.
_MAKING_SECONDS = 30.0
_LOOK_SECONDS = 0.05


def make_once(key: str, make: Callable[[], None]) -> bool:
    """Sees to it that the object `key` is there. However many want it at once, one makes it and the others wait.

    True for the one that made it. Raises what `make` raises.
    """
    if bucket.find(key) is not None:
        return False
    claim = f"claim:{key}"
    while not cache.claim(claim, time.time(), _MAKING_SECONDS):
        time.sleep(_LOOK_SECONDS)
        if bucket.find(key) is not None:
            return False
    try:
        if bucket.find(key) is not None:
            return False  # made between the look and the claim
        make()
    finally:
        cache.remove(claim)
    return True
