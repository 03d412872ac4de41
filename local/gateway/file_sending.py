"""Bytes of files go from the kernel's cache to the client (`sendfile`), in threads: a disk that is slow makes nobody
else wait, and nothing is copied into this process.

Waking a thread costs as much as the rest of a small answer, so one thread opens a file, writes the answer's head and
begins with the bytes.
"""

import asyncio
import contextlib
import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, Protocol, TypeVar

_KEY: Final = "file_sender"
_THREADS: Final = 8
_BURST_BYTES: Final = 16 * 1024 * 1024
_BURST_SECONDS: Final = 0.05
_ROOM_BYTES: Final = 4 * 1024 * 1024
_PATIENCE_MS: Final = 5
"""A client that reads at once is waited for in the thread; any other by the loop."""
_threads = ThreadPoolExecutor(_THREADS, "file-sending")
T = TypeVar("T")


class Slice(NamedTuple):
    """A part of an open file."""

    descriptor: int
    offset: int
    size: int

    def after(self, sent: int) -> "Slice":
        """What is left of it."""
        return Slice(self.descriptor, self.offset + sent, self.size - sent)


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

    async def begin(
        self, prepare: Callable[[], T], opening_of: Callable[[T], Opening | None]
    ) -> tuple[T, Slice | None]:
        """In a thread: what `prepare` returns, and what is left of its opening, which `go_on` sends; None without one,
        when nothing was sent. Raises what `prepare` raises.
        """
        await self._connection.flush()
        loop = asyncio.get_running_loop()
        if self.is_gone:
            return await loop.run_in_executor(_threads, prepare), _NOTHING
        with self._client() as client:
            prepared, head, rest = await loop.run_in_executor(_threads, self._begin, client, prepare, opening_of)
        if head and not self.is_gone:
            self._connection.transport.write(head)
        return prepared, rest

    def _begin(
        self, client: socket.socket, prepare: Callable[[], T], opening_of: Callable[[T], Opening | None]
    ) -> tuple[T, bytes, Slice | None]:
        """With what of the head is not sent yet."""
        prepared = prepare()
        opening = opening_of(prepared)
        if opening is None:
            return prepared, b"", None
        message, part = opening
        head = self._answer.head(message)
        if not head or not self._answer.count_off(part.size):
            return prepared, b"", _NOTHING
        head = head[_send_head(client, head) :]
        if not head:
            with _room_in(client), contextlib.suppress(OSError):  # the next burst has the same end
                part = part.after(_burst(client, part)[0])
        return prepared, head, part

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
        with self._client() as client, _room_in(client):
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
            sent, goes_on = await loop.run_in_executor(_threads, _burst, client, part)
            part = part.after(sent)
            if not goes_on:
                return
            if part.size and sent < _BURST_BYTES:
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


def _send_head(client: socket.socket, head: bytes) -> int:
    """How much of it the kernel takes; it waits for the first bytes of the file, and goes out with them."""
    try:
        return client.send(head, socket.MSG_MORE | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return 0
    except ConnectionError:
        return len(head)  # whoever sends what follows finds out


def _burst(client: socket.socket, part: Slice) -> tuple[int, bool]:
    """Sends as much as the client takes at once: how much, and False when it is gone. Raises `OSError` at the end."""
    sent, until = 0, time.monotonic() + _BURST_SECONDS
    poll = select.poll()
    poll.register(client, select.POLLOUT)
    most = min(part.size, _BURST_BYTES)
    while sent < most:
        try:
            count = os.sendfile(client.fileno(), part.descriptor, part.offset + sent, most - sent)
        except BlockingIOError:
            if time.monotonic() > until or not poll.poll(_PATIENCE_MS):
                break
            continue
        except (BrokenPipeError, ConnectionError):
            return sent, False
        if not count and sent:
            break  # the next burst finds nothing
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
