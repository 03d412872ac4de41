"""Opens a file without waiting for a disk: where the kernel knows the whole path (`openat2`, Linux 5.12).

An event loop may do that, where a disk that sleeps or a server that is away would make all its clients wait.
"""

import ctypes
import errno
import os
import sys
from typing import Final

_NUMBER: Final = 437  # of the call, on all architectures
_HERE: Final = -100  # AT_FDCWD
_RESOLVE_CACHED: Final = 0x20
# The path is not in memory; or the kernel is too old, or a container's profile forbids the call.
_UNKNOWN: Final = frozenset({errno.EAGAIN, errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.E2BIG})
_libc = ctypes.CDLL(None, use_errno=True)


class _How(ctypes.Structure):
    """`struct open_how`."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_cached(path: str, flags: int) -> int:
    """A descriptor as of `os.open`. Raises `BlockingIOError` where it might have to wait, else as that does."""
    name = os.fsencode(path)
    if b"\0" in name:
        raise ValueError("embedded null byte")
    if sys.platform != "linux":
        raise BlockingIOError(errno.EAGAIN, "only Linux tells", path)
    how = _How(flags, 0, _RESOLVE_CACHED)
    descriptor: int = _libc.syscall(_NUMBER, _HERE, name, ctypes.byref(how), ctypes.sizeof(how))
    if descriptor >= 0:
        return descriptor
    number = ctypes.get_errno()
    if number in _UNKNOWN:
        raise BlockingIOError(errno.EAGAIN, "not in memory", path)
    raise OSError(number, os.strerror(number), path)
