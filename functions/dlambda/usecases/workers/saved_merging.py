"""Formats that are put together from what is saved of them (docs/decisions/merging-in-the-bucket.md)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from dlambda.aws.holes import free_blocks_of
from dlambda.deployment import current
from dlambda.media.machine.disk import disk_space_at
from dlambda.media.mp4.boxes import NotUnderstood
from dlambda.media.ytdlp.resume import find_stable, find_unfinished
from dlambda.usecases.workers.hollow_files import HollowFiles
from dlambda.usecases.workers.saved_bytes import SavedBytes
from dlambda.usecases.workers.saved_files import SavedFile, SavedMerge
from dlambda.usecases.workers.saved_heads import SavedHeads
from dlambda.usecases.workers.saved_manifest import SavedManifest, abort

_FREE_PART = 2  # with less than so much of the volume free, files leave it


class SavedMerging:
    """The formats of one item, and the upload of what they are put together to.

    `has_advanced`: there is more of it than at the beginning of this invocation.
    """

    def __init__(self, workdir: Path, manifest: SavedManifest, hollow: HollowFiles) -> None:
        self.has_advanced = False
        self._workdir = workdir
        self._manifest = manifest
        self._hollow = hollow
        self._names: set[str] = set()  # of unfinished files that will be put together
        self._heads: dict[str, SavedHeads] = {}  # of those, by their origins

    def expect(self, name: str) -> None:
        """Says of the unfinished file `name` that it will be put together with another, and is not read here.

        What it tells of its samples is noted as it is saved, and it may leave the work folder where space is scarce.
        """
        self._names.add(name)

    def note_saved(self) -> None:
        """Follows what was saved of the files. With the manifest's lock."""
        self._note_heads()
        self._free_saved()

    @property
    def upload(self) -> SavedMerge | None:
        """The upload of what formats are put together to, as an earlier invocation has begun it."""
        return self._manifest.content.merge

    def begin(self, upload: SavedMerge) -> None:
        """Keeps what is needed to go on with it; drops the one before."""
        with self._manifest.lock:
            if self.upload:
                abort(self.upload)
            self._manifest.write(replace(self._manifest.content, merge=upload))

    def open_files(self, names: Iterable[str]) -> list[SavedBytes] | None:
        """Finished files as they are saved; None when the work folder has them, or one is not saved whole."""
        with self._manifest.lock:
            files = [(find_stable(self._workdir, name), self._manifest.content.files.get(name)) for name in names]
            if not any(present and self._hollow.bytes_of(present) for present, _ in files):
                return None
            if not all(present and file and file.size_bytes == present.size_bytes for present, file in files):
                return None
            return [SavedBytes(self._manifest.prefix, file) for _, file in files if file]

    def _note_heads(self) -> None:
        for name, saved_file in self._saved_files():
            heads = self._heads.setdefault(saved_file.origin, SavedHeads.of(self._manifest.prefix, saved_file))
            try:
                heads.note(self._hollow.reader_of(name, saved_file), saved_file.size_bytes)
            except NotUnderstood:
                self._names.discard(name)

    def _free_saved(self) -> None:
        """Where little space is left: takes away what is saved of files that need not stay."""
        space = disk_space_at(self._workdir, current().settings.disk_reserve_bytes)
        if space.available > space.total // _FREE_PART:
            return
        for name, saved_file in self._saved_files():
            self._hollow.add(name, saved_file)
            self._manifest.write_mark()  # before: whoever goes on from the folder must know
            free_blocks_of(self._workdir / name, saved_file.size_bytes)

    def _saved_files(self) -> Iterator[tuple[str, SavedFile]]:
        """The unfinished files that will be put together, by their names."""
        for name in sorted(self._names):
            saved_file, present = self._manifest.content.files.get(name), find_unfinished(self._workdir, name)
            if saved_file and present and present.generation == saved_file.generation:
                yield name, saved_file
