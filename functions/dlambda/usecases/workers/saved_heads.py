"""Sample tables of MP4 files, collected while they are saved, and kept in pieces beside their chunks.

A piece is an object, named by the positions in the file from which and up to which it was collected.
"""

from collections.abc import Callable
from typing import Self

from dlambda.aws import bucket
from dlambda.media.mp4.heads import Heads, Read
from dlambda.usecases.workers.saved_files import SavedFile


class SavedHeads:
    """The pieces of one file. `prefix`: of their keys."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._position: int | None = None

    @classmethod
    def of(cls, prefix: str, file: SavedFile) -> Self:
        """The tables of a saved file; all keys of its state begin with `prefix`."""
        return cls(f"{prefix}heads/{file.origin or file.generation}/")

    def note(self, read: Read, size_bytes: int) -> None:
        """Collects behind the last piece, in a file of which so many bytes are saved. Raises `NotUnderstood`."""
        if self._position is None:
            self._position = max((end for _, end in self._pieces()), default=0)
        heads = Heads(self._position)
        for _ in heads.collect(read, size_bytes):
            pass
        self._position, _ = self._keep(heads, (self._position, 0))

    def collect(self, read: Read, size_bytes: int, on_step: Callable[[], None], is_due: Callable[[], bool]) -> Heads:
        """Answers all of a complete file: the pieces, and the rest, of which one is made when `is_due`.

        Raises `NotUnderstood`, and what `on_step` raises.
        """
        heads = self._load()
        kept_up_to = heads.position, len(heads.entries)
        for _ in heads.collect(read, size_bytes):
            if is_due():
                kept_up_to = self._keep(heads, kept_up_to)
            on_step()
        self._keep(heads, kept_up_to)
        return heads

    def _load(self) -> Heads:
        """The pieces that follow one another from the beginning."""
        heads, pieces = Heads(), dict(sorted(self._pieces()))
        while end := pieces.get(heads.position):
            heads.extend(bucket.get_bytes(self._key(heads.position, end)), end)
        return heads

    def _keep(self, heads: Heads, kept_up_to: tuple[int, int]) -> tuple[int, int]:
        """Keeps what was collected behind a position and a number of entries; answers those of now."""
        position, count = kept_up_to
        if heads.position > position:
            bucket.put_bytes(self._key(position, heads.position), heads.render(count))
        return heads.position, len(heads.entries)

    def _key(self, start: int, end: int) -> str:
        return f"{self._prefix}{start}-{end}"

    def _pieces(self) -> list[tuple[int, int]]:
        """Where they begin and end."""
        names = [stored.key.removeprefix(self._prefix).split("-") for stored in bucket.list_(self._prefix)]
        return [(int(start), int(end)) for start, end in names]
