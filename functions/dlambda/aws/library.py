"""The bucket of one machine as what it is there: files below a folder, a key a path (docs/decisions/files.md).

Nothing leads out of the folder, whatever links lie in it: what was opened tells where it lies.
"""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

from dlambda.aws.stored import Stored
from dlambda.errors import NotFound


class OpenFile:
    """An object that is open for reading; whoever opened it closes it."""

    def __init__(self, descriptor: int, key: str) -> None:
        self.descriptor = descriptor
        self.stored = _stored(key, os.fstat(descriptor))

    def close(self) -> None:
        os.close(self.descriptor)


class Library:
    """The objects below `folder`."""

    def __init__(self, folder: str) -> None:
        self._root = os.path.realpath(folder)

    def open(self, key: str) -> OpenFile:
        """Raises `NotFound`."""
        try:
            return OpenFile(self._open(key, os.O_RDONLY | os.O_NONBLOCK), key)
        except (OSError, ValueError):
            raise NotFound(f"File '{key.rpartition('/')[2]}' does not exist.") from None

    def _open(self, key: str, flags: int) -> int:
        """A descriptor of what is named by the key and is of the right kind. Raises `OSError`, `ValueError`."""
        if any(part in {"", ".", ".."} for part in key.split("/")):
            raise ValueError(key)
        descriptor = os.open(f"{self._root}/{key}", flags | os.O_CLOEXEC)
        try:
            place = str(Path(f"/proc/self/fd/{descriptor}").readlink())
            if not (place.startswith(f"{self._root}/") and stat.S_ISREG(os.fstat(descriptor).st_mode)):
                raise FileNotFoundError(key)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def _stored(key: str, status: os.stat_result) -> Stored:
    return Stored(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
