"""Reads a saved file by ranges, from its chunks in the bucket."""

from bisect import bisect_right

from dlambda.aws import objects
from dlambda.usecases.workers.saved_files import SavedFile
from dlambda.usecases.workers.saved_heads import SavedHeads


class SavedBytes:
    """What is saved of a file. `prefix`: of the keys of its chunks. For any number of threads."""

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
