"""A ZIP that is written in parts, by one invocation after another (docs/contract/files.md 3).

The archive's layout is known before a file is read, and so is where each part begins. What a next writer must know are
the files, and the checksums up to its first byte.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any, Self
from zlib import crc32

from dlambda.aws import bucket, objects
from dlambda.aws.stored import Stored
from dlambda.domain.files.plain_name import PortableNames
from dlambda.domain.files.zip_layout import ZipEntry, ZipLayout
from dlambda.domain.paths.home import from_home
from dlambda.domain.paths.paths import object_key
from dlambda.errors import NotFound


class FileChanged(Exception):
    """A file of which a part is in the archive is another one by now: the archive begins anew."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its path, its name in the archive, its length, when it was written (unix seconds), and its ETag."""

    path: str
    name: str
    size_bytes: int
    modified: float
    version: str

    @classmethod
    def of(cls, path: str, name: str, stored: Stored) -> Self:
        return cls(path, name, stored.size_bytes, stored.modified.timestamp(), stored.version)

    @property
    def entry(self) -> ZipEntry:
        return ZipEntry(self.name, self.size_bytes, datetime.fromtimestamp(self.modified, UTC))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an archive is: `crcs` of its complete files, `crc` of the begun one; `at`: bytes of that one's entry."""

    sources: tuple[Source, ...]
    crcs: tuple[int, ...] = ()
    crc: int = 0
    at: int = 0

    def render(self) -> dict[str, Any]:
        """The progress as a JSON object."""
        return {
            "sources": [astuple(source) for source in self.sources],
            "crcs": self.crcs,
            "crc": self.crc,
            "at": self.at,
        }

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        sources = tuple(Source(*fields) for fields in document["sources"])
        return cls(sources, tuple(document["crcs"]), document["crc"], document["at"])


def sources_of(paths: Sequence[str], home: str) -> tuple[Source, ...]:
    """The files that are there, with the names that whoever sees `home` knows them by."""
    names, sources = PortableNames(), []
    for path in paths:
        stored = bucket.find(object_key(path))
        if stored is not None:
            sources.append(Source.of(path, names.name_of(from_home(home, path)), stored))
    return tuple(sources)


class ZipWriter:
    """Reads an archive from `progress` on."""

    def __init__(self, progress: Progress) -> None:
        self._sources = list(progress.sources)
        self._crcs = list(progress.crcs)
        self._crc = progress.crc
        self._at = progress.at
        self._layout = ZipLayout([source.entry for source in self._sources])
        self._blocks: Iterator[bytes] = iter(())
        self._block = b""
        self._is_open = False

    @property
    def size_bytes(self) -> int:
        """Of the whole archive; less when files disappear before their turn."""
        return self._layout.size_bytes

    @property
    def progress(self) -> Progress:
        """As it is behind what `read` has answered."""
        return Progress(tuple(self._sources), tuple(self._crcs), self._crc, self._at)

    def read(self, size_bytes: int) -> bytes:
        """The next bytes; fewer at the end alone. Files that are gone when their turn comes are left out.

        Raises `FileChanged` for one of which the archive has a part.
        """
        pieces: list[bytes] = []
        while size_bytes > 0 and (piece := self._read_piece(size_bytes)):
            pieces.append(piece)
            size_bytes -= len(piece)
        return b"".join(pieces)

    def _read_piece(self, most: int) -> bytes:
        while len(self._crcs) < len(self._sources):
            index = len(self._crcs)
            if not self._is_open and not self._open(index):
                continue
            header, size = self._layout.header(index), self._sources[index].size_bytes
            if self._at < len(header):
                return self._advance(header[self._at : self._at + most])
            if self._at < len(header) + size:
                piece = self._read_file(min(most, len(header) + size - self._at))
                self._crc = crc32(piece, self._crc)
                return self._advance(piece)
            checksum = self._layout.checksum(index, self._crc)
            begin = self._at - len(header) - size
            if begin < len(checksum):
                return self._advance(checksum[begin : begin + most])
            self._crcs.append(self._crc)
            self._crc, self._at, self._is_open = 0, 0, False
        return self._advance(self._layout.directory(self._crcs)[self._at : self._at + most])

    def _advance(self, piece: bytes) -> bytes:
        self._at += len(piece)
        return piece

    def _open(self, index: int) -> bool:
        """False when the file is left out: the archive goes on with the next one."""
        source = self._sources[index]
        key, offset = object_key(source.path), max(0, self._at - len(self._layout.header(index)))
        stored = bucket.find(key)
        if stored is not None and self._at == 0:
            source = Source.of(source.path, source.name, stored)
        is_same = stored is not None and stored.version == source.version  # times of objects are whole seconds
        try:
            if not is_same:
                raise NotFound(source.path)
            self._blocks = objects.read(key, offset) if offset < source.size_bytes else iter(())
        except NotFound:
            if self._at:
                raise FileChanged(source.path) from None
            del self._sources[index]
            self._layout = ZipLayout([source.entry for source in self._sources])
            return False
        if source != self._sources[index]:
            self._sources[index] = source
            self._layout = ZipLayout([source.entry for source in self._sources])
        self._block, self._is_open = b"", True
        return True

    def _read_file(self, most: int) -> bytes:
        """Raises `FileChanged` when the file has fewer bytes than it had."""
        while not self._block:
            try:
                self._block = next(self._blocks)
            except StopIteration:
                raise FileChanged(self._sources[len(self._crcs)].path) from None
        piece, self._block = self._block[:most], self._block[most:]
        return piece
