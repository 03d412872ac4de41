"""The state of unfinished work in the bucket: only what is new is sent, and the newest state wins.

Below `resume/<id>/`: `manifest`, which names `chunks/...` (see `saved_files`), and `files/...` that are kept as they
are. Beside the work folder stands which version of the manifest it goes on from, where no worker can write. A folder
that goes on from another one, as a warm environment has it whose work went on elsewhere, gives way to the manifest; so
does one whose files lack what was not brought back yet.
"""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from dlambda.aws import bucket
from dlambda.aws.growing import HEAD_BYTES, EndedUpload, GrowingUpload, Upload
from dlambda.aws.holes import free_blocks_of
from dlambda.aws.multipart import Multipart
from dlambda.deployment import current
from dlambda.errors import NotFound
from dlambda.media.machine.disk import disk_space_at
from dlambda.media.mp4.boxes import NotUnderstood
from dlambda.media.mp4.heads import Read
from dlambda.media.ytdlp.resume import (
    StableFile,
    find_stable,
    find_unfinished,
    has_begun_anew,
    length_of,
    length_of_source,
    stable_files,
    state_text,
    write_json,
    write_state,
)
from dlambda.media.ytdlp.work_layout import SEGMENTS
from dlambda.usecases.workers.saved_bytes import SavedBytes
from dlambda.usecases.workers.saved_files import Chunk, Manifest, SavedFile, SavedMerge, SavedUpload, Stretch
from dlambda.usecases.workers.saved_heads import SavedHeads
from dlambda.usecases.workers.work_folder import remove_folder

log = logging.getLogger(__name__)

_TYPE = "application/octet-stream"
_AT_ONCE = 8
_BUSY_PARTS = 2
_FREE_PART = 2  # with less than so much of the volume free, files leave it


class BucketState:
    """The state of one item or order."""

    is_durable = False

    def __init__(self, work_id: str, workdir: Path) -> None:
        self._work_id = work_id
        self._workdir = workdir
        self._prefix = _prefix(work_id)
        self._manifest = Manifest()
        self._saved_at_begin = 0
        self._uploads: dict[str, Upload] = {}
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}  # of unfinished files, by their inodes, which outlast the names
        self._hollow_segments: list[str] = []  # names of segments, of which the bucket alone has the bytes
        self._hollow: dict[str, SavedFile] = {}  # files of which the bucket alone has these bytes
        self._has_merged = False
        self._to_merge: set[str] = set()  # names of unfinished files that will be put together
        self._heads: dict[str, SavedHeads] = {}  # of those, by their origins

    @property
    def has_advanced(self) -> bool:
        return self._has_merged or self._saved_bytes() > self._saved_at_begin

    @property
    def can_upload(self) -> bool:
        return self._manifest.can_upload and not self._hollow

    @property
    def can_merge(self) -> bool:
        return self._manifest.can_upload

    @property
    def upload(self) -> Upload | None:
        return next(iter(self._uploads.values()), None)

    def _saved_bytes(self) -> int:
        files = self._manifest.files.items()
        return sum(max(file.size_bytes, self._sent_bytes(name, file)) for name, file in files)

    def _sent_bytes(self, name: str, file: SavedFile) -> int:
        """How much of a file is in parts of its upload."""
        upload = self._uploads.get(name) if file.upload else None
        return upload.sent_bytes if upload else 0

    def load(self) -> None:
        try:
            self._manifest = Manifest.read(bucket.get_json(f"{self._prefix}manifest"))
        except NotFound:
            self._load_files()
            return
        has_upload = any(file.upload for file in self._manifest.files.values())
        if has_upload or self._read_mark() != self._mark():
            self.leave()
            self._workdir.mkdir(parents=True)
            self._manifest = replace(self._manifest, files=dict(self._restore(self._manifest.files)))
            if self._manifest.state:
                write_state(self._workdir, self._manifest.state)
            self._write_mark()
        self._saved_at_begin = self._saved_bytes()
        self._load_files()

    def missing_bytes(self, name: str) -> int:
        present = find_stable(self._workdir, name)
        return self._hollow_bytes(present) if present else 0

    def fill(self, name: str, on_chunk: Callable[[], None]) -> None:
        present = find_stable(self._workdir, name)
        if present is None:
            return
        earlier_name = self._hollow_name(present)
        if earlier_name:
            self._fetch(self._hollow[earlier_name], self._workdir / name, on_chunk)
            del self._hollow[earlier_name]

    def save(self, on_chunk: Callable[[], None]) -> None:
        with self._lock:
            state = state_text(self._workdir)
            if state is not None:
                self._save(state, on_chunk)
                self._note_heads()
                self._free_saved()

    def expect_merge(self, name: str) -> None:
        self._to_merge.add(name)

    def _note_heads(self) -> None:
        for name, path, saved_file in self._saved_to_merge():
            heads = self._heads.setdefault(saved_file.origin, SavedHeads.of(self._prefix, saved_file))
            try:
                heads.note(self._reader_of(path, saved_file), saved_file.size_bytes)
            except NotUnderstood:
                self._to_merge.discard(name)

    def _reader_of(self, path: Path, saved_file: SavedFile) -> Read:
        """Reads the file at `path`, and what it lacks from the bucket."""
        hollow = self._hollow.get(path.relative_to(self._workdir).as_posix())
        hollow_bytes = hollow.size_bytes if hollow else 0

        def read(start: int, end: int) -> bytes:
            if start < hollow_bytes:
                return SavedBytes(self._prefix, saved_file).read(start, end)
            with path.open("rb") as file:
                return os.pread(file.fileno(), end - start, start)

        return read

    def _free_saved(self) -> None:
        """Where little space is left: takes away what is saved of files that need not stay."""
        space = disk_space_at(self._workdir, current().settings.disk_reserve_bytes)
        if space.available > space.total // _FREE_PART:
            return
        for name, path, saved_file in self._saved_to_merge():
            self._hollow[name] = saved_file
            self._write_mark()  # before: whoever goes on from the folder must know
            free_blocks_of(path, saved_file.size_bytes)

    def _saved_to_merge(self) -> Iterator[tuple[str, Path, SavedFile]]:
        """Names, places and saved states of unfinished files that will be put together."""
        for name in sorted(self._to_merge):
            saved_file, present = self._manifest.files.get(name), find_unfinished(self._workdir, name)
            if saved_file and present and present.generation == saved_file.generation:
                yield name, self._workdir / name, saved_file

    def _save(self, state: str, on_chunk: Callable[[], None]) -> None:
        files = dict(self._manifest.files)
        for file in stable_files(self._workdir):
            saved_file = self._save_file(file, on_chunk)
            if saved_file is not None:
                files[file.name] = saved_file
                if not file.record:
                    files.pop(self._unfinished_name(file), None)
        # What has gone, as the parts of a file that is being put together, is still what a next run begins with.
        if files and (files, state) != (self._manifest.files, self._manifest.state):
            self._write(replace(self._manifest, state=state, files=files))

    def _write(self, manifest: Manifest) -> None:
        manifest = replace(manifest, version=self._manifest.version + 1)
        bucket.put_json(f"{self._prefix}manifest", manifest.render())
        self._manifest = manifest
        self._write_mark()

    def begin_upload(self, name: str, upload: GrowingUpload) -> bool:
        with self._lock:
            file = find_unfinished(self._workdir, name)
            if file is None:
                return False
            head = self._put(Stretch(0, HEAD_BYTES), upload.read_head())
            saved_upload = SavedUpload(upload.key, upload.upload.id, upload.part_bytes, head)
            saved_file = replace(self._saved_before(file), record=file.record, upload=saved_upload)
            files = {**self._manifest.files, name: saved_file}
            self._write(replace(self._manifest, state=state_text(self._workdir) or "", files=files))
            self._uploads = {name: upload}
        return True

    def forbid_uploads(self) -> None:
        with self._lock:
            remove_folder(self._workdir)
            _abort_uploads(self._manifest)
            self._manifest = Manifest(self._manifest.version + 1, can_upload=False)
            bucket.put_json(f"{self._prefix}manifest", self._manifest.render())

    def save_files(self, names: Iterable[str]) -> None:
        for name in names:
            bucket.put_file(self._workdir / name, f"{self._prefix}files/{name}", _TYPE)

    def fill_files(self, on_file: Callable[[], None]) -> None:
        prefix = f"{self._prefix}files/"

        def fetch(name: str) -> None:
            bucket.get_file(prefix + name, self._workdir / name)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                for _ in pool.map(fetch, self._hollow_segments):
                    on_file()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        self._hollow_segments.clear()

    def leave(self) -> None:
        with self._lock:
            remove_folder(self._workdir)

    # Putting formats together

    @property
    def merge(self) -> SavedMerge | None:
        return self._manifest.merge

    def begin_merge(self, merge: SavedMerge) -> None:
        with self._lock:
            if self._manifest.merge:
                _abort(self._manifest.merge)
            self._write(replace(self._manifest, merge=merge))

    def note_merged(self) -> None:
        self._has_merged = True

    def open_files(self, names: Iterable[str]) -> list[SavedBytes] | None:
        with self._lock:
            files = [(find_stable(self._workdir, name), self._manifest.files.get(name)) for name in names]
            if not any(present and self._hollow_name(present) for present, _ in files):
                return None
            if not all(present and file and file.size_bytes == present.size_bytes for present, file in files):
                return None
            return [SavedBytes(self._prefix, file) for _, file in files if file]

    def measure(self) -> tuple[int, int]:
        size_bytes = saved_bytes = 0
        for file in stable_files(self._workdir):
            length = length_of(self._workdir, file)
            before = self._saved_before(file)
            sent_bytes = self._sent_bytes(file.name, before)
            # An upload that lags behind its download has enough to do.
            is_busy = before.upload and length - sent_bytes > _BUSY_PARTS * before.upload.part_bytes
            size_bytes += length
            saved_bytes += length if is_busy else min(length, max(before.size_bytes, sent_bytes))
        return size_bytes, saved_bytes

    # Saving

    def _save_file(self, file: StableFile, on_chunk: Callable[[], None]) -> SavedFile | None:
        """None when it began anew meanwhile, or is not there in the length that its record tells."""
        try:
            descriptor = os.open(self._workdir / file.name, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as content:
            status = os.fstat(descriptor)
            size_bytes = status.st_size if file.size_bytes is None else file.size_bytes
            if size_bytes > status.st_size:
                return None
            if file.record:
                self._names[status.st_ino] = file.name
            before = self._saved_before(file)
            if before.upload and not file.record:
                return None  # its parts are not all there: it stays what it was, and is finished once more
            sent_bytes = self._sent_bytes(file.name, before)
            before = before.behind(sent_bytes)
            chunks = []
            for stretch in before.missing(size_bytes, sent_bytes, self._hollow_bytes(file)):
                content.seek(stretch.start)
                chunks.append(self._put(stretch, content.read(stretch.end - stretch.start)))
                on_chunk()
        if has_begun_anew(self._workdir, file):
            return None
        return before.extended(chunks, file.record)

    def _hollow_bytes(self, file: StableFile) -> int:
        """How long the beginning is that the file itself lacks."""
        name = self._hollow_name(file)
        return self._hollow[name].size_bytes if name else 0

    def _hollow_name(self, file: StableFile) -> str:
        """The name by which it lacks bytes: its own, or the one that it had unfinished. Empty: it lacks none."""
        hollow = self._hollow.get(file.name)
        if hollow and hollow.generation == file.generation:
            return file.name
        unfinished_name = "" if file.record else self._unfinished_name(file)
        return unfinished_name if unfinished_name in self._hollow else ""

    def _saved_before(self, file: StableFile) -> SavedFile:
        """The saved state of the file, maybe under the name that it had while it was unfinished."""
        saved_file = self._manifest.files.get(file.name)
        if saved_file and saved_file.generation == file.generation:
            return saved_file
        unfinished = None if file.record else self._manifest.files.get(self._unfinished_name(file))
        if unfinished is None:
            return SavedFile(file.generation, origin=file.generation if file.record else current().new_uuid().hex)
        return replace(unfinished, generation=file.generation)

    def _unfinished_name(self, file: StableFile) -> str:
        """The name that a finished file had before; empty when this invocation has not seen it so."""
        try:
            return self._names.get((self._workdir / file.name).stat().st_ino, "")
        except FileNotFoundError:
            return ""

    def _put(self, stretch: Stretch, content: bytes) -> Chunk:
        key = f"chunks/{current().new_uuid().hex}"
        bucket.put_bytes(self._prefix + key, content)
        return Chunk(key, stretch.start, len(content))

    # Loading

    def _restore(self, files: Mapping[str, SavedFile]) -> Iterator[tuple[str, SavedFile]]:
        """Writes the files; answers those that could be read.

        They get their lengths alone: what goes on behind an end reads nothing before it, and who reads a complete one
        asks for its bytes (`fill`). However large they are, the next invocation begins at once.
        """
        for name, saved_file in files.items():
            path = self._workdir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            try:
                if saved_file.upload:
                    self._resume_upload(name, saved_file, path, saved_file.upload)
                else:
                    os.truncate(path, saved_file.size_bytes)
                    self._hollow[name] = saved_file
            except NotFound:  # a worker that had lost its lease wrote the manifest
                log.warning("A part of what was saved is gone: %s begins anew", name, exc_info=True)
                path.unlink(missing_ok=True)
                continue
            if saved_file.record:
                record, text = saved_file.record
                (self._workdir / record).write_text(text, encoding="utf-8")
                self._names[path.stat().st_ino] = name
            yield name, saved_file

    def _resume_upload(self, name: str, saved_file: SavedFile, path: Path, upload: SavedUpload) -> None:
        """Gives a file the length that was sent, without its bytes, and what is saved behind it; its upload goes on.

        Raises `NotFound` when its upload has ended, and not by the object that it was for.
        """
        multipart = Multipart(upload.key, _TYPE, upload_id=upload.upload_id)
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
        self._fetch(replace(rest, chunks=(upload.head, *rest.chunks)) if sent_bytes else rest, path)
        if stored:
            self._uploads[name] = EndedUpload(path, upload.key)
            return
        # Behind the fetch, whose chunks come in any order: it would send what is not there yet.
        self._uploads[name] = GrowingUpload(
            path, multipart, part_bytes=upload.part_bytes, sent_bytes=sent_bytes, frees=True, item_id=self._work_id
        )

    def _fetch(self, saved_file: SavedFile, path: Path, on_chunk: Callable[[], None] = lambda: None) -> None:
        with path.open("r+b") as target, ThreadPoolExecutor(_AT_ONCE) as pool:

            def fetch(chunk: Chunk) -> None:
                os.pwrite(target.fileno(), bucket.get_bytes(self._prefix + chunk.key), chunk.start)

            try:
                for _ in pool.map(fetch, saved_file.chunks):
                    on_chunk()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _load_files(self) -> None:
        """Brings the files; of segments the lengths, since a recording that goes on reads none of them."""
        prefix = f"{self._prefix}files/"
        for stored in bucket.list_(prefix):
            name = stored.key.removeprefix(prefix)
            path = self._workdir / name
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if not name.startswith(f"{SEGMENTS}/"):
                bucket.get_file(stored.key, path)
                continue
            path.touch()
            os.truncate(path, stored.size_bytes)
            self._hollow_segments.append(name)

    # The mark beside the folder

    @property
    def _mark_file(self) -> Path:
        return self._workdir.with_name(f"{self._workdir.name}.saved")

    def _mark(self) -> dict[str, object]:
        return {"id": self._work_id, "version": self._manifest.version, "is_whole": not self._hollow}

    def _read_mark(self) -> dict[str, object] | None:
        """None without a folder that goes on from a manifest."""
        try:
            mark: dict[str, object] = json.loads(self._mark_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return mark if self._workdir.is_dir() else None

    def _write_mark(self) -> None:
        write_json(self._mark_file, self._mark())


def forget_state(work_id: str) -> None:
    """Removes all that was kept of an item or order."""
    keys = [stored.key for stored in bucket.list_(_prefix(work_id))]
    if f"{_prefix(work_id)}manifest" in keys:
        _abort_uploads(Manifest.read(bucket.get_json(f"{_prefix(work_id)}manifest")))
    bucket.delete(keys)


def _abort_uploads(manifest: Manifest) -> None:
    for upload in (manifest.merge, *(file.upload for file in manifest.files.values())):
        if upload:
            _abort(upload)


def _abort(upload: SavedMerge | SavedUpload) -> None:
    Multipart(upload.key, _TYPE, upload_id=upload.upload_id).abort()


def _prefix(work_id: str) -> str:
    return f"resume/{work_id}/"
