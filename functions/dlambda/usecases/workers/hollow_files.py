"""Files of the work folder of which the bucket alone has the beginning.

What goes on behind an end reads nothing before it, and who reads a complete file asks for its bytes first. So the next
invocation begins at once, however large the files are.
"""

import os
from collections.abc import Callable
from pathlib import Path

from dlambda.media.mp4.heads import Read
from dlambda.media.ytdlp.resume import StableFile, find_stable
from dlambda.usecases.workers.saved_bytes import SavedBytes
from dlambda.usecases.workers.saved_files import SavedFile
from dlambda.usecases.workers.unfinished_names import UnfinishedNames


class HollowFiles:
    """The hollow files of one work folder. `prefix`: of the keys of their chunks."""

    def __init__(self, prefix: str, workdir: Path, names: UnfinishedNames) -> None:
        self._prefix = prefix
        self._workdir = workdir
        self._names = names
        self._files: dict[str, SavedFile] = {}

    def __len__(self) -> int:
        return len(self._files)

    def add(self, name: str, saved_file: SavedFile) -> None:
        """The file `name` has, or will have, none of the bytes that are saved."""
        self._files[name] = saved_file

    def bytes_of(self, file: StableFile) -> int:
        """How long the beginning is that the file lacks."""
        name = self._name_of(file)
        return self._files[name].size_bytes if name else 0

    def missing_bytes(self, name: str) -> int:
        """How many bytes `fill` would bring."""
        file = find_stable(self._workdir, name)
        return self.bytes_of(file) if file else 0

    def fill(self, name: str, on_chunk: Callable[[], None]) -> None:
        """Brings what the file `name` lacks. Raises `NotFound`, and what `on_chunk` raises."""
        file = find_stable(self._workdir, name)
        earlier_name = self._name_of(file) if file else ""
        if earlier_name:
            SavedBytes(self._prefix, self._files[earlier_name]).write_to(self._workdir / name, on_chunk)
            del self._files[earlier_name]

    def reader_of(self, name: str, saved_file: SavedFile) -> Read:
        """Reads the file `name`, and what it lacks from the bucket."""
        hollow_bytes = self._files[name].size_bytes if name in self._files else 0

        def read(start: int, end: int) -> bytes:
            if start < hollow_bytes:
                return SavedBytes(self._prefix, saved_file).read(start, end)
            with (self._workdir / name).open("rb") as file:
                return os.pread(file.fileno(), end - start, start)

        return read

    def _name_of(self, file: StableFile) -> str:
        """The name by which it lacks bytes: its own, or the one that it had unfinished. Empty: it lacks none."""
        hollow = self._files.get(file.name)
        if hollow and hollow.generation == file.generation:
            return file.name
        unfinished_name = self._names.of(file)
        return unfinished_name if unfinished_name in self._files else ""
