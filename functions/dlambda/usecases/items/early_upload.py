"""Uploads a large file while it is downloaded (docs/decisions/upload-while-downloading.md)."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from dlambda.aws.growing import HEAD_BYTES, GrowingUpload, Upload, part_bytes_of
from dlambda.aws.multipart import Multipart
from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type
from dlambda.domain.files.sidecar import is_partial
from dlambda.domain.items.item import Item
from dlambda.domain.paths.paths import object_key_in
from dlambda.errors import NotFound
from dlambda.media.machine.disk import disk_space_at
from dlambda.media.workers import download
from dlambda.media.ytdlp.work_layout import TEMP
from dlambda.usecases.items.merge_saved import merge_saved
from dlambda.usecases.workers.saved_state import WorkState

log = logging.getLogger(__name__)

_LARGE_BYTES = 64 * 1024 * 1024


class UploadLost(Exception):
    """The parts that were sent are of no use, and no file has their bytes: the download begins anew."""


class EarlyUpload:
    """The upload of the first large file of a download. `is_allowed`: no post-processor will change the file."""

    def __init__(self, item: Item, workdir: Path, state: WorkState) -> None:
        self.is_allowed = False
        self._item = item
        self._workdir = workdir
        self._state = state
        self._upload: Upload | None = None

    @property
    def frees_space(self) -> bool:
        """True if a file that is too large for the scratch folder goes away as it comes."""
        return self.is_allowed and not self._state.is_durable

    def resume(self) -> None:
        """Goes on with what an earlier invocation has begun."""
        self._upload = self._state.upload
        if self._upload:
            log.info("an upload goes on behind %d bytes", self._upload.sent_bytes, extra={"item_id": self._item.id})

    def note(self, messages: Sequence[download.Message]) -> None:
        """Begins the upload when a large file is reported. Raises `UploadLost`."""
        for message in messages:
            if isinstance(message, download.Progress):
                if self._upload and self._upload.is_lost:
                    raise UploadLost
                if self._upload and self._upload.is_outdated:
                    log.info("the file began anew, and so does its upload", extra={"item_id": self._item.id})
                    self.abort()
                if self._upload is None and self.is_allowed:
                    self._begin(message)

    def merge(self, target: str, names: Sequence[str], on_step: Callable[[], None]) -> bool:
        """Makes the file `target` of two finished ones in the bucket, at its place; false when it makes none.

        Raises what `on_step` raises, and `UploadLost` when what was saved is gone.
        """
        merging = self._state.merging
        if merging is None:
            return False
        key = object_key_in(self._item.folder, Path(target).relative_to(TEMP).as_posix())
        try:
            self._state.save(on_step)
            upload = merge_saved(merging, self._workdir / target, key, names, on_step, self._item.id)
        except NotFound:
            raise UploadLost from None
        self._upload = upload or self._upload
        return upload is not None

    def _begin(self, report: download.Progress) -> None:
        """Nothing for a small file, and for one that will not be kept under its name or as it is."""
        total_bytes = int(report.total_bytes or report.total_bytes_estimate or 0)
        if not (report.filename and report.tmpfilename and report.is_final):
            return
        if not Path(report.filename).is_relative_to(TEMP) or (report.downloaded_bytes or 0) < HEAD_BYTES:
            return
        name = Path(report.filename).relative_to(TEMP).as_posix()
        if total_bytes < _LARGE_BYTES or is_partial(name):
            return
        log.info("uploading %s while it grows", name, extra={"item_id": self._item.id})
        multipart = Multipart(object_key_in(self._item.folder, name), content_type(name))
        try:
            upload = GrowingUpload(
                self._workdir / report.tmpfilename,
                multipart,
                part_bytes=part_bytes_of(total_bytes),
                frees=self.frees_space and self._is_tight(total_bytes),
                item_id=self._item.id,
            )
        except OSError:  # it is complete by now
            multipart.abort()
            return
        self._upload = upload
        if not self._state.begin_upload(report.tmpfilename, upload):
            self.abort()

    def _is_tight(self, total_bytes: int) -> bool:
        """True if the whole file would take more than half of the free space."""
        space = disk_space_at(self._workdir, current().settings.disk_reserve_bytes)
        return 2 * total_bytes > space.available

    def is_only_copy(self, path: Path) -> bool:
        """True if the bytes of the file at `path` are in the bucket alone."""
        return self._upload is not None and self._upload.is_only_copy and self._upload.follows(path)

    def finish(self, key: str, path: Path) -> bool:
        """Sends the rest of the file at `path`. False, with nothing left, when the object `key` is not complete so.

        Raises `UploadLost` when that is the only copy of the file, or of one that it was made of.
        """
        upload = self._upload
        if upload is None or not (upload.key == key or upload.follows(path)):
            return False
        is_complete = upload.key == key and upload.finish(path)
        if upload.key == key:
            self._upload = None  # complete, or dropped
        if not is_complete and upload.is_only_copy:
            raise UploadLost
        return is_complete

    def close(self) -> None:
        """Leaves what was uploaded to the next invocation, where the state is kept for it; else drops it."""
        self.is_allowed = False
        if self._upload and not self._state.is_durable:
            self._upload.stop()
            self._upload = None
        self.abort()

    def abort(self) -> None:
        """Drops what was uploaded and not finished."""
        if self._upload:
            self._upload.abort()
            self._upload = None
