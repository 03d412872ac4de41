"""A sample of what the service and its machine use, made of two readings of their counters (system.md 5, stats)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from dlambda.deployment import current
from dlambda.domain.items.stage import LIVE_LANE
from dlambda.domain.telemetry.log_line import masked
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

Sample = dict[str, Any]

_MOST_PROCESSES: Final = 10
_COMMAND_LENGTH: Final = 160
_MB: Final = 1024 * 1024
_GB: Final = 1024**3


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters at one moment."""

    at: float
    machine: MachineUsage
    processes: tuple[ProcessUsage, ...]

    @classmethod
    def take(cls, root: int) -> Self:
        """The counters of now."""
        return cls(current().clock.time(), read_machine(), tuple(processes_below(root)))


def sample_between(before: Reading, now: Reading, root: int) -> Sample:
    """A sample of `now`; rates are those since `before`. `root`: the process whose family is the service."""
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


def _processor_use(before: Reading, now: Reading, seconds: float, processors: float) -> Sample:
    earlier = _by_identity(before)
    cpu_seconds = sum(process.cpu_seconds - _cpu_before(earlier, process) for process in now.processes)
    total = now.machine.total_seconds - before.machine.total_seconds
    busy = now.machine.busy_seconds - before.machine.busy_seconds
    return {
        "process_cpu_percent": round(100 * cpu_seconds / seconds / processors, 2) if seconds else 0.0,
        "system_cpu_percent": round(100 * busy / total, 2) if total > 0 else 0.0,
    }


def _by_identity(reading: Reading) -> dict[tuple[int, int], ProcessUsage]:
    """A number of a process is used again: its start tells two apart."""
    return {(process.pid, process.started): process for process in reading.processes}


def _cpu_before(earlier: dict[tuple[int, int], ProcessUsage], process: ProcessUsage) -> float:
    """The processor seconds that a process had used before; 0 for a new one."""
    previous = earlier.get((process.pid, process.started))
    return previous.cpu_seconds if previous else 0.0


def _transfers(before: Reading, now: Reading, seconds: float) -> Sample:
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


def _largest(before: Reading, children: Sequence[ProcessUsage], seconds: float) -> list[Sample]:
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
