"""The processes of a gateway: one, or several on one port (`YTP_HTTP_WORKERS`), each with its own connections."""

import mmap
from dataclasses import dataclass
from typing import Final

_COUNT_BYTES: Final = 4


class OpenCounts:
    """How many connections each process has open, in memory that they share. Made before the processes are."""

    def __init__(self, processes: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, processes * _COUNT_BYTES)).cast("i")

    def set(self, process: int, count: int) -> None:
        self._counts[process] = count

    def is_least(self, process: int) -> bool:
        """True if no process has fewer than this one."""
        return self._counts[process] <= min(self._counts)


@dataclass(frozen=True, slots=True)
class Place:
    """A process of the gateway among its siblings, which are numbered from 0.

    `public`, `internal`, `node_port` (for other nodes; the first process has it): descriptors of its listening sockets.
    `internal_ports`: where each process is told of pushes to its WebSocket clients.
    """

    number: int
    public: int
    internal: int
    node_port: int | None
    internal_ports: tuple[int, ...]
    counts: OpenCounts

    @property
    def is_first(self) -> bool:
        """True if it does what one process does for all."""
        return self.number == 0

    @property
    def is_only(self) -> bool:
        """True if there are no siblings."""
        return len(self.internal_ports) == 1
