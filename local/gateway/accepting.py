"""Connections of a port that several processes listen on."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from local.gateway.place import Place

_YIELD_SECONDS: Final = 0.003
"""In which a process that has fewer connections takes a new one, if it can."""
_PAUSE_SECONDS: Final = 1.0


class Acceptor:
    """Takes connections of a socket on which siblings listen as well: who has the fewest takes the next one.

    The kernel wakes all of them, and the first to come would take whatever is there: clients that keep their
    connections would share one processor while another one idles.
    """

    def __init__(self, listener: socket.socket, place: Place, count: Callable[[], int]) -> None:
        """`count`: how many connections are open here."""
        self._listener, self._place, self._count = listener, place, count
        self._loop = asyncio.get_running_loop()
        self._coming: set[asyncio.Task[None]] = set()
        self._later: asyncio.TimerHandle | None = None
        self._make: Callable[[], asyncio.Protocol] | None = None

    def start(self, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        """Begins. The listener must not block."""
        self._make = make_protocol
        self._tell()
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener.fileno(), self._look)

    def close(self) -> None:
        """Takes no more."""
        if self._later:
            self._later.cancel()
        self._loop.remove_reader(self._listener.fileno())

    def _tell(self) -> None:
        self._place.counts.set(self._place.number, self._count() + len(self._coming))

    def _look(self) -> None:
        self._tell()
        if self._place.counts.is_least(self._place.number):
            self._take()
        else:
            self._wait(_YIELD_SECONDS)

    def _wait(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener.fileno())
        self._later = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        """Takes what nobody else has taken meanwhile: a sibling may be busy, or dead."""
        self._loop.add_reader(self._listener.fileno(), self._look)
        self._take()

    def _take(self) -> None:
        try:
            client, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:
            self._wait(_PAUSE_SECONDS)  # no descriptor is free
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = self._loop.create_task(self._begin(client))
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)
        self._tell()

    async def _begin(self, client: socket.socket) -> None:
        assert self._make is not None
        try:
            await self._loop.connect_accepted_socket(self._make, client)
        except OSError:
            client.close()
