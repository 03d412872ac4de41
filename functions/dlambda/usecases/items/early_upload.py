"""Uploads a large file while it is downloaded (docs/decisions/upload-while-downloading.md)."""

import logging
from collections.abc import Sequence
from pathlib import Path

from dlambda.aws.growing import GrowingUpload
from dlambda.domain.files.content_type import content_type
from dlambda.domain.files.sidecar import is_partial
from dlambda.domain.items.item import Item
from dlambda.domain.paths.paths import object_key_in
from dlambda.media.workers import download
from dlambda.media.ytdlp.work_layout import TEMP

log = logging.getLogger(__name__)

_LARGE_BYTES = 64 * 1024 * 1024


class EarlyUpload:
    """The upload of the first large file of a download. `is_allowed`: no post-processor will change the file."""

    def __init__(self, item: Item, workdir: Path) -> None:
        self.is_allowed = False
        self._item = item
        self._workdir = workdir
        self._upload: GrowingUpload | None = None

    def note(self, messages: Sequence[download.Message]) -> None:
        """Begins the upload when a large file is reported."""
        for message in messages:
            if self.is_allowed and self._upload is None and isinstance(message, download.Progress):
                self._upload = self._begin(message)

    def _begin(self, report: download.Progress) -> GrowingUpload | None:
        """None for a small file, and for one that will not be kept under its name."""
        if not (report.filename and report.tmpfilename) or not Path(report.filename).is_relative_to(TEMP):
            return None
        name = Path(report.filename).relative_to(TEMP).as_posix()
        if (report.total_bytes or report.total_bytes_estimate or 0) < _LARGE_BYTES or is_partial(name):
            return None
        log.info("uploading %s while it grows", name, extra={"item_id": self._item.id})
        key = object_key_in(self._item.folder, name)
        return GrowingUpload(self._workdir / report.tmpfilename, key, content_type(name), self._item.id)

    def finish(self, key: str, path: Path) -> bool:
        """Sends the rest of the file at `path`. False, with nothing left, when the object `key` is not complete so."""
        if self._upload is None or self._upload.key != key:
            return False
        upload, self._upload = self._upload, None
        return upload.finish(path)

    def abort(self) -> None:
        """Drops what was uploaded and not finished; no upload begins any more."""
        self.is_allowed = False
        if self._upload:
            self._upload.abort()
            self._upload = None
