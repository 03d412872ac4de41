"""Bytes of open files for a client's socket: in a thread, or by the loop where no disk is waited for."""

import contextlib
import mmap
import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Final, NamedTuple

from dlambda.domain.web.hosts import is_loopback

BURST_BYTES: Final = 16 * 1024 * 1024
_BURST_SECONDS: Final = 0.05
_ROOM_BYTES: Final = 4 * 1024 * 1024
_PATIENCE_MS: Final = 5
"""A client that reads at once is waited for in the thread; any other by the loop."""
_COPIED_BYTES: Final = 256 * 1024
_SHORTER: Final = "The file has become shorter while it was sent."
_AT_ONCE_BYTES: Final = 4 * 1024 * 1024
_STEP_BYTES: Final = 128 * 1024  # what the kernel reads ahead by


class Slice(NamedTuple):
    """A part of an open file."""

    descriptor: int
    offset: int
    size: int

    def after(self, size: int) -> "Slice":
        """The rest behind its first `size` bytes."""
        return Slice(self.descriptor, self.offset + size, self.size - size)


@contextlib.contextmanager
def room_in(client: socket.socket) -> Iterator[None]:
    """Has the kernel take a small file as a whole, and much of a large one: it holds no copy of it, and the fewer times
    somebody comes back for the rest, the less it costs.
    """
    limit = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _ROOM_BYTES)
    try:
        yield
    finally:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, limit)


def send_head(client: socket.socket, head: bytes) -> int:
    """How much of it the kernel takes; it waits for the first bytes of the file, and goes out with them."""
    try:
        return client.send(head, socket.MSG_MORE | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return 0
    except ConnectionError:
        return len(head)  # whoever sends what follows finds out


def is_at_hand(part: Slice) -> bool:
    """True if the part is small and the kernel has it in memory, as far as samples tell: sending it waits for nothing.

    False as well where a file system cannot say it, as those of the network.
    """
    if part.size > _AT_ONCE_BYTES:
        return False
    byte = bytearray(1)
    last = part.offset + part.size - 1
    try:
        for offset in (*range(part.offset, last, _STEP_BYTES), last):
            if not os.preadv(part.descriptor, (byte,), offset, os.RWF_NOWAIT):
                return False  # it has become shorter
    except OSError:
        return False
    return True


def burst(client: socket.socket, part: Slice, *, waits: bool) -> tuple[int, bool]:
    """Sends as much as the client takes at once: how much, and False when it is gone. Raises `OSError` at the end.

    `waits`: a moment for a client that reads, as a thread may.
    """
    position, until = 0, time.monotonic() + _BURST_SECONDS
    most = min(part.size, BURST_BYTES)
    with open_sender(client, part, most) as send:
        while position < most:
            try:
                count = send(position, most - position)
            except BlockingIOError:
                if not waits or time.monotonic() > until or not _has_room(client):
                    break
                continue
            except (BrokenPipeError, ConnectionError):
                return position, False
            if not count and position:
                break  # the next burst finds nothing
            if not count:
                raise OSError(_SHORTER)
            position += count
    return position, True


_Send = Callable[[int, int], int]
"""Sends bytes of a part, from a place in it and so many: how many the client took, none at the end of the file."""


def open_sender(client: socket.socket, part: Slice, size: int) -> AbstractContextManager[_Send]:
    """A function that sends the first `size` bytes of the part. Raises `OSError` when the file has fewer."""
    if size >= _COPIED_BYTES and _is_near(client):
        try:
            return _Mapped(client, part, size)
        except ValueError:
            raise OSError(_SHORTER) from None
        except OSError:
            pass  # a file system without mappings
    return nullcontext(lambda place, count: os.sendfile(client.fileno(), part.descriptor, part.offset + place, count))


class _Mapped:
    """A copy that this thread makes, for a client on this machine: it then copies twice as fast, and at the same time.

    The pages are mapped, and looked at by the kernel alone, for which a file that has become shorter is an error.
    """

    def __init__(self, client: socket.socket, part: Slice, size: int) -> None:
        """Raises `ValueError` when the file has not so many bytes, `OSError` where nothing can be mapped."""
        before = part.offset % mmap.ALLOCATIONGRANULARITY
        self._client = client
        self._pages = mmap.mmap(
            part.descriptor, before + size, mmap.MAP_SHARED, mmap.PROT_READ, offset=part.offset - before
        )
        self._view = memoryview(self._pages)[before:]

    def __enter__(self) -> _Send:
        return lambda place, count: self._client.send(self._view[place : place + count], socket.MSG_DONTWAIT)

    def __exit__(self, *_: object) -> None:
        self._view.release()
        self._pages.close()


def _is_near(client: socket.socket) -> bool:
    """True for a client on this machine, such as a proxy."""
    try:
        return is_loopback(client.getpeername()[0])
    except OSError:
        return False  # it is gone


def _has_room(client: socket.socket) -> bool:
    """Waits for it."""
    poll = select.poll()
    poll.register(client, select.POLLOUT)
    return bool(poll.poll(_PATIENCE_MS))
