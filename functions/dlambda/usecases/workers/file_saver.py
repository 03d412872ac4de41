"""Sends files of the work folder to the bucket, as chunks: only what is new of them."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.media.ytdlp.resume import StableFile, has_begun_anew, length_of, stable_files
from dlambda.usecases.workers.hollow_files import HollowFiles
from dlambda.usecases.workers.saved_files import Chunk, SavedFile, Stretch
from dlambda.usecases.workers.saved_manifest import SavedManifest
from dlambda.usecases.workers.unfinished_names import UnfinishedNames
from dlambda.usecases.workers.uploads_under_way import UploadsUnderWay

_BUSY_PARTS = 2


@dataclass(frozen=True)
class FileSaver:
    """Saves the files of one work folder."""

    workdir: Path
    manifest: SavedManifest
    names: UnfinishedNames
    hollow: HollowFiles
    uploads: UploadsUnderWay

    def save(self, on_chunk: Callable[[], None]) -> dict[str, SavedFile]:
        """Sends what is new; answers all files that are saved.

        What has gone, as the parts of a file that is being put together, is still what a next run begins with.
        """
        files = dict(self.manifest.content.files)
        for file in stable_files(self.workdir):
            saved_file = self._save_file(file, on_chunk)
            if saved_file is not None:
                files[file.name] = saved_file
                files.pop(self.names.of(file), None)
        return files

    def measure(self) -> tuple[int, int]:
        """How many bytes are there, and how many of them are saved."""
        size_bytes = saved_bytes = 0
        for file in stable_files(self.workdir):
            length = length_of(self.workdir, file)
            before = self.saved_before(file)
            sent_bytes = self.uploads.sent_bytes(file.name, before)
            # An upload that lags behind its download has enough to do.
            is_busy = before.upload and length - sent_bytes > _BUSY_PARTS * before.upload.part_bytes
            size_bytes += length
            saved_bytes += length if is_busy else min(length, max(before.size_bytes, sent_bytes))
        return size_bytes, saved_bytes

    def saved_before(self, file: StableFile) -> SavedFile:
        """The saved state of the file, maybe under the name that it had while it was unfinished."""
        files = self.manifest.content.files
        saved_file = files.get(file.name)
        if saved_file and saved_file.generation == file.generation:
            return saved_file
        unfinished = files.get(self.names.of(file))
        if unfinished is None:
            return SavedFile(file.generation, origin=file.generation if file.record else current().new_uuid().hex)
        return replace(unfinished, generation=file.generation)

    def put(self, stretch: Stretch, content: bytes) -> Chunk:
        """Makes a chunk."""
        key = f"chunks/{current().new_uuid().hex}"
        bucket.put_bytes(self.manifest.prefix + key, content)
        return Chunk(key, stretch.start, len(content))

    def _save_file(self, file: StableFile, on_chunk: Callable[[], None]) -> SavedFile | None:
        """None when it began anew meanwhile, or is not there in the length that its record tells."""
        try:
            descriptor = os.open(self.workdir / file.name, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as content:
            status = os.fstat(descriptor)
            size_bytes = status.st_size if file.size_bytes is None else file.size_bytes
            if size_bytes > status.st_size:
                return None
            if file.record:
                self.names.note(file.name, status)
            before = self.saved_before(file)
            if before.upload and not file.record:
                return None  # its parts are not all there: it stays what it was, and is finished once more
            sent_bytes = self.uploads.sent_bytes(file.name, before)
            before = before.behind(sent_bytes)
            chunks = []
            for stretch in before.missing(size_bytes, sent_bytes, self.hollow.bytes_of(file)):
                content.seek(stretch.start)
                chunks.append(self.put(stretch, content.read(stretch.end - stretch.start)))
                on_chunk()
        if has_begun_anew(self.workdir, file):
            return None
        return before.extended(chunks, file.record)
