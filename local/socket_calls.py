"""A seccomp filter that lets the parent answer some system calls of a program (Linux 5.9, no root needed).

The program believes that it listens on a TCP port. Its `bind` is answered by putting a Unix socket, which listens
already, in the place of its own; its `accept4` by handing it a connection of that socket. No port is ever opened.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from dlambda.media.sandbox import call_numbers, seccomp

_RECEIVE, _SEND, _ADD_DESCRIPTOR = 0xC0502100, 0xC0182101, 0x40182103
_REPLACE = 1
_REQUEST = struct.Struct("=QIIiIQ6Q")
_ANSWER = struct.Struct("=QqiI")
_ADDED = struct.Struct("=QIIII")
_LENGTH = struct.Struct("=I")
_PEER = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton("127.0.0.1"))
_libc = ctypes.CDLL(None, use_errno=True)


class _Part(ctypes.Structure):
    """A piece of memory: `struct iovec`."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def install() -> int:
    """Filters this process and what it starts, for good. The descriptor at which the parent hears of the calls.

    Asks the parent about `bind` and `accept`, and refuses `connect`. Raises `OSError` where the kernel cannot do it.
    """
    asked_calls = dict.fromkeys(("bind", "accept", "accept4"), seccomp.ASK)
    rules = asked_calls | {"connect": seccomp.REFUSE | errno.ECONNREFUSED}
    return seccomp.install_rules(rules)


def write_memory(pid: int, address: int, content: bytes) -> None:
    """Writes into another process. Raises `OSError` when that is not allowed (Yama, a container's profile)."""
    here = ctypes.create_string_buffer(content, len(content))
    local = _Part(ctypes.cast(here, ctypes.c_void_p).value, len(content))
    remote = _Part(address, len(content))
    if _libc.process_vm_writev(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0) != len(content):
        raise OSError(ctypes.get_errno(), "process_vm_writev")


class SocketCalls:
    """Answers the system calls of one program. `descriptor`: of `install`; `listener`: a Unix socket that listens."""

    def __init__(self, descriptor: int, listener: socket.socket) -> None:
        self._descriptor = descriptor
        self._listener = listener
        self._waiting: socket.socket | None = None

    def answer_one(self) -> None:
        """Answers the call that waits at the descriptor. Raises `OSError` when its caller is gone meanwhile."""
        request = bytearray(_REQUEST.size)
        fcntl.ioctl(self._descriptor, _RECEIVE, request)
        call, pid, _, number, _, _, *arguments = _REQUEST.unpack(request)
        is_bind = number == call_numbers.number_of("bind")
        try:
            value, error = self._bind(call, arguments) if is_bind else self._accept(call, pid, arguments)
        except OSError as problem:
            value, error = 0, -(problem.errno or errno.EIO)
        fcntl.ioctl(self._descriptor, _SEND, _ANSWER.pack(call, value, error, 0))

    def _bind(self, call: int, arguments: Sequence[int]) -> tuple[int, int]:
        self._give(call, self._listener, replaced=arguments[0])
        return 0, 0

    def _accept(self, call: int, pid: int, arguments: Sequence[int]) -> tuple[int, int]:
        """The next connection, from an address that a TCP server can read."""
        connection = self._waiting or self._next()
        self._waiting = connection
        if arguments[1]:
            write_memory(pid, arguments[1], _PEER)
            write_memory(pid, arguments[2], _LENGTH.pack(len(_PEER)))
        number = self._give(call, connection)
        self._waiting = None
        connection.close()
        return number, 0

    def _next(self) -> socket.socket:
        """A connection that waits. Raises `BlockingIOError` without one."""
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        return connection

    def _give(self, call: int, replacement: socket.socket, *, replaced: int | None = None) -> int:
        """Puts a descriptor into the program; its number there."""
        flags = 0 if replaced is None else _REPLACE
        content = _ADDED.pack(call, flags, replacement.fileno(), replaced or 0, os.O_CLOEXEC)
        number: int = fcntl.ioctl(self._descriptor, _ADD_DESCRIPTOR, bytearray(content))
        return number


@dataclass(frozen=True, slots=True)
class Filtered:
    """A process under the filter; `descriptor` is where its calls arrive."""

    pid: int
    descriptor: int


def fork_filtered(run: Callable[[], None]) -> Filtered:
    """A new process that calls `run` under the filter and ends: with status 0, unless `run` raises.

    To be called in a process of one thread. Raises `OSError` where the kernel, or who started us, does not allow it.
    """
    parent_socket, child_socket = socket.socketpair()
    with parent_socket, child_socket:
        pid = os.fork()
        if pid == 0:
            _run_filtered(child_socket, run)
        child_socket.close()
        _, descriptors, _, _ = socket.recv_fds(parent_socket, 1, 1)
    if not descriptors:
        os.waitpid(pid, 0)
        raise OSError(errno.ENOSYS, "no seccomp user notification")
    return Filtered(pid, descriptors[0])


def _run_filtered(channel: socket.socket, run: Callable[[], None]) -> NoReturn:
    status = 1
    with contextlib.suppress(Exception):
        socket.send_fds(channel, [b"x"], [install()])
        channel.close()
        run()
        status = 0
    os._exit(status)
