"""A disk that is full for a while: the data folder is a file system of its own, in memory, which is filled up."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.faults.deployments import one_machine
from tests.faults.fault import Fault, Scene

_MEGABYTE = 1024 * 1024
_SIZE_MB, _RESERVE_MB = 600, 50
_SECONDS = (3.0, 8.0)
_EXPLAINED = re.compile(
    "No space left|disk is full|database or disk|ENOSPC|InternalServerError|EngineError|Errno 28|TransactWriteError|PutError|UpdateError"
)


def may_mount() -> bool:
    """True if this process may mount file systems: root's, also of a user namespace."""
    return os.geteuid() == 0


def run_in_namespace() -> int:
    """Runs this command again with a user namespace and mounts of its own, where an ordinary user may mount."""
    command = ["unshare", "--map-root-user", "--mount", sys.executable, "-m", "tests.faults", *sys.argv[1:]]
    return subprocess.run(command, check=False).returncode


@contextlib.contextmanager
def _mounted(folder: Path) -> Iterator[None]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE_MB}m", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(path: Path) -> int:
    """Writes until nothing more goes in; how many bytes."""
    block = bytes(_MEGABYTE)
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while block:
            written = file.write(block)
            block = block if written == len(block) else b""
        while file.write(b"\0"):
            pass
    return path.stat().st_size


@contextlib.contextmanager
def _open(place: Path) -> Iterator[Scene]:
    struck = Counter[str]()
    disk = place / "disk"
    ballast = disk / "ballast"

    def strike(random: Random) -> None:
        time.sleep(random.uniform(0, _SECONDS[1]))
        end = time.monotonic() + random.uniform(*_SECONDS)
        while time.monotonic() < end:  # what is freed meanwhile is filled up as well
            _fill(ballast.with_suffix(f".{time.monotonic_ns()}"))
            time.sleep(0.2)
        for path in disk.glob("ballast.*"):
            path.unlink()
        struck["times full"] += 1

    with _mounted(disk), one_machine(disk, YTP_DISK_RESERVE_MB=str(_RESERVE_MB)) as deployment:
        yield Scene(deployment, strike, struck=struck)


DISK = Fault(
    "full-disk", "the disk with tables, media and logs has not one byte left for 3 to 8 s", _open, explains=_EXPLAINED
)
