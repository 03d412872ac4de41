"""Files of unfinished work as the bucket has them: a manifest that names their chunks.

A chunk is an object with a stretch of a file. The manifest is written when its chunks are there, so the newest one is
whole at any moment. It carries small files (the records of unfinished ones) itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

CHUNK_BYTES = 16 * 1024 * 1024


def prefix_of(work_id: str) -> str:
    """The prefix of all keys of an item or order."""
    return f"resume/{work_id}/"


@dataclass(frozen=True, slots=True)
class Chunk:
    """The object `key`, which holds the bytes of a file from `start` on."""

    key: str
    start: int
    size_bytes: int

    @property
    def end(self) -> int:
        return self.start + self.size_bytes


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of a file that are to become a chunk."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SavedUpload:
    """The upload of a file that goes to its place while it grows: parts of equal size, and its first bytes besides."""

    key: str
    upload_id: str
    part_bytes: int
    head: Chunk


@dataclass(frozen=True, slots=True)
class SavedMerge:
    """The upload of what formats are put together to: parts of equal size. `sources`: the origins of their files."""

    key: str
    upload_id: str
    part_bytes: int
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file: the generation whose bytes the chunks hold, and the name and text of its record.

    With an `upload` its parts hold the beginning, and the chunks what is behind them. `origin`
    names what was downloaded, also when it is finished: what begins anew has another one.
    """

    generation: str
    chunks: tuple[Chunk, ...] = ()
    record: tuple[str, str] | None = None
    upload: SavedUpload | None = None
    origin: str = ""

    @property
    def size_bytes(self) -> int:
        """Up to where the file is saved, parts of an upload left out."""
        return self.chunks[-1].end if self.chunks else 0

    def missing(self, size_bytes: int, sent_bytes: int = 0, hollow_bytes: int = 0) -> list[Stretch]:
        """The ranges to send when the file has `size_bytes` by now, and `sent_bytes` are in parts of an upload.

        None of the first `hollow_bytes`, which the file itself lacks.

        Small chunks at the end are sent once more as one, so that a slow file has no more chunks than a fast one.
        """
        start = max(self.size_bytes, sent_bytes)
        if size_bytes <= start:
            return []
        for chunk in reversed(self.chunks):
            if chunk.size_bytes >= CHUNK_BYTES or chunk.start < hollow_bytes:
                break
            if size_bytes - chunk.start >= CHUNK_BYTES:
                start = chunk.start
        return [Stretch(at, min(at + CHUNK_BYTES, size_bytes)) for at in range(start, size_bytes, CHUNK_BYTES)]

    def behind(self, sent_bytes: int) -> "SavedFile":
        """The file without the chunks that parts of its upload hold as well."""
        return replace(self, chunks=tuple(chunk for chunk in self.chunks if chunk.end > sent_bytes))

    def extended(self, chunks: Sequence[Chunk], record: tuple[str, str] | None) -> "SavedFile":
        """The file with new chunks, in place of those that they hold once more."""
        kept_chunks = [chunk for chunk in self.chunks if not chunks or chunk.end <= chunks[0].start]
        return replace(self, chunks=(*kept_chunks, *chunks), record=record)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The saved state of one item or order. `version` grows with each save; `state` is the text of `state.json`.

    `can_upload`: its files may go to their places while they grow. `merge` is under way, or was completed.
    """

    version: int = 0
    state: str = ""
    files: Mapping[str, SavedFile] = field(default_factory=dict)
    can_upload: bool = True
    merge: SavedMerge | None = None

    def render(self) -> dict[str, Any]:
        """The manifest as a JSON object."""
        return asdict(self)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Manifest":
        files = {
            name: SavedFile(
                file["generation"],
                tuple(Chunk(**chunk) for chunk in file["chunks"]),
                tuple(file["record"]) if file["record"] else None,
                _read_upload(file.get("upload")),
                file.get("origin", ""),
            )
            for name, file in document["files"].items()
        }
        can_upload, merge = document.get("can_upload", True), _read_merge(document.get("merge"))
        return cls(document["version"], document["state"], files, can_upload, merge)


def _read_merge(fields: Mapping[str, Any] | None) -> SavedMerge | None:
    return SavedMerge(**{**fields, "sources": tuple(fields.get("sources", ()))}) if fields else None


def _read_upload(fields: Mapping[str, Any] | None) -> SavedUpload | None:
    return SavedUpload(**{**fields, "head": Chunk(**fields["head"])}) if fields else None
