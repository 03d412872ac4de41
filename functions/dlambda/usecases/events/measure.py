"""Counts what happens: for `/metrics` on one machine, as embedded metrics in the cloud.

On one machine numbers are gathered in the process and added to the table a few seconds later by a thread of its own, so
that counting a segment costs nothing; what a killed process had gathered is lost. In the cloud each number is a line of
the log, which CloudWatch reads.
"""

import logging
import sys
import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

from dlambda.deployment import current, per_deployment
from dlambda.domain.telemetry.metric import embedded, logged, seconds_observed, series
from dlambda.errors import NotFound
from dlambda.service_absence import warn
from dlambda.store import counters
from dlambda.store.usage import usage

if TYPE_CHECKING:  # most processes that count have no items
    from dlambda.domain.items.item import Item

log = logging.getLogger(__name__)

_FLUSH_SECONDS: Final = 5.0
_USAGE_SECONDS: Final = 60.0


class Metrics(Protocol):
    """Where numbers go."""

    def count(self, name: str, labels: Mapping[str, str], value: float) -> None:
        """Adds `value` to a counter."""

    def observe_seconds(self, name: str, seconds: float) -> None:
        """Counts a duration."""

    def end_invocation(self) -> None:
        """Writes what the tables have cost, where nothing else of this process would."""

    def read(self) -> dict[str, float]:
        """All counters, by series. Raises `NotFound` where they are kept elsewhere."""

    @property
    def is_told_state(self) -> bool:
        """True if nobody asks how things stand: the minute's round counts it."""


class TableMetrics:
    """Gathers numbers in the process, and adds them to the table a few seconds later."""

    is_told_state = False

    def __init__(self) -> None:
        self._gathered: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._has_ended = False

    def count(self, name: str, labels: Mapping[str, str], value: float) -> None:
        self._gather({series(name, labels): value})

    def observe_seconds(self, name: str, seconds: float) -> None:
        self._gather(seconds_observed(name, seconds))

    def end_invocation(self) -> None:
        """Nothing: a write for each would be the larger part of what it counts. They go with the next numbers."""

    def read(self) -> dict[str, float]:
        """All counters, with the numbers that this process has not stored yet."""
        self.flush()
        return counters.read()

    def flush(self) -> None:
        """Adds what was gathered to the table; on a failure it is kept for the next time."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
                self._timer = None
            numbers = dict(self._gathered)
            self._gathered.clear()
        numbers |= {series(name, labels): value for name, labels, value in usage().take()}
        if not numbers:
            return
        try:
            counters.add(numbers)
        except Exception as error:  # noqa: BLE001 last resort of its thread: counting must never fail what is counted
            warn(log, "Counters could not be stored", error)
            self._gather(numbers)

    def end(self) -> None:
        """Stores what was gathered, for the last time: no thread stays that would look for tables later."""
        with self._lock:
            self._has_ended = True
        self.flush()

    def _gather(self, numbers: Mapping[str, float]) -> None:
        with self._lock:
            for name, value in numbers.items():
                self._gathered[name] += value
            if self._timer is None and not self._has_ended:
                self._timer = threading.Timer(_FLUSH_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()


class LoggedMetrics:
    """Writes each number as a line of the log; CloudWatch makes metrics of them, in the namespace of the stack's name.

    Without metrics, which cost by the month, nobody asks for how things stand each minute either.
    """

    def __init__(self) -> None:
        self.is_told_state = current().settings.custom_metrics
        self._usage_written_at = 0.0

    def count(self, name: str, labels: Mapping[str, str], value: float) -> None:
        if not current().settings.custom_metrics:
            sys.stdout.write(logged(name, labels, value) + "\n")
            return
        stack = current().hosting.log_group.rpartition("/")[2]
        for line in embedded([(name, labels, value)], int(current().clock.time() * 1000), stack):
            sys.stdout.write(line + "\n")

    def observe_seconds(self, name: str, seconds: float) -> None:
        self.count(name, {}, seconds)

    def end_invocation(self) -> None:
        """Writes lines once a minute: each costs as much as what it counts."""
        now = current().clock.monotonic()
        if now - self._usage_written_at >= _USAGE_SECONDS:
            self._usage_written_at = now
            for name, labels, value in usage().take():
                self.count(name, labels, value)

    def read(self) -> dict[str, float]:
        raise NotFound("Metrics are collected by CloudWatch here.")


@per_deployment
def metrics() -> Metrics:
    """The implementation for this deployment."""
    if current().hosting.log_group:
        return LoggedMetrics()
    in_table = TableMetrics()
    current().before_close(in_table.end)
    return in_table


def count(name: str, value: float = 1.0, **labels: str) -> None:
    """Adds to a counter of `domain.telemetry.metric.HELP`."""
    metrics().count(name, labels, value)


def observe_seconds(name: str, seconds: float) -> None:
    """Counts a duration of `domain.telemetry.metric.HELP`."""
    metrics().observe_seconds(name, seconds)


def count_finished(item: "Item", now: float) -> None:
    """An item has its file."""
    count("items_finished_total", extractor=item.extractor)
    count("stored_bytes_total", float(item.file_size or 0))
    observe_seconds("item_seconds", max(0.0, now - item.timestamp / 1e9))


def count_failed(item: "Item") -> None:
    """An item ended with an error."""
    count("items_failed_total", kind=str((item.failure or {}).get("kind")), extractor=item.extractor)
