"""Samples of what the service and its machine use, kept for a while in this process (system.md 5, stats).

On one machine alone: in the cloud, CloudWatch has the numbers of each function.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Iterator
from typing import Final

from dlambda.deployment import current, per_deployment
from dlambda.errors import FeatureDisabled
from dlambda.store.table import TABLE_ERRORS
from dlambda.usecases.operations.sample import Reading, Sample, sample_between

log = logging.getLogger(__name__)

_MOST_SAMPLES: Final = 900
_APART: Final = frozenset(
    {"cpu_limit", "effective_cpu_count", "vms_mb", "cgroup_memory", "process_io_available", "disk_usage", "children",
     "uptime_seconds"}
)  # fmt: skip
"""Fields that a sample of the history does not have."""


def check_enabled() -> None:
    """Raises `FeatureDisabled` in the cloud, and where nobody switched it on."""
    if current().hosting.is_watched:
        raise FeatureDisabled("Resource monitoring is not available here: CloudWatch has these numbers.", "monitoring")
    if not is_enabled():
        raise FeatureDisabled("Resource monitoring is disabled.", "monitoring")


def is_enabled() -> bool:
    """True if samples are taken."""
    return current().settings.monitor_enabled and not current().hosting.is_watched


def flat(sample: Sample) -> Sample:
    """A sample as the history has it: numbers alone."""
    return {name: value for name, value in sample.items() if name not in _APART} | {
        "is_paused": int(sample["is_paused"])
    }


class Monitor:
    """Takes samples: every so often in a thread of its own when it was started. Safe between threads."""

    def __init__(self, root: int, interval: float) -> None:
        """`root`: the process whose family is the service."""
        self._root, self._interval = root, interval
        self._samples: deque[Sample] = deque(maxlen=_MOST_SAMPLES)
        self._reading = Reading.take(self._root)
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self.take()

    def start(self) -> None:
        """Begins to take samples."""
        self._stopped.clear()
        threading.Thread(target=self._run, name="monitor", daemon=True).start()

    def latest(self) -> Sample:
        """The newest sample."""
        return self._samples[-1]

    def history(self, seconds: float) -> list[Sample]:
        """The samples of the last `seconds`, oldest first."""
        since = current().clock.time() - seconds
        return [sample for sample in list(self._samples) if sample["ts"] >= since]

    def follow(self, wait_seconds: float) -> Iterator[Sample | None]:
        """The newest sample and those that come; None each time that none came in `wait_seconds`."""
        last = 0.0
        while not self._stopped.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._samples[-1]["ts"] != last, wait_seconds)  # noqa: B023 called at once
            sample = self._samples[-1]
            yield sample if sample["ts"] != last else None
            last = sample["ts"]

    def close(self) -> None:
        """Ends the thread and those who follow."""
        self._stopped.set()
        with self._changed:
            self._changed.notify_all()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            try:
                self.take()
            except TABLE_ERRORS:
                log.warning("No sample: the tables do not answer")
            except Exception:
                log.exception("No sample")

    def take(self) -> None:
        """Takes a sample now."""
        before, self._reading = self._reading, Reading.take(self._root)
        sample = sample_between(before, self._reading, self._root)
        with self._changed:
            self._samples.append(sample)
            self._changed.notify_all()


_root_pid: int | None = None


def start_monitor(root: int) -> None:
    """Begins to take samples of `root` and its descendants, if the operator wants them."""
    global _root_pid
    _root_pid = root
    if current().settings.monitor_enabled:
        monitor().start()


@per_deployment
def monitor() -> Monitor:
    """The one of this process."""
    return Monitor(_root_pid or os.getpid(), current().settings.monitor_interval)
