"""The state of unfinished work in the bucket: only what is new is sent, and the newest state wins.

Below `resume/<id>/`: `manifest`, which names `chunks/...` (see `saved_files`), and `files/...` that are kept as they
are. Beside the work folder stands which version of the manifest it goes on from, where no worker can write. A folder
that goes on from another one, as a warm environment has it whose work went on elsewhere, gives way to the manifest.
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
from dlambda.deployment import current
from dlambda.errors import NotFound
from dlambda.media.ytdlp.resume import (
    StableFile,
    has_begun_anew,
    length_of,
    stable_files,
    state_text,
    write_json,
    write_state,
)
from dlambda.usecases.workers.saved_files import Chunk, Manifest, SavedFile, Stretch
from dlambda.usecases.workers.work_folder import remove_folder

log = logging.getLogger(__name__)

_TYPE = "application/octet-stream"
_AT_ONCE = 8


class BucketState:
    """The state of one item or order."""

    is_durable = False

    def __init__(self, work_id: str, workdir: Path) -> None:
        self._work_id = work_id
        self._workdir = workdir
        self._prefix = _prefix(work_id)
        self._manifest = Manifest()
        self._size_at_begin = 0
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}  # of unfinished files, by their inodes, which outlast the names

    @property
    def has_advanced(self) -> bool:
        return self._manifest.size_bytes > self._size_at_begin

    def load(self) -> None:
        try:
            self._manifest = Manifest.read(bucket.get_json(f"{self._prefix}manifest"))
        except NotFound:
            self._load_files()
            return
        self._size_at_begin = self._manifest.size_bytes
        if self._read_mark() != self._mark():
            self.leave()
            self._workdir.mkdir(parents=True)
            self._manifest = replace(self._manifest, files=dict(self._restored(self._manifest.files)))
            if self._manifest.state:
                write_state(self._workdir, self._manifest.state)
            self._write_mark()
        self._load_files()

    def save(self, on_chunk: Callable[[], None]) -> None:
        with self._lock:
            state = state_text(self._workdir)
            if state is not None:
                self._save(state, on_chunk)

    def _save(self, state: str, on_chunk: Callable[[], None]) -> None:
        files = dict(self._manifest.files)
        for file in stable_files(self._workdir):
            saved_file = self._save_file(file, on_chunk)
            if saved_file is not None:
                files[file.name] = saved_file
                if not file.record:
                    files.pop(self._unfinished_name(file), None)
        # What has gone, as the parts of a file that is being put together, is still what a next run begins with.
        manifest = Manifest(self._manifest.version + 1, state, files)
        if files and (manifest.files, manifest.state) != (self._manifest.files, self._manifest.state):
            bucket.put_json(f"{self._prefix}manifest", manifest.render())
            self._manifest = manifest
            self._write_mark()

    def save_files(self, names: Iterable[str]) -> None:
        for name in names:
            bucket.put_file(self._workdir / name, f"{self._prefix}files/{name}", _TYPE)

    def leave(self) -> None:
        with self._lock:
            remove_folder(self._workdir)

    def measure(self) -> tuple[int, int]:
        size_bytes = saved_bytes = 0
        for file in stable_files(self._workdir):
            length = length_of(self._workdir, file)
            size_bytes += length
            saved_bytes += min(length, self._saved_before(file).size_bytes)
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
            chunks = []
            for stretch in before.missing(size_bytes):
                content.seek(stretch.start)
                chunks.append(self._put(stretch, content.read(stretch.end - stretch.start)))
                on_chunk()
        if has_begun_anew(self._workdir, file):
            return None
        return before.extended(chunks, file.record)

    def _saved_before(self, file: StableFile) -> SavedFile:
        """What is saved of the file, maybe under the name that it had while it was unfinished."""
        saved_file = self._manifest.files.get(file.name)
        if saved_file and saved_file.generation == file.generation:
            return saved_file
        unfinished = None if file.record else self._manifest.files.get(self._unfinished_name(file))
        return SavedFile(file.generation, unfinished.chunks if unfinished else ())

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

    def _restored(self, files: Mapping[str, SavedFile]) -> Iterator[tuple[str, SavedFile]]:
        """Writes the files; answers those that could be read."""
        for name, saved_file in files.items():
            path = self._workdir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._fetch(saved_file, path)
            except NotFound:  # a worker that had lost its lease wrote the manifest
                log.warning("A part of what was saved is gone: %s begins anew", name, exc_info=True)
                path.unlink()
                continue
            if saved_file.record:
                record, text = saved_file.record
                (self._workdir / record).write_text(text, encoding="utf-8")
                self._names[path.stat().st_ino] = name
            yield name, saved_file

    def _fetch(self, saved_file: SavedFile, path: Path) -> None:
        with path.open("wb") as target, ThreadPoolExecutor(_AT_ONCE) as pool:

            def fetch(chunk: Chunk) -> None:
                os.pwrite(target.fileno(), bucket.get_bytes(self._prefix + chunk.key), chunk.start)

            list(pool.map(fetch, saved_file.chunks))

    def _load_files(self) -> None:
        prefix = f"{self._prefix}files/"
        for stored in bucket.list_(prefix):
            path = self._workdir / stored.key.removeprefix(prefix)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                bucket.get_file(stored.key, path)

    # The mark beside the folder

    @property
    def _mark_file(self) -> Path:
        return self._workdir.with_name(f"{self._workdir.name}.saved")

    def _mark(self) -> dict[str, object]:
        return {"id": self._work_id, "version": self._manifest.version}

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
    bucket.delete([stored.key for stored in bucket.list_(_prefix(work_id))])


def _prefix(work_id: str) -> str:
    return f"resume/{work_id}/"
