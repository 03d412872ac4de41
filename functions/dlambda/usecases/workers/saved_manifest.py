"""The manifest of unfinished work, and the mark beside the work folder.

The mark says which version of the manifest the folder goes on from, and lies where no worker can write. A folder that
goes on from another one, as a warm environment has it whose work went on elsewhere, gives way to the manifest; so does
one whose files lack what was not brought back yet.
"""

import json
import threading
from dataclasses import replace
from pathlib import Path

from dlambda.aws import bucket
from dlambda.aws.multipart import Multipart
from dlambda.domain.files.content_type import content_type
from dlambda.media.ytdlp.resume import write_json
from dlambda.usecases.workers.hollow_files import HollowFiles
from dlambda.usecases.workers.saved_files import Manifest, SavedMerge, SavedUpload, prefix_of


class SavedManifest:
    """The manifest of one item or order. `lock`: to be held while it or the files of the work folder change."""

    def __init__(self, work_id: str, workdir: Path, hollow: HollowFiles) -> None:
        self.content = Manifest()
        self.prefix = prefix_of(work_id)
        self.lock = threading.Lock()
        self._work_id = work_id
        self._workdir = workdir
        self._hollow = hollow

    def load(self) -> None:
        """Raises `NotFound` when nothing is saved."""
        self.content = _read(self.prefix)

    def write(self, content: Manifest) -> None:
        """The next version, which the work folder goes on from."""
        self._put(content)
        self.write_mark()

    def begin_anew(self) -> None:
        """Drops the uploads, and forbids others."""
        _abort_uploads(self.content)
        self._put(Manifest(can_upload=False))

    @property
    def has_folder(self) -> bool:
        """True if a work folder is there that goes on from this version and has all bytes."""
        try:
            mark = json.loads(self._mark_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return self._workdir.is_dir() and mark == self._mark()

    def write_mark(self) -> None:
        write_json(self._mark_file, self._mark())

    def _put(self, content: Manifest) -> None:
        content = replace(content, version=self.content.version + 1)
        bucket.put_json(f"{self.prefix}manifest", content.render())
        self.content = content

    def _mark(self) -> dict[str, object]:
        return {"id": self._work_id, "version": self.content.version, "is_whole": not self._hollow}

    @property
    def _mark_file(self) -> Path:
        return self._workdir.with_name(f"{self._workdir.name}.saved")


def forget_state(work_id: str) -> None:
    """Removes all that was kept of an item or order."""
    prefix = prefix_of(work_id)
    keys = [stored.key for stored in bucket.list_(prefix)]
    if f"{prefix}manifest" in keys:
        _abort_uploads(_read(prefix))
    bucket.delete(keys)


def abort(upload: SavedMerge | SavedUpload) -> None:
    """Drops the parts that were sent."""
    Multipart(upload.key, content_type(upload.key), upload_id=upload.upload_id).abort()


def _abort_uploads(manifest: Manifest) -> None:
    for upload in (manifest.merge, *(file.upload for file in manifest.files.values())):
        if upload:
            abort(upload)


def _read(prefix: str) -> Manifest:
    return Manifest.read(bucket.get_json(f"{prefix}manifest"))
