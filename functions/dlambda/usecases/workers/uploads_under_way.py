"""Uploads that go on, or have ended, before their downloads do, over several invocations.

The parts are the state (docs/decisions/upload-while-downloading.md): files have their lengths, and not their bytes.
"""

import os
from dataclasses import replace
from pathlib import Path

from dlambda.aws import bucket
from dlambda.aws.growing import EndedUpload, GrowingUpload, Upload
from dlambda.aws.multipart import Multipart
from dlambda.domain.files.content_type import content_type
from dlambda.errors import NotFound
from dlambda.media.ytdlp.resume import length_of_source
from dlambda.usecases.workers.saved_bytes import SavedBytes
from dlambda.usecases.workers.saved_files import SavedFile, SavedUpload, prefix_of


class UploadsUnderWay:
    """The uploads of one item or order, by the names of their unfinished files."""

    def __init__(self, work_id: str) -> None:
        self._work_id = work_id
        self._uploads: dict[str, Upload] = {}

    @property
    def first(self) -> Upload | None:
        return next(iter(self._uploads.values()), None)

    def replace(self, name: str, upload: Upload) -> None:
        """The upload of the file `name` is the only one from now on."""
        self._uploads = {name: upload}

    def sent_bytes(self, name: str, file: SavedFile) -> int:
        """How much of a file is in parts of its upload."""
        upload = self._uploads.get(name) if file.upload else None
        return upload.sent_bytes if upload else 0

    def resume(self, name: str, saved_file: SavedFile, path: Path, upload: SavedUpload) -> None:
        """Gives a file the length that was sent, without its bytes, and what is saved behind it; its upload goes on.

        Raises `NotFound` when its upload has ended, and not by the object that it was for.
        """
        multipart = Multipart(upload.key, content_type(upload.key), upload_id=upload.upload_id)
        stored = None
        try:
            multipart.read_parts(upload.part_bytes)
            sent_bytes = multipart.parts * upload.part_bytes
        except NotFound:
            # Killed between the end of the upload and that of the item?
            stored = bucket.find(upload.key)
            if stored is None or stored.size_bytes != length_of_source(saved_file.record):
                raise
            sent_bytes = stored.size_bytes
        os.truncate(path, sent_bytes)
        rest = saved_file.behind(sent_bytes)
        rest = replace(rest, chunks=(upload.head, *rest.chunks)) if sent_bytes else rest
        SavedBytes(prefix_of(self._work_id), rest).write_to(path)
        if stored:
            self._uploads[name] = EndedUpload(path, upload.key)
            return
        # Behind that, since chunks come in any order: it would send what is not there yet.
        self._uploads[name] = GrowingUpload(
            path, multipart, part_bytes=upload.part_bytes, sent_bytes=sent_bytes, frees=True, item_id=self._work_id
        )
