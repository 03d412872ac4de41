"""Bytes of files go from the kernel's cache to the client (`sendfile`), in threads: a disk that is slow makes nobody
else wait, and nothing is copied into this process.
"""

import asyncio
import contextlib
import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, Protocol

_KEY: Final = "file_sender"
_THREADS: Final = 8
_BURST_BYTES: Final = 16 * 1024 * 1024
_BURST_SECONDS: Final = 0.05
_ROOM_BYTES: Final = 4 * 1024 * 1024
_PATIENCE_MS: Final = 5
"""A client that reads at once is waited for in the thread; any other by the loop."""
_threads = ThreadPoolExecutor(_THREADS, "file-sending")


class Slice(NamedTuple):
    """A part of an open file."""

    descriptor: int
    offset: int
    size: int


class Connection(Protocol):
    """The client's connection, as its protocol knows it."""

    transport: asyncio.Transport

    async def flush(self) -> None:
        """Waits until nothing is left to be written before the file."""

    def note_waiting(self, *, waits: bool) -> None:
        """The client has to read before more can be sent."""

    def on_lost(self, callback: Callable[[], None] | None) -> None:
        """Has `callback` called when the connection is gone."""


class FileSender:
    """Sends files in an answer that has begun with its length. `count_off`: takes bytes off that length."""

    def __init__(self, connection: Connection, count_off: Callable[[int], bool]) -> None:
        self._connection = connection
        self._count_off = count_off

    @property
    def is_gone(self) -> bool:
        """True if the client has gone."""
        return self._connection.transport.is_closing()

    async def abort(self) -> None:
        """Ends the connection, so that nobody takes for complete what is not."""
        self._connection.transport.abort()
        await asyncio.sleep(0)

    async def send(self, part: Slice) -> None:
        """Returns when the bytes are handed to the kernel, or the client is gone. Raises `OSError` at a file's end."""
        if not part.size or not self._count_off(part.size):
            return
        await self._connection.flush()
        if self._connection.transport.is_closing():
            return
        own = os.dup(self._connection.transport.get_extra_info("socket").fileno())  # the loop watches the other one
        with socket.socket(fileno=own) as client, _room_in(client):
            await self._send(client.fileno(), part)

    async def _send(self, client: int, part: Slice) -> None:
        loop = asyncio.get_running_loop()
        while part.size and not self._connection.transport.is_closing():
            sent, goes_on = await loop.run_in_executor(_threads, _burst, client, part)
            part = Slice(part.descriptor, part.offset + sent, part.size - sent)
            if not goes_on:
                return
            if part.size and sent < _BURST_BYTES:
                await self._until_writable(client)

    async def _until_writable(self, client: int) -> None:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()

        def wake() -> None:
            if not ready.done():
                ready.set_result(None)

        loop.add_writer(client, wake)
        self._connection.on_lost(wake)
        self._connection.note_waiting(waits=True)
        try:
            await ready
        finally:
            self._connection.note_waiting(waits=False)
            self._connection.on_lost(None)
            loop.remove_writer(client)


@contextlib.contextmanager
def _room_in(client: socket.socket) -> Iterator[None]:
    """Has the kernel take a small file as a whole, and much of a large one: it holds no copy of it, and the fewer times
    somebody comes back for the rest, the less it costs.
    """
    limit = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _ROOM_BYTES)
    try:
        yield
    finally:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, limit)


def _burst(client: int, part: Slice) -> tuple[int, bool]:
    """Sends as much as the client takes at once: how much, and False when it is gone. Raises `OSError` at the end."""
    sent, until = 0, time.monotonic() + _BURST_SECONDS
    poll = select.poll()
    poll.register(client, select.POLLOUT)
    most = min(part.size, _BURST_BYTES)
    while sent < most:
        try:
            count = os.sendfile(client, part.descriptor, part.offset + sent, most - sent)
        except BlockingIOError:
            if time.monotonic() > until or not poll.poll(_PATIENCE_MS):
                break
            continue
        except (BrokenPipeError, ConnectionError):
            return sent, False
        if not count:
            raise OSError("The file has become shorter while it was sent.")
        sent += count
    return sent, True


def offer(scope: Any, sender: FileSender) -> None:
    """Tells the application of a request how to send files."""
    scope["state"][_KEY] = sender


def sender_of(scope: Any) -> FileSender:
    """The sender that the request's protocol offers."""
    sender: FileSender = scope["state"][_KEY]
    return sender
