"""Figures of processes and of the machine from `/proc` and `/sys`: counters since their start, and sizes.

What cannot be read (a process that ended meanwhile, a file that this kernel lacks) counts for nothing.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_CGROUP: Final = Path("/sys/fs/cgroup")
_BLOCKS: Final = Path("/sys/block")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_SECTOR_BYTES: Final = 512
# Devices that stand for parts of others, or for memory.
_NO_DISKS: Final = ("loop", "ram", "zram", "dm-", "md")
_STATES: Final = {"R": "running", "S": "sleeping", "D": "disk-sleep", "Z": "zombie", "T": "stopped", "I": "idle"}


@dataclass(frozen=True, slots=True)
class ProcessUsage:
    """A process at one moment. Bytes; `cpu_seconds`, `read_bytes` and `written_bytes` since its start."""

    pid: int
    started: int
    name: str
    state: str
    command: str
    cpu_seconds: float
    rss_bytes: int
    private_bytes: int
    virtual_bytes: int
    read_bytes: int
    written_bytes: int
    threads: int
    open_files: int
    sockets: int


@dataclass(frozen=True, slots=True)
class MachineUsage:
    """The machine at one moment: seconds of processors, bytes of disks and of networks since it was started."""

    busy_seconds: float
    total_seconds: float
    memory_percent: float | None
    disk_read: int
    disk_written: int
    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """The memory of the control group, in bytes; `limit` None: as much as the machine has."""

    usage: int
    working_set: int
    limit: int | None


def processes_below(root: int) -> list[ProcessUsage]:
    """The process `root` and all that descend from it, in the order of their numbers."""
    stats = {int(path.name): stat for path in _PROC.iterdir() if path.name.isdecimal() and (stat := _stat_of(path))}
    family = {root}
    while children := {pid for pid, stat in stats.items() if pid not in family and int(stat[1]) in family}:
        family |= children
    return [_usage(pid, stats[pid]) for pid in sorted(family & stats.keys())]


def read_machine() -> MachineUsage:
    """The counters of this moment."""
    ticks = [int(word) for word in _first_line(_PROC / "stat").split()[1:9]] or [0] * 8
    idle = ticks[3] + ticks[4]
    disk_read, disk_written = _disk_bytes()
    received_bytes, sent_bytes = _network_bytes()
    return MachineUsage(
        (sum(ticks) - idle) / _TICKS,
        sum(ticks) / _TICKS,
        _memory_percent(),
        disk_read,
        disk_written,
        received_bytes,
        sent_bytes,
    )


def cpu_limit() -> float | None:
    """How many processors the control group may use; None without a limit."""
    quota, _, period = _first_line(_CGROUP / "cpu.max").partition(" ")
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() and int(period) else None


def memory_limit() -> MemoryLimit | None:
    """None where control groups tell nothing."""
    usage = _first_line(_CGROUP / "memory.current")
    if not usage.isdecimal():
        return None
    inactive = _fields(_CGROUP / "memory.stat").get("inactive_file", 0)
    limit = _first_line(_CGROUP / "memory.max")
    return MemoryLimit(int(usage), max(0, int(usage) - inactive), int(limit) if limit.isdecimal() else None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _first_line(path: Path) -> str:
    return _text(path).partition("\n")[0].strip()


def _fields(path: Path) -> dict[str, int]:
    """Lines such as `VmRSS:  12 kB` or `inactive_file 12`; kB as bytes."""
    numbers: dict[str, int] = {}
    for line in _text(path).splitlines():
        words = line.replace(":", " ").split()
        if len(words) > 1 and words[1].isdecimal():
            numbers[words[0]] = int(words[1]) * (1024 if words[-1] == "kB" else 1)
    return numbers


def _stat_of(path: Path) -> list[str]:
    """The fields of `stat` behind the name, which may hold blanks and brackets: state, parent, ..."""
    return _text(path / "stat").rpartition(")")[2].split()


def _usage(pid: int, stat: list[str]) -> ProcessUsage:
    path = _PROC / str(pid)
    transfers, memory = _fields(path / "io"), _fields(path / "smaps_rollup")
    links = list(_links(path / "fd"))
    return ProcessUsage(
        pid=pid,
        started=int(stat[19]),
        name=_first_line(path / "comm"),
        state=_STATES.get(stat[0], "unknown"),
        command=_text(path / "cmdline").replace("\0", " ").strip(),
        cpu_seconds=(int(stat[11]) + int(stat[12])) / _TICKS,
        rss_bytes=int(stat[21]) * _PAGE_BYTES,
        private_bytes=memory.get("Private_Clean", 0) + memory.get("Private_Dirty", 0),
        virtual_bytes=int(stat[20]),
        read_bytes=transfers.get("read_bytes", 0),
        written_bytes=transfers.get("write_bytes", 0),
        threads=int(stat[17]),
        open_files=len(links),
        sockets=sum(link.startswith("socket:") for link in links),
    )


def _links(folder: Path) -> Iterator[str]:
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                yield str(path.readlink())


def _memory_percent() -> float | None:
    memory = _fields(_PROC / "meminfo")
    total, available = memory.get("MemTotal"), memory.get("MemAvailable")
    return round(100 * (total - available) / total, 2) if total and available is not None else None


def _disk_bytes() -> tuple[int, int]:
    read = written_bytes = 0
    with suppress(OSError):
        for path in _BLOCKS.iterdir():
            words = _first_line(path / "stat").split()
            if len(words) > 6 and not path.name.startswith(_NO_DISKS):
                read += int(words[2]) * _SECTOR_BYTES
                written_bytes += int(words[6]) * _SECTOR_BYTES
    return read, written_bytes


def _network_bytes() -> tuple[int, int]:
    """Of all interfaces but the loopback, over which the parts of the service talk."""
    received = sent_bytes = 0
    for line in _text(_PROC / "net" / "dev").splitlines()[2:]:
        name, _, numbers = line.partition(":")
        words = numbers.split()
        if name.strip() != "lo" and len(words) > 8:
            received += int(words[0])
            sent_bytes += int(words[8])
    return received, sent_bytes
