"""A ZIP as it will be, before a byte of its files is read: its length, and what lies where (APPNOTE 6.3).

Entries are stored as they are. What is known of a file only when it was read, its checksum, stands behind its bytes and
in the directory at the end; so any part can be sent by itself, and sent again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import accumulate
from struct import pack
from typing import Final

_LARGE: Final = 0xFFFFFFFF
_MANY: Final = 0xFFFF
_FLAGS: Final = 0x0808  # names are UTF-8; the checksum follows the bytes
_PLAIN, _ZIP64 = 20, 45
_UNIX: Final = 3
_MODE: Final = 0o100644
_EARLIEST = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """A file: its name in the archive, its length and its time."""

    name: str
    size_bytes: int
    modified: datetime

    @property
    def is_large(self) -> bool:
        return self.size_bytes >= _LARGE


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the archive: `size` bytes, of an entry (`index`) or of the whole directory (the number of entries)."""

    kind: str
    """`header`, `file`, `checksum`, or `directory`."""
    index: int
    size: int


class ZipLayout:
    """The archive of `entries`, in their order."""

    def __init__(self, entries: Sequence[ZipEntry]) -> None:
        self.entries = entries
        self._names = [entry.name.encode() for entry in entries]
        sizes = [sum(part.size for part in self._parts_of(index)) for index in range(len(entries))]
        self._offsets = list(accumulate(sizes, initial=0))
        self.size_bytes = self._offsets[-1] + len(self.directory([0] * len(entries)))

    @property
    def version(self) -> str:
        """Changes with the archive."""
        facts = "\0".join(f"{entry.name}\0{entry.size_bytes}\0{entry.modified.timestamp()}" for entry in self.entries)
        return blake2b(facts.encode(), digest_size=12).hexdigest()

    def parts(self) -> Iterator[Part]:
        """All of it, from the beginning."""
        for index in range(len(self.entries)):
            yield from self._parts_of(index)
        yield Part("directory", len(self.entries), self.size_bytes - self._offsets[-1])

    def _parts_of(self, index: int) -> Iterator[Part]:
        entry = self.entries[index]
        yield Part("header", index, 30 + len(self._names[index]) + (20 if entry.is_large else 0))
        yield Part("file", index, entry.size_bytes)
        yield Part("checksum", index, 24 if entry.is_large else 16)

    def header(self, index: int) -> bytes:
        """The header before an entry's bytes. The length is there, for readers that do not go to the end first."""
        entry, name = self.entries[index], self._names[index]
        extra = pack("<HHQQ", 1, 16, entry.size_bytes, entry.size_bytes) if entry.is_large else b""
        size = min(entry.size_bytes, _LARGE)
        fields = (_version(entry.is_large), _FLAGS, 0, *_time(entry.modified), 0, size, size, len(name), len(extra))
        return pack("<4sHHHHHIIIHH", b"PK\3\4", *fields) + name + extra

    def checksum(self, index: int, crc: int) -> bytes:
        """The data descriptor behind them."""
        entry = self.entries[index]
        form = "<4sIQQ" if entry.is_large else "<4sIII"
        return pack(form, b"PK\7\x08", crc, entry.size_bytes, entry.size_bytes)

    def directory(self, crcs: Sequence[int]) -> bytes:
        """The end of the archive; `crcs`: of all entries."""
        records = b"".join(self._record(index, crc) for index, crc in enumerate(crcs))
        start, count = self._offsets[-1], len(self.entries)
        end = b""
        if count >= _MANY or start >= _LARGE or len(records) >= _LARGE:
            fields = (44, _ZIP64 | _UNIX << 8, _ZIP64, 0, 0, count, count, len(records), start)
            end = pack("<4sQHHIIQQQQ", b"PK\6\6", *fields)
            end += pack("<4sIQI", b"PK\6\7", 0, start + len(records), 1)
        short = min(count, _MANY)
        last = (short, short, min(len(records), _LARGE), min(start, _LARGE))
        return records + end + pack("<4sHHHHIIH", b"PK\5\6", 0, 0, *last, 0)

    def _record(self, index: int, crc: int) -> bytes:
        entry, name, offset = self.entries[index], self._names[index], self._offsets[index]
        long_values = [entry.size_bytes, entry.size_bytes] if entry.is_large else []
        long_values += [offset] if offset >= _LARGE else []
        extra = pack(f"<HH{len(long_values)}Q", 1, 8 * len(long_values), *long_values) if long_values else b""
        version, size = _version(bool(long_values)), min(entry.size_bytes, _LARGE)
        fields = (version | _UNIX << 8, version, _FLAGS, 0, *_time(entry.modified), crc, size, size)
        places = (len(name), len(extra), 0, 0, 0, _MODE << 16, min(offset, _LARGE))
        return pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", *fields, *places) + name + extra


def _version(is_long: bool) -> int:
    return _ZIP64 if is_long else _PLAIN


def _time(modified: datetime) -> tuple[int, int]:
    """Time and date as DOS writes them, in steps of two seconds, from 1980 on."""
    moment = (modified.year, modified.month, modified.day, modified.hour, modified.minute, modified.second)
    year, month, day, hour, minute, second = min(max(moment, _EARLIEST), (2107, 12, 31, 23, 59, 58))
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
