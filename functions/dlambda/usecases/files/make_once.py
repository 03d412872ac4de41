"""Objects that are made when somebody wants them first."""

from collections.abc import Callable

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.store import cache

_MAKING_SECONDS = 30.0
_LOOK_SECONDS = 0.05


def make_once(key: str, make: Callable[[], None], *, seconds: float = _MAKING_SECONDS) -> bool:
    """Makes the object `key` unless it is there. However many want it at once, one makes it and the others wait.

    True for the one that made it. `seconds`: longer than `make` ever takes; after that its maker counts as dead. Raises
    what `make` raises.
    """
    if bucket.find(key) is not None:
        return False
    claim = f"claim:{key}"
    while not cache.claim(claim, current().clock.time(), seconds):
        current().clock.sleep(_LOOK_SECONDS)
        if bucket.find(key) is not None:
            return False
    try:
        if bucket.find(key) is not None:
            return False  # made between the look and the claim
        make()
    finally:
        cache.release(claim)
    return True
