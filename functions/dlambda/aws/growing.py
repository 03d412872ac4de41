"""Uploads a file while it is still being written, so that a long download is in the bucket when it ends.

The file grows at its end and is followed by its inode, also when it gets another name. One that is written anew is
another file: its upload is of no use any more.
"""

import contextvars
import logging
import os
import threading
from pathlib import Path
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from dlambda.aws.holes import free_blocks
from dlambda.aws.multipart import Multipart
from dlambda.aws.refusals import UPLOAD_ENDED, is_refusal

log = logging.getLogger(__name__)

PART_BYTES = 16 * 1024 * 1024
HEAD_BYTES = 64 * 1024
"""The bytes that stay of a file which is freed behind its upload: they tell its kind."""
_MOST_PARTS = 9_900
_LOOK_SECONDS = 0.05
_WAIT_SECONDS = 2.0


def part_bytes_of(total_bytes: int) -> int:
    """The size of the parts of an object that may become so large."""
    return max(PART_BYTES, -(-total_bytes // _MOST_PARTS))


class Upload(Protocol):
    """An upload that goes on, or has ended, before its download does."""

    key: str
    sent_bytes: int
    is_only_copy: bool
    """True if the file itself lacks bytes that were sent."""

    @property
    def is_outdated(self) -> bool:
        """True if another file has its name, or the upload was ended by somebody else."""

    @property
    def is_lost(self) -> bool:
        """True if what was sent is gone, and the file does not have it any more."""

    def follows(self, path: Path) -> bool:
        """True if `path` is the file that is sent."""

    def finish(self, path: Path) -> bool:
        """Sends the rest of the finished file. False, with nothing left, when that is another one, or it fails.

        Raises errors of the bucket when there is no other copy than the one that was sent.
        """

    def stop(self) -> None:
        """Leaves what was sent for another one to go on with."""

    def abort(self) -> None:
        """Drops what was sent."""


class EndedUpload:
    """The upload of an invocation that ended it and was killed then: the object is there."""

    is_only_copy = True
    is_lost = False

    def __init__(self, path: Path, key: str) -> None:
        self.key = key
        self._path = path
        status = path.stat()
        self._identity = (status.st_dev, status.st_ino)
        self.sent_bytes = status.st_size

    @property
    def is_outdated(self) -> bool:
        return self._path.exists() and not self.follows(self._path)

    def follows(self, path: Path) -> bool:
        try:
            status = path.stat()
        except FileNotFoundError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def finish(self, path: Path) -> bool:
        return self.follows(path)

    def stop(self) -> None:
        """Nothing is under way."""

    def abort(self) -> None:
        """Nothing: whatever takes its place is written over it."""


class GrowingUpload:
    """The upload of one file that grows at its end. Not for several threads at once.

    `part_bytes`: of each part but the last. `sent_bytes` are in the bucket already, and the file need not hold them.
    With `frees`, what was sent is removed from the file, but for its head. `item_id`: for the log.
    """

    def __init__(
        self,
        path: Path,
        upload: Multipart,
        *,
        part_bytes: int = PART_BYTES,
        sent_bytes: int = 0,
        frees: bool = False,
        item_id: str = "",
    ) -> None:
        """Begins at once. Raises `OSError` when there is no such file."""
        self.upload = upload
        self.key = upload.key
        self.part_bytes = part_bytes
        self.sent_bytes = sent_bytes
        self.is_only_copy = sent_bytes > 0
        self._named = {"item_id": item_id} if item_id else {}
        self._path = path
        self._frees = frees
        self._descriptor = os.open(path, (os.O_RDWR if frees else os.O_RDONLY) | os.O_NOFOLLOW)
        self._is_gone = False
        self._stop = threading.Event()
        own_lines = contextvars.copy_context().run  # a thread has no request id of its own to log
        self._thread = threading.Thread(target=own_lines, args=(self._run,), name="growing-upload", daemon=True)
        self._thread.start()

    @property
    def is_outdated(self) -> bool:
        return self._is_gone or (self._path.exists() and not self.follows(self._path))

    @property
    def is_lost(self) -> bool:
        return self._is_gone and self.is_only_copy

    def read_head(self) -> bytes:
        """The first bytes of the file."""
        return os.pread(self._descriptor, HEAD_BYTES, 0)

    def follows(self, path: Path) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptor), path.stat())
        except OSError:
            return False

    def finish(self, path: Path) -> bool:
        self._end_thread()
        if not self.follows(path) or self._is_gone:
            self.abort()
            return False
        try:
            while part := self._read():
                self._send(part)
            self.upload.complete()
        except (BotoCoreError, ClientError, OSError):
            if self.is_only_copy:
                raise
            self._say(logging.WARNING, "An upload beside its download failed; the file is sent again")
            self.abort()
            return False
        os.close(self._descriptor)
        return True

    def stop(self) -> None:
        self._end_thread()
        os.close(self._descriptor)

    def abort(self) -> None:
        self.stop()
        try:
            self.upload.abort()
        except (BotoCoreError, ClientError):
            self._say(logging.INFO, "An unfinished upload is left to the bucket's lifecycle rule")

    def _say(self, level: int, text: str) -> None:
        log.log(level, text, exc_info=True, extra=self._named)

    def _end_thread(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            wait_seconds = _LOOK_SECONDS
            try:
                self._send_whole_parts()
            except (BotoCoreError, ClientError) as error:
                self._say(logging.INFO, "An upload beside its download stopped; it is tried again")
                if is_refusal(error, UPLOAD_ENDED):
                    self._is_gone = True
                    return
                wait_seconds = _WAIT_SECONDS
            self._stop.wait(wait_seconds)

    def _send_whole_parts(self) -> None:
        """Parts that are whole; the last one is left for the end."""
        while not self._stop.is_set() and os.fstat(self._descriptor).st_size - self.sent_bytes >= self.part_bytes:
            self._send(self._read())

    def _read(self) -> bytes:
        """The next part; a shorter one at the end."""
        return os.pread(self._descriptor, self.part_bytes, self.sent_bytes)

    def _send(self, part: bytes) -> None:
        self.upload.send(self.upload.parts + 1, part)
        end = self.sent_bytes + len(part)
        if self._frees:
            self.is_only_copy = True
            start = max(self.sent_bytes, HEAD_BYTES)
            free_blocks(self._descriptor, start, end - start)
        self.sent_bytes = end
