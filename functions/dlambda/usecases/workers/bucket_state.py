"""The state of unfinished work in the bucket: only what is new is sent, and the newest state wins.

Below `resume/<id>/`: `manifest`, which names `chunks/...` (see `saved_files`), and pieces of `heads/...`.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from dlambda.aws.growing import HEAD_BYTES, GrowingUpload, Upload
from dlambda.errors import NotFound
from dlambda.media.ytdlp.resume import find_unfinished, state_text, write_state
from dlambda.usecases.workers.file_saver import FileSaver
from dlambda.usecases.workers.hollow_files import HollowFiles
from dlambda.usecases.workers.saved_files import SavedFile, SavedUpload, Stretch, prefix_of
from dlambda.usecases.workers.saved_manifest import SavedManifest
from dlambda.usecases.workers.saved_merging import SavedMerging
from dlambda.usecases.workers.unfinished_names import UnfinishedNames
from dlambda.usecases.workers.uploads_under_way import UploadsUnderWay
from dlambda.usecases.workers.work_folder import remove_folder

log = logging.getLogger(__name__)


class BucketState:
    """The state of one item or order."""

    is_durable = False

    def __init__(self, work_id: str, workdir: Path) -> None:
        self._workdir = workdir
        self._names = UnfinishedNames(workdir)
        self._hollow = HollowFiles(prefix_of(work_id), workdir, self._names)
        self._manifest = SavedManifest(work_id, workdir, self._hollow)
        self._uploads = UploadsUnderWay(work_id)
        self._saver = FileSaver(workdir, self._manifest, self._names, self._hollow, self._uploads)
        self._merging = SavedMerging(workdir, self._manifest, self._hollow)
        self._saved_at_begin = 0

    @property
    def has_advanced(self) -> bool:
        return self._merging.has_advanced or self._saved_bytes() > self._saved_at_begin

    @property
    def can_upload(self) -> bool:
        return self._manifest.content.can_upload and not self._hollow

    @property
    def merging(self) -> SavedMerging | None:
        return self._merging if self._manifest.content.can_upload else None

    @property
    def upload(self) -> Upload | None:
        return self._uploads.first

    def load(self) -> None:
        try:
            self._manifest.load()
        except NotFound:
            return
        content = self._manifest.content
        if any(file.upload for file in content.files.values()) or not self._manifest.has_folder:
            self.leave()
            self._workdir.mkdir(parents=True)
            self._manifest.content = replace(content, files=dict(self._restore(content.files)))
            if content.state:
                write_state(self._workdir, content.state)
            self._manifest.write_mark()
        self._saved_at_begin = self._saved_bytes()

    def missing_bytes(self, name: str) -> int:
        return self._hollow.missing_bytes(name)

    def fill(self, name: str, on_chunk: Callable[[], None]) -> None:
        self._hollow.fill(name, on_chunk)

    def save(self, on_chunk: Callable[[], None]) -> None:
        with self._manifest.lock:
            state = state_text(self._workdir)
            if state is None:
                return
            content, files = self._manifest.content, self._saver.save(on_chunk)
            if files and (files, state) != (content.files, content.state):
                self._manifest.write(replace(content, state=state, files=files))
            self._merging.note_saved()

    def begin_upload(self, name: str, upload: GrowingUpload) -> bool:
        with self._manifest.lock:
            file = find_unfinished(self._workdir, name)
            if file is None:
                return False
            head = self._saver.put(Stretch(0, HEAD_BYTES), upload.read_head())
            saved_upload = SavedUpload(upload.key, upload.upload.id, upload.part_bytes, head)
            saved_file = replace(self._saver.saved_before(file), record=file.record, upload=saved_upload)
            content = self._manifest.content
            files = {**content.files, name: saved_file}
            self._manifest.write(replace(content, state=state_text(self._workdir) or "", files=files))
            self._uploads.replace(name, upload)
        return True

    def forbid_uploads(self) -> None:
        with self._manifest.lock:
            remove_folder(self._workdir)
            self._manifest.begin_anew()

    def leave(self) -> None:
        with self._manifest.lock:
            remove_folder(self._workdir)

    def measure(self) -> tuple[int, int]:
        return self._saver.measure()

    def _saved_bytes(self) -> int:
        files = self._manifest.content.files.items()
        return sum(max(file.size_bytes, self._uploads.sent_bytes(name, file)) for name, file in files)

    def _restore(self, files: Mapping[str, SavedFile]) -> Iterator[tuple[str, SavedFile]]:
        """Makes the files of their lengths, and the records of unfinished ones; answers those that could be read."""
        for name, saved_file in files.items():
            path = self._workdir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            try:
                if saved_file.upload:
                    self._uploads.resume(name, saved_file, path, saved_file.upload)
                else:
                    os.truncate(path, saved_file.size_bytes)
                    self._hollow.add(name, saved_file)
            except NotFound:  # a worker that had lost its lease wrote the manifest
                log.warning("A part of what was saved is gone: %s begins anew", name, exc_info=True)
                path.unlink(missing_ok=True)
                continue
            if saved_file.record:
                record, text = saved_file.record
                (self._workdir / record).write_text(text, encoding="utf-8")
                self._names.note(name, path.stat())
            yield name, saved_file
