"""Unix sockets in folders of any depth: the kernel takes paths of 107 bytes, and a data folder may lie deeper."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

_MAX_BYTES = 107


def connect(path: str, timeout: float | None, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """A connection to the socket at `path`. Raises `OSError`."""
    connection = socket.socket(socket.AF_UNIX, kind)
    try:
        connection.settimeout(timeout)
        with _short(path) as name:
            connection.connect(name)
    except BaseException:
        connection.close()
        raise
    return connection


def bind(path: str, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """A socket at `path`, in the place of one that an earlier process left there. Raises `OSError`."""
    bound = socket.socket(socket.AF_UNIX, kind)
    try:
        Path(path).unlink(missing_ok=True)
        with _short(path) as name:
            bound.bind(name)
    except BaseException:
        bound.close()
        raise
    return bound


@contextlib.contextmanager
def _short(path: str) -> Iterator[str]:
    """The path itself, or one by way of its folder's descriptor (where /proc is)."""
    if len(os.fsencode(path)) <= _MAX_BYTES:
        yield path
        return
    folder, _, name = path.rpartition("/")
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)
