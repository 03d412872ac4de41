"""Uploads a file while it is still being written, so that a long download is in the bucket when it ends.

Only what the file finally holds may stay: the sum of the bytes sent is compared with the finished file's, and an upload
that does not match it (the source began anew, a post-processor changed the file) is dropped without a trace.
"""

import contextvars
import logging
import threading
import zlib
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from dlambda.aws.multipart import Multipart

log = logging.getLogger(__name__)

PART_BYTES = 16 * 1024 * 1024
_LOOK_SECONDS = 0.05
_MOST_PARTS = 9_900


class GrowingUpload:
    """The upload of one file that grows at its end. Not for several threads at once."""

    def __init__(self, path: Path, key: str, content_type: str, item_id: str = "") -> None:
        """Begins at once; `path` need not exist yet, and may be renamed while it is read. `item_id`: for the log."""
        self.key = key
        self._named = {"item_id": item_id} if item_id else {}
        self._path = path
        self._upload = Multipart(key, content_type)
        self._sum = 0
        self._sent_bytes = 0
        self._broken = False
        self._stop = threading.Event()
        own_lines = contextvars.copy_context().run  # a thread has no request id of its own to log
        self._thread = threading.Thread(target=own_lines, args=(self._run,), name="growing-upload", daemon=True)
        self._thread.start()

    def finish(self, path: Path) -> bool:
        """Sends the rest of the finished file. False when it is not what was sent so far; nothing is left then."""
        self._end_thread()
        try:
            with path.open("rb") as file:
                if self._broken or not self._matches(file.fileno(), path.stat().st_size):
                    self._upload.abort()
                    return False
                file.seek(self._sent_bytes)
                while part := file.read(PART_BYTES):
                    self._upload.send(self._upload.parts + 1, part)
            self._upload.complete()
        except (BotoCoreError, ClientError, OSError):
            self._say(logging.WARNING, "An upload beside its download failed; the file is sent again")
            self.abort()
            return False
        return True

    def abort(self) -> None:
        """Drops what was sent."""
        self._end_thread()
        try:
            self._upload.abort()
        except (BotoCoreError, ClientError):
            self._say(logging.INFO, "An unfinished upload is left to the bucket's lifecycle rule")

    def _say(self, level: int, text: str) -> None:
        log.log(level, text, exc_info=True, extra=self._named)

    def _end_thread(self) -> None:
        self._stop.set()
        self._thread.join()

    def _matches(self, descriptor: int, size: int) -> bool:
        """True if the finished file begins with the bytes that were sent."""
        if size < self._sent_bytes:
            return False
        checksum = 0
        with open(descriptor, "rb", closefd=False) as file:
            for _ in range(0, self._sent_bytes, PART_BYTES):
                checksum = zlib.crc32(file.read(PART_BYTES), checksum)
        return checksum == self._sum

    def _run(self) -> None:
        try:
            while not self._path.exists():
                if self._stop.wait(_LOOK_SECONDS):
                    return
            with self._path.open("rb") as file:
                while not self._stop.is_set() and self._upload.parts < _MOST_PARTS:
                    self._send_whole_parts(file.fileno())
                    self._stop.wait(_LOOK_SECONDS)
        except (BotoCoreError, ClientError, OSError):
            self._say(logging.INFO, "An upload beside its download stopped; the file is sent when it is whole")
            self._broken = True

    def _send_whole_parts(self, descriptor: int) -> None:
        """Parts that are whole; the last one is left for the end."""
        with open(descriptor, "rb", closefd=False) as file:
            while file.seek(0, 2) - self._sent_bytes >= PART_BYTES and not self._stop.is_set():
                file.seek(self._sent_bytes)
                part = file.read(PART_BYTES)
                self._upload.send(self._upload.parts + 1, part)
                self._sum = zlib.crc32(part, self._sum)
                self._sent_bytes += len(part)
