"""Takes out of installed libraries what only a debugger reads: a tenth of an installation."""

import shutil
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_MAGIC: Final = b"\x7fELF\x02\x01"  # 64 bits, the lowest byte first
_HEADER_BYTES: Final = 64
_TABLES: Final = struct.Struct("<QQ")
"""Where the tables of segments and of sections begin."""
_TABLES_OFFSET: Final = 32
_SIZES: Final = struct.Struct("<HHHHH")
"""Size and number of segments' entries, of sections' entries, and which section has the names."""
_SIZES_OFFSET: Final = 54
_SEGMENT: Final = struct.Struct("<IIQQQQQQ")
_LEAST_BYTES: Final = 256 * 1024

Ranges = list[tuple[int, int]]
"""Parts of a file, as (begin, end)."""


def strip(path: Path) -> int:
    """Removes the debug information of a library; answers how many bytes of the disk that gives back.

    A loader reads segments alone: what lies behind them is cut off, what lies between them becomes a hole in the file,
    and the table of sections is forgotten. A file that is no library of Linux, or has little to give, stays as it is.
    """
    before = path.stat()
    data = memoryview(path.read_bytes())
    ranges = _loaded_ranges(data)
    if before.st_size - sum(end - begin for begin, end in ranges) < _LEAST_BYTES or not ranges:
        return 0
    new = path.with_name(f".{path.name}.stripped")
    with new.open("wb") as file:
        for begin, end in ranges:
            file.seek(begin)
            file.write(data[begin:end])
        segments, _ = _TABLES.unpack_from(data, _TABLES_OFFSET)
        file.seek(_TABLES_OFFSET)
        file.write(_TABLES.pack(segments, 0))
        size, count, *_ = _SIZES.unpack_from(data, _SIZES_OFFSET)
        file.seek(_SIZES_OFFSET)
        file.write(_SIZES.pack(size, count, 0, 0, 0))
    shutil.copymode(path, new)
    new.replace(path)
    return (before.st_blocks - path.stat().st_blocks) * 512


def strip_all(folder: Path) -> int:
    """Does it to each library below a folder."""
    return sum(strip(path) for path in folder.rglob("*.so*") if path.is_file() and not path.is_symlink())


def _loaded_ranges(data: memoryview) -> Ranges:
    """The parts of a library that a running program reads; empty for another file."""
    if len(data) < _HEADER_BYTES or bytes(data[: len(_MAGIC)]) != _MAGIC:
        return []
    table, _ = _TABLES.unpack_from(data, _TABLES_OFFSET)
    size, count, *_ = _SIZES.unpack_from(data, _SIZES_OFFSET)
    ranges = [(0, _HEADER_BYTES), (table, table + size * count)]
    for number in range(count):
        _, _, offset, _, _, length, _, _ = _SEGMENT.unpack_from(data, table + number * size)
        ranges.append((offset, offset + length))
    return list(_joined(ranges))


def _joined(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same parts without overlaps, in order."""
    begin, end = 0, 0
    for next_begin, next_end in sorted(ranges):
        if next_begin > end:
            yield begin, end
            begin = next_begin
        end = max(end, next_end)
    yield begin, end
