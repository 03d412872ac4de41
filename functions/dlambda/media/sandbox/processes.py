"""Counts the processes of one sandbox: the kernel asks here before each new one (seccomp's user notification).

`RLIMIT_NPROC` is no help: it counts all processes of the user, desktop included, and does not hold for root.
"""

import contextlib
import errno
import fcntl
import os
import select
import struct
import threading
from pathlib import Path
from typing import Final

_RECEIVE: Final = 0xC0502100
_ANSWER: Final = 0xC0182101
_NOTICE_BYTES: Final = 80
_CONTINUE: Final = 1
_SESSION_FIELD: Final = 3  # of /proc/<pid>/stat, counted from behind the name


def receive(listener: int) -> int | None:
    """Waits until a process is to be started; the number of that question. None when nobody is left to ask."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        if any(not event & select.POLLIN for _, event in poll.poll()):
            return None
        notice = bytearray(_NOTICE_BYTES)
        # Whoever asked may have been killed meanwhile.
        with contextlib.suppress(FileNotFoundError, InterruptedError):
            fcntl.ioctl(listener, _RECEIVE, notice)
            number: int = struct.unpack_from("=Q", notice)[0]
            return number


def answer(listener: int, number: int, *, allow: bool) -> None:
    """Lets the process be started, or refuses it with EAGAIN."""
    error, flags = (0, _CONTINUE) if allow else (-errno.EAGAIN, 0)
    with contextlib.suppress(FileNotFoundError):
        fcntl.ioctl(listener, _ANSWER, struct.pack("=QqiI", number, 0, error, flags))


class ProcessCounter:
    """Allows `most` processes at once in the session that `leader` leads, itself not counted."""

    def __init__(self, listener: int, leader: int, limit: int) -> None:
        self._listener = listener
        self._leader = leader
        self._most = limit
        self._at_most_alive = 0

    def start(self) -> None:
        threading.Thread(target=self._serve, name=f"processes-{self._leader}", daemon=True).start()

    def _serve(self) -> None:
        try:
            while (number := receive(self._listener)) is not None:
                answer(self._listener, number, allow=self._is_below_limit())
        finally:
            os.close(self._listener)

    def _is_below_limit(self) -> bool:
        # Reading /proc takes milliseconds, and few workers ever start so many.
        if self._at_most_alive >= self._most:
            self._at_most_alive = _count(self._leader)
        if self._at_most_alive >= self._most:
            return False
        self._at_most_alive += 1
        return True


def _count(leader: int) -> int:
    """The processes of a session, without its leader."""
    count = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text(errors="replace").rpartition(")")[2].split()
            count += int(fields[_SESSION_FIELD]) == leader and entry.parent.name != str(leader)
    return count
