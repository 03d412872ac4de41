"""Counts what happens: for `/metrics` on one machine, as embedded metrics in the cloud.

On one machine numbers are gathered in the process and added to the table a few seconds later by a thread of its own, so
that counting a segment costs nothing; what a killed process had gathered is lost. In the cloud each number is a line of
the log, which CloudWatch reads.
"""

import atexit
import logging
import sys
import threading
import time
from collections import defaultdict
from typing import Final

from dlambda.domain.items.item import Item
from dlambda.domain.telemetry.metric import embedded, seconds_observed, series
from dlambda.settings import get_settings
from dlambda.store import counters

log = logging.getLogger(__name__)

_FLUSH_SECONDS: Final = 5.0
_gathered: defaultdict[str, float] = defaultdict(float)
_lock = threading.Lock()
_timer: threading.Timer | None = None


def count(name: str, value: float = 1.0, **labels: str) -> None:
    """Adds to a counter of `domain.metric.HELP`."""
    if get_settings().log_group:
        _say(name, labels, value)
    else:
        _gather({series(name, labels): value})


def observe_seconds(name: str, seconds: float) -> None:
    if get_settings().log_group:
        _say(name, {}, seconds)
    else:
        _gather(seconds_observed(name, seconds))


def count_finished(item: Item, now: float) -> None:
    """An item has its file."""
    count("items_finished_total", extractor=item.extractor)
    count("stored_bytes_total", float(item.file_size or 0))
    observe_seconds("item_seconds", max(0.0, now - item.timestamp / 1e9))


def count_failed(item: Item) -> None:
    """An item ended with an error."""
    count("items_failed_total", kind=str((item.failure or {}).get("kind")), extractor=item.extractor)


def _say(name: str, labels: dict[str, str], value: float) -> None:
    for line in embedded([(name, labels, value)], int(time.time() * 1000)):
        sys.stdout.write(line + "\n")


def _gather(numbers: dict[str, float]) -> None:
    global _timer
    with _lock:
        for name, value in numbers.items():
            _gathered[name] += value
        if _timer is None:
            _timer = threading.Timer(_FLUSH_SECONDS, flush)
            _timer.daemon = True
            _timer.start()


def flush() -> None:
    """Adds what was gathered to the table; on a failure it is kept for the next time."""
    global _timer
    with _lock:
        _timer = None
        numbers = dict(_gathered)
        _gathered.clear()
    if not numbers:
        return
    try:
        counters.add(numbers)
    except Exception:  # last resort of its thread: counting must never fail what is counted
        log.warning("Counters could not be stored", exc_info=True)
        _gather(numbers)


atexit.register(flush)
