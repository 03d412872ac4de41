"""Stopwatches."""

import statistics
import time
from collections.abc import Callable


def seconds_of(action: Callable[[], object]) -> float:
    """How long `action` took."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def median_seconds(action: Callable[[], object], times: int) -> float:
    """The median of `times` runs."""
    return statistics.median(seconds_of(action) for _ in range(times))
