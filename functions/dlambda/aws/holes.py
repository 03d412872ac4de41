"""Gives blocks inside a file back to its volume: the file keeps its length, and reads as zeros there."""

import ctypes
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

_KEEP_SIZE, _PUNCH_HOLE = 0x01, 0x02
_libc = ctypes.CDLL(None, use_errno=True)


def free_blocks(descriptor: int, start: int, length: int) -> None:
    """Frees `length` bytes from `start`, where the volume's file system can."""
    mode, offset, size = ctypes.c_int(_KEEP_SIZE | _PUNCH_HOLE), ctypes.c_int64(start), ctypes.c_int64(length)
    if length > 0 and _libc.fallocate64(descriptor, mode, offset, size):
        log.warning("Blocks of a file could not be freed: %s", os.strerror(ctypes.get_errno()))


def free_blocks_of(path: Path, length: int) -> None:
    """Frees the first `length` bytes of a file; nothing where there is none."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        free_blocks(descriptor, 0, length)
    finally:
        os.close(descriptor)
