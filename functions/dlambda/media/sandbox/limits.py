"""Limits of one process: memory, open files, core dumps."""

import sys
from dataclasses import dataclass
from typing import Final

if sys.platform == "linux":
    import resource

_OPEN_FILES: Final = 4096


@dataclass(frozen=True, slots=True)
class Limits:
    """`memory_bytes`: private memory that can be written, stacks of threads included.

    Not the address space: JavaScript engines reserve gigabytes of it that they never touch.
    """

    memory_bytes: int
    open_files: int = _OPEN_FILES


def apply(limits: Limits, pid: int = 0) -> None:
    """To the process `pid` (0: this one) and what it starts from now on; none is raised above what it has."""
    if sys.platform != "linux":
        return
    for kind, value in (
        (resource.RLIMIT_DATA, limits.memory_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.prlimit(pid, kind)
        limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.prlimit(pid, kind, (limit, limit))
