"""Connections of a port that several processes listen on: here two acceptors of one loop stand for two processes."""

import asyncio
import socket
from collections.abc import Callable

from local.gateway.accepting import Acceptor
from local.gateway.place import OpenCounts, Place
from local.ports import listen

CLIENTS = 8


class _Open(asyncio.Protocol):
    """A connection that counts while it is open."""

    def __init__(self, connections: set[asyncio.Protocol]) -> None:
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connections.add(self)
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b".")

    def connection_lost(self, _: Exception | None) -> None:
        self._connections.discard(self)


class _Process:
    """A process of a gateway, as far as its connections go."""

    def __init__(self, listener: socket.socket, number: int, counts: OpenCounts) -> None:
        self.listener = listener.dup()
        place = Place(number, self.listener.fileno(), -1, None, (1, 2), counts)
        self.connections: set[asyncio.Protocol] = set()
        self.acceptor = Acceptor(self.listener, place, lambda: len(self.connections))

    def start(self) -> None:
        self.acceptor.start(lambda: _Open(self.connections))


async def _connect(listener: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that has been taken by one of them."""
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    assert await reader.read(1) == b"."
    return reader, writer


async def _share(listener: socket.socket, use: Callable[[list[_Process]], None]) -> list[int]:
    """How many connections each of two processes has after `use` did something to them, and clients came."""
    counts = OpenCounts(2)
    processes = [_Process(listener, number, counts) for number in range(2)]
    use(processes)
    clients = [await _connect(listener) for _ in range(CLIENTS)]
    shares = [len(process.connections) for process in processes]
    for process in processes:
        process.acceptor.close()
        process.listener.close()
    for _, writer in clients:
        writer.close()
    return shares


def test_who_has_fewest_takes_the_next() -> None:
    def start_both(processes: list[_Process]) -> None:
        for process in processes:
            process.start()

    with listen("127.0.0.1", 0) as listener:
        assert asyncio.run(_share(listener, start_both)) == [CLIENTS // 2, CLIENTS // 2]


def test_a_process_that_hangs_keeps_nobody_waiting() -> None:
    def start_one(processes: list[_Process]) -> None:
        processes[0].start()

    with listen("127.0.0.1", 0) as listener:
        assert asyncio.run(_share(listener, start_one)) == [CLIENTS, 0]
