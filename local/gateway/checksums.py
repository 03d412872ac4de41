"""Checksums of files (CRC-32), which ZIPs need: each is computed once for a version of a file, in a few threads."""

import asyncio
import os
import threading
import zlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Final

_MOST: Final = 10_000
_THREADS: Final = 2
_READ_BYTES: Final = 1024 * 1024
_threads = ThreadPoolExecutor(_THREADS, "checksums")
_known: OrderedDict[tuple[int, ...], int] = OrderedDict()

Version = tuple[int, ...]


def version_of(descriptor: int) -> Version:
    """The facts of an open file that change when somebody writes into it."""
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


async def checksum_of(descriptor: int, is_over: threading.Event) -> int:
    """The checksum of an open file, which stays open meanwhile. Raises `OSError` when it has changed since.

    Set `is_over` when nobody waits any more.
    """
    version = version_of(descriptor)
    if version not in _known:
        crc = await asyncio.get_running_loop().run_in_executor(_threads, _sum, descriptor, is_over)
        if version_of(descriptor) != version:
            raise OSError("The file has been changed while it was read.")
        _known[version] = crc
        if len(_known) > _MOST:
            _known.popitem(last=False)
    return _known[version]


def _sum(descriptor: int, is_over: threading.Event) -> int:
    crc, offset, buffer = 0, 0, bytearray(_READ_BYTES)
    view = memoryview(buffer)
    while not is_over.is_set() and (size := os.preadv(descriptor, [buffer], offset)):
        crc = zlib.crc32(view[:size], crc)
        offset += size
    return crc
