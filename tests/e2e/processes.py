"""The processes of one running service, found in /proc: by a mark in their environment, by session, or by folder."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

MARK = "DLAMBDA_TEST_MARK"  # inherited by every process that a test starts
_ROLES = ("dynoxide", "rclone", "queue_engine", "ffmpeg", "local.gateway", "local.worker", "child.warm")


@dataclass(frozen=True)
class Process:
    """One row of the process list."""

    pid: int
    parent: int
    session: int
    command: str


def all_processes() -> list[Process]:
    """Every process but zombies."""
    found = (_read(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [process for process in found if process]


def _read(pid: int) -> Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return None
    state, parent, _group, session = stat.rpartition(")")[2].split()[:4]
    return None if state == "Z" else Process(pid, int(parent), int(session), command)


def processes_of(mark: str, folder: Path) -> list[Process]:
    """The processes that carry `mark`, name `folder` in their command, or descend from one that does."""
    everything = all_processes()
    own = {process.pid for process in everything if _carries(process, mark, folder)}
    grew = True
    while grew:
        children = {process.pid for process in everything if process.parent in own and process.pid not in own}
        own |= children
        grew = bool(children)
    own.discard(os.getpid())
    return [process for process in everything if process.pid in own]


def _carries(process: Process, mark: str, folder: Path) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    except OSError:
        return False
    return f"{MARK}={mark}".encode() in environment.split(b"\0") or str(folder) in process.command


def role_of(process: Process) -> str:
    """A short name for what a process does."""
    for role in _ROLES:
        if role in process.command:
            return role
    words = [word.rpartition("/")[2] for word in process.command.split()]
    return " ".join(words[:3])[:40]


def kill_all(processes: list[Process]) -> None:
    """SIGKILL, to each by its id."""
    for process in processes:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def wait_gone(mark: str, folder: Path, seconds: float) -> list[Process]:
    """What is left after at most `seconds`."""
    end = time.monotonic() + seconds
    left = processes_of(mark, folder)
    while left and time.monotonic() < end:
        time.sleep(0.1)
        left = processes_of(mark, folder)
    return left


def memory_bytes(pid: int) -> tuple[int, int]:
    """(PSS, RSS) of a process; zeros when it is gone."""
    sizes = {"Pss": 0, "Rss": 0}
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in sizes:
                sizes[name] = int(value.split()[0]) * 1024
    except OSError:
        return 0, 0
    return sizes["Pss"], sizes["Rss"]
