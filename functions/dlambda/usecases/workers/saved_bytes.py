"""Reads a saved file, by ranges or whole, from its chunks in the bucket."""

import os
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

from dlambda.aws import bucket, objects
from dlambda.usecases.workers.parallel import for_all
from dlambda.usecases.workers.saved_files import Chunk, SavedFile
from dlambda.usecases.workers.saved_heads import SavedHeads


class SavedBytes:
    """The saved bytes of a file. `prefix`: of the keys of its chunks. Safe for several threads."""

    def __init__(self, prefix: str, file: SavedFile) -> None:
        self.size_bytes = file.size_bytes
        self.origin = file.origin
        self.heads = SavedHeads.of(prefix, file)
        self._prefix = prefix
        self._chunks = file.chunks
        self._starts = [chunk.start for chunk in file.chunks]

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`. Raises `NotFound` when a chunk is gone."""
        pieces = []
        for chunk in self._chunks[max(0, bisect_right(self._starts, start) - 1) :]:
            if chunk.start >= end:
                break
            first, last = max(start, chunk.start) - chunk.start, min(end, chunk.end) - chunk.start
            pieces.append(objects.read_range(self._prefix + chunk.key, first, last))
        return b"".join(pieces)

    def write_to(self, path: Path, on_chunk: Callable[[], None] = lambda: None) -> None:
        """Writes all of it into a file that is there. Raises `NotFound`, and what `on_chunk` raises."""
        with path.open("r+b") as target:

            def fetch(chunk: Chunk) -> None:
                os.pwrite(target.fileno(), bucket.get_bytes(self._prefix + chunk.key), chunk.start)

            for_all(self._chunks, fetch, on_chunk)
