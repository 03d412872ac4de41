"""Bytes of files go from the kernel's cache to the client (`sendfile`): nothing is copied into this process.

Waking a thread costs as much as the rest of a small answer. So the loop itself sends what is small and in memory; all
else goes in threads, so that a disk that is slow makes nobody else wait, and one thread opens a file, writes the
answer's head and begins with the bytes.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from local.gateway.bursts import BURST_BYTES, Slice, burst, is_at_hand, room_in, send_head

_KEY: Final = "file_sender"
_THREADS: Final = 8
_threads = ThreadPoolExecutor(_THREADS, "file-sending")
T = TypeVar("T")


_NOTHING: Final = Slice(-1, 0, 0)
Opening = tuple[Any, Slice]
"""The message that starts an answer, and the bytes behind its head."""


class Connection(Protocol):
    """The client's connection, as its protocol knows it."""

    transport: asyncio.Transport

    async def flush(self) -> None:
        """Waits until nothing is left to be written before the file."""

    def note_waiting(self, *, waits: bool) -> None:
        """The client has to read before more can be sent."""

    def on_lost(self, callback: Callable[[], None] | None) -> None:
        """Has `callback` called when the connection is gone."""


class Answer(Protocol):
    """An answer of the connection."""

    def head(self, message: Any) -> bytes:
        """The bytes of its head, which count as sent; nothing when the client is gone."""

    def count_off(self, size: int) -> bool:
        """Takes bytes off the length that the head says; False when the client is gone."""


class FileSender:
    """Sends files in an answer."""

    def __init__(self, connection: Connection, answer: Answer) -> None:
        self._connection = connection
        self._answer = answer

    @property
    def is_gone(self) -> bool:
        """True if the client has gone."""
        return self._connection.transport.is_closing()

    async def abort(self) -> None:
        """Ends the connection, so that nobody takes for complete what is not."""
        self._connection.transport.abort()
        await asyncio.sleep(0)

    async def start(self, opening: Opening) -> Slice:
        """Sends an answer's head, and of the file what the client takes; the rest is for `go_on`."""
        loop = asyncio.get_running_loop()
        is_free = not self._connection.transport.get_write_buffer_size()
        if not is_free:
            await self._connection.flush()
        if self.is_gone:
            return _NOTHING
        with self._client() as client:
            if is_free and is_at_hand(opening[1]):
                head, rest = self._start(client, opening, waits=False)
            else:
                head, rest = await loop.run_in_executor(_threads, partial(self._start, client, opening, waits=True))
        self._write(head)
        return rest

    async def begin(
        self, prepare: Callable[[], T], opening_of: Callable[[T], Opening | None]
    ) -> tuple[T, Slice | None]:
        """Prepares and begins an answer in a thread. Returns what `prepare` returns, and the rest of its opening, which
        `go_on` sends; None without an opening, when nothing was sent. Raises what `prepare` raises.
        """
        await self._connection.flush()
        loop = asyncio.get_running_loop()
        if self.is_gone:
            return await loop.run_in_executor(_threads, prepare), _NOTHING
        with self._client() as client:
            prepared, head, rest = await loop.run_in_executor(_threads, self._begin, client, prepare, opening_of)
        self._write(head)
        return prepared, rest

    def _begin(
        self, client: socket.socket, prepare: Callable[[], T], opening_of: Callable[[T], Opening | None]
    ) -> tuple[T, bytes, Slice | None]:
        """The same with the unsent rest of the head."""
        prepared = prepare()
        opening = opening_of(prepared)
        return (prepared, b"", None) if opening is None else (prepared, *self._start(client, opening, waits=True))

    def _start(self, client: socket.socket, opening: Opening, *, waits: bool) -> tuple[bytes, Slice]:
        """Sends head and file; returns the unsent rest of both. `waits`: see `burst`."""
        message, part = opening
        head = self._answer.head(message)
        if not head or not self._answer.count_off(part.size):
            return b"", _NOTHING
        head = head[send_head(client, head) :]
        if not head:
            with room_in(client), contextlib.suppress(OSError):  # the next burst has the same end
                part = part.after(burst(client, part, waits=waits)[0])
        return head, part

    def _write(self, head: bytes) -> None:
        """Has the loop send what the kernel did not take."""
        if head and not self.is_gone:
            self._connection.transport.write(head)

    async def send(self, part: Slice) -> None:
        """Returns when the bytes are handed to the kernel, or the client is gone. Raises `OSError` at a file's end."""
        if part.size and self._answer.count_off(part.size):
            await self.go_on(part)

    async def go_on(self, part: Slice) -> None:
        """Sends bytes that are counted."""
        if not part.size:
            return
        await self._connection.flush()
        if self.is_gone:
            return
        with self._client() as client, room_in(client):
            await self._send(client, part)

    @contextlib.contextmanager
    def _client(self) -> Iterator[socket.socket]:
        """The connection's socket under a descriptor of our own: the loop watches the other one, and closes it."""
        own = os.dup(self._connection.transport.get_extra_info("socket").fileno())
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, own) as client:
            yield client

    async def _send(self, client: socket.socket, part: Slice) -> None:
        loop = asyncio.get_running_loop()
        while part.size and not self.is_gone:
            if is_at_hand(part):
                size, goes_on = burst(client, part, waits=False)
            else:
                size, goes_on = await loop.run_in_executor(_threads, partial(burst, client, part, waits=True))
            part = part.after(size)
            if not goes_on:
                return
            if part.size and size < BURST_BYTES:
                await self._until_writable(client.fileno())

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


def offer(scope: Any, sender: FileSender) -> None:
    """Tells the application of a request how to send files."""
    scope["state"][_KEY] = sender


def sender_of(scope: Any) -> FileSender:
    """The sender that the request's protocol offers."""
    sender: FileSender = scope["state"][_KEY]
    return sender
