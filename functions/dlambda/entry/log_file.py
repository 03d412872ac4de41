"""The log file of one machine: several processes write it, and it is renamed when it is large."""

import contextlib
import fcntl
import logging
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Final

LARGEST_BYTES: Final = 16 * 1024 * 1024
KEPT_FILES: Final = 4
"""Beside the one that is written: `dlambda.jsonl.1` is the newest of them."""
_LOOK_EVERY: Final = 100


class RotatedFile(WatchedFileHandler):
    """Appends to `path`. Whoever finds it large renames it; the others notice at their next line."""

    def __init__(self, path: Path, largest_bytes: int = LARGEST_BYTES) -> None:
        super().__init__(path, encoding="utf-8", delay=True)
        self._path = path
        self._largest = largest_bytes
        self._lines = 0

    def emit(self, record: logging.LogRecord) -> None:
        self._lines += 1
        if self._lines % _LOOK_EVERY == 0:
            rotate(self._path, self._largest)
        super().emit(record)


def rotate(path: Path, largest_bytes: int) -> bool:
    """Renames a file that is too large, and those before it. False when it is not, or when another process does."""
    if not _is_large(path, largest_bytes):
        return False
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        if not _is_large(path, largest_bytes):
            return False
        for number in range(KEPT_FILES - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                older(path, number).rename(older(path, number + 1))
        path.rename(older(path, 1))
    return True


def older(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _is_large(path: Path, largest_bytes: int) -> bool:
    try:
        return path.stat().st_size > largest_bytes
    except FileNotFoundError:
        return False
