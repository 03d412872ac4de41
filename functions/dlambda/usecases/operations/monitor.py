"""Samples of what the service and its machine use, kept for a while in this process (system.md 5, stats).

On one machine alone: in the cloud, CloudWatch has the numbers of each function.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dlambda.deployment import current, per_deployment
from dlambda.domain.items.stage import LIVE_LANE
from dlambda.domain.telemetry.log_line import masked
from dlambda.errors import FeatureDisabled
from dlambda.media.machine.disk import disk_space_at
from dlambda.media.machine.proc import (
    MachineUsage,
    ProcessUsage,
    cpu_limit,
    memory_limit,
    processes_below,
    read_machine,
)
from dlambda.store.items import items, slots
from dlambda.store.table import TABLE_ERRORS

log = logging.getLogger(__name__)

Sample = dict[str, Any]

_MOST_SAMPLES: Final = 900
_MOST_PROCESSES: Final = 10
_COMMAND_LENGTH: Final = 160
_MB: Final = 1024 * 1024
_GB: Final = 1024**3
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


@dataclass(frozen=True, slots=True)
class _Reading:
    """Counters at one moment."""

    at: float
    machine: MachineUsage
    processes: tuple[ProcessUsage, ...]


class Monitor:
    """Takes samples: every so often in a thread of its own when it was started. Safe between threads."""

    def __init__(self, root: int, interval: float) -> None:
        """`root`: the process whose family is the service."""
        self._root, self._interval = root, interval
        self._samples: deque[Sample] = deque(maxlen=_MOST_SAMPLES)
        self._reading = self._read()
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

    def _read(self) -> _Reading:
        return _Reading(current().clock.time(), read_machine(), tuple(processes_below(self._root)))

    def take(self) -> None:
        """Takes a sample now."""
        before, self._reading = self._reading, self._read()
        sample = _sample(before, self._reading, self._root)
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


def _sample(before: _Reading, now: _Reading, root: int) -> Sample:
    settings = current().settings
    seconds = max(0.0, now.at - before.at)
    limit = cpu_limit()
    processors = limit or float(os.cpu_count() or 1)
    children = [process for process in now.processes if process.pid != root]
    return {
        "ts": now.at,
        **_processor_use(before, now, seconds, processors),
        "cpu_limit": limit,
        "effective_cpu_count": processors,
        "rss_mb": _mb(sum(process.rss_bytes for process in now.processes)),
        "uss_mb": _mb(sum(process.private_bytes for process in now.processes)),
        "vms_mb": _mb(sum(process.virtual_bytes for process in now.processes)),
        "memory_percent": now.machine.memory_percent,
        "cgroup_memory": _control_group(),
        **_transfers(before, now, seconds),
        "disk_usage": _disk_use(settings.download_folders, (settings.temp_path, settings.download_path)),
        "threads": sum(process.threads for process in now.processes),
        "open_files": sum(process.open_files for process in now.processes),
        "connections": sum(process.sockets for process in now.processes),
        "children": _largest(before, children, seconds),
        "children_count": len(children),
        **_work(),
        "uptime_seconds": round(now.at - settings.started_at, 2) if settings.started_at else None,
    }


def _processor_use(before: _Reading, now: _Reading, seconds: float, processors: float) -> Sample:
    earlier = _by_identity(before)
    cpu_seconds = sum(process.cpu_seconds - _cpu_before(earlier, process) for process in now.processes)
    total = now.machine.total_seconds - before.machine.total_seconds
    busy = now.machine.busy_seconds - before.machine.busy_seconds
    return {
        "process_cpu_percent": round(100 * cpu_seconds / seconds / processors, 2) if seconds else 0.0,
        "system_cpu_percent": round(100 * busy / total, 2) if total > 0 else 0.0,
    }


def _by_identity(reading: _Reading) -> dict[tuple[int, int], ProcessUsage]:
    """A number of a process is used again: its start tells two apart."""
    return {(process.pid, process.started): process for process in reading.processes}


def _cpu_before(earlier: dict[tuple[int, int], ProcessUsage], process: ProcessUsage) -> float:
    """The processor seconds that a process had used before; 0 for a new one."""
    previous = earlier.get((process.pid, process.started))
    return previous.cpu_seconds if previous else 0.0


def _transfers(before: _Reading, now: _Reading, seconds: float) -> Sample:
    """Bytes a second; null in the first sample."""
    earlier = _by_identity(before)
    read = written_bytes = 0
    for process in now.processes:
        previous = earlier.get((process.pid, process.started))
        read += process.read_bytes - (previous.read_bytes if previous else 0)
        written_bytes += process.written_bytes - (previous.written_bytes if previous else 0)
    then = before.machine
    counts = {
        "process_read_bps": read,
        "process_write_bps": written_bytes,
        "disk_read_bps": now.machine.disk_read - then.disk_read,
        "disk_write_bps": now.machine.disk_written - then.disk_written,
        "network_recv_bps": now.machine.received - then.received,
        "network_sent_bps": now.machine.sent - then.sent,
    }
    rates = {name: round(max(0, count) / seconds, 1) if seconds else None for name, count in counts.items()}
    return {**rates, "process_io_available": True}


def _largest(before: _Reading, children: Sequence[ProcessUsage], seconds: float) -> list[Sample]:
    """The processes with the most memory, largest first."""
    earlier = _by_identity(before)
    largest = sorted(children, key=lambda process: process.rss_bytes, reverse=True)[:_MOST_PROCESSES]
    return [
        {
            "pid": process.pid,
            "name": process.name,
            "display_name": process.name,
            "cmdline": masked(process.command[:_COMMAND_LENGTH]),
            "status": process.state,
            "cpu_percent": round(100 * (process.cpu_seconds - _cpu_before(earlier, process)) / seconds, 2)
            if seconds
            else 0.0,
            "rss_mb": _mb(process.rss_bytes),
            "threads": process.threads,
        }
        for process in largest
    ]


def _control_group() -> Sample:
    memory = memory_limit()
    if memory is None:
        return {"available": False}
    return {
        "available": True,
        "usage_mb": _mb(memory.usage),
        "working_set_mb": _mb(memory.working_set),
        "limit_mb": _mb(memory.limit) if memory.limit else None,
        "usage_percent": round(100 * memory.usage / memory.limit, 2) if memory.limit else None,
        "working_set_percent": round(100 * memory.working_set / memory.limit, 2) if memory.limit else None,
    }


def _disk_use(folders: Sequence[Path], names: Sequence[str]) -> Sample:
    """Under the names that clients know the folders by, not where they lie."""
    use: Sample = {}
    for folder, name, role in zip(folders, names, ("temp", "downloads"), strict=False):
        space = disk_space_at(folder, 0)
        use[name] = {
            "label": role.capitalize(),
            "role": role,
            "total_gb": round(space.total / _GB, 2),
            "used_gb": round((space.total - space.free) / _GB, 2),
            "free_gb": round(space.free / _GB, 2),
            "used_percent": round(100 * (space.total - space.free) / space.total, 2) if space.total else None,
        }
    return use


def _work() -> Sample:
    state = slots.read()
    live = sum(1 for item in items.list_active() if item.is_live) if LIVE_LANE in state.waiting else 0
    return {
        "active_jobs": state.taken + live,
        "queued_jobs": max(0, sum(state.waiting.values())),
        "is_paused": state.paused_at is not None,
    }


def _mb(count: float) -> float:
    return round(count / _MB, 2)
