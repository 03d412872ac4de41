"""System calls that Python has no function for. Linux only: elsewhere each of them fails with ENOSYS."""

import ctypes
import errno
import os
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
# Looked up at import: a forked child must not run the dynamic loader.
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def call(number: int, *arguments: object) -> int:
    """The result of a system call. Raises OSError with its errno."""
    if _LIBC is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    result: int = _LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def hide_memory() -> None:
    """No other process of the same user can read this one's environment and memory (`/proc/<pid>/environ`, `mem`)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def forbid_new_privileges() -> None:
    """No program that this thread starts gains rights (set-uid and the like). The kernel asks for it first."""
    if _LIBC is None or _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(errno.EPERM, "The kernel refuses no_new_privs.")
