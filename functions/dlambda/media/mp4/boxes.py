"""Boxes of MP4 files (ISO/IEC 14496-12), read from bytes and written as bytes."""

import struct
from array import array
from collections.abc import Iterable, Iterator

HEADER_BYTES = 16
"""The most that a box's header takes."""


class NotUnderstood(Exception):
    """The file is broken, or has something that must not be left out unread."""


def read_header(content: bytes | memoryview) -> tuple[bytes, int, int]:
    """The type of the box that begins there, the length of its header, and its own; 0 up to the end of the file."""
    size, kind = struct.unpack_from(">I4s", content)
    if size != 1:
        return kind, 8, size
    return kind, 16, struct.unpack_from(">Q", content, 8)[0]


def boxes(content: bytes | memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Types and contents of the boxes that lie one after the other. Raises `NotUnderstood`."""
    view = memoryview(content)
    while len(view) >= 8:
        kind, header_bytes, size = read_header(view)
        size = size or len(view)
        if not header_bytes <= size <= len(view):
            raise NotUnderstood(f"a box of {size} bytes")
        yield kind, view[header_bytes:size]
        view = view[size:]


def find_all(content: bytes | memoryview, kind: bytes) -> list[memoryview]:
    """Contents of the boxes of a type."""
    return [inner for name, inner in boxes(content) if name == kind]


def find(content: bytes | memoryview, *path: bytes) -> memoryview | None:
    """The content of the first box at the path of types; None without one."""
    for kind in path:
        inner = next(iter(find_all(content, kind)), None)
        if inner is None:
            return None
        content = inner
    return memoryview(content)


def get(content: bytes | memoryview, *path: bytes) -> memoryview:
    """As `find`. Raises `NotUnderstood` without one."""
    inner = find(content, *path)
    if inner is None:
        raise NotUnderstood(f"no {b'/'.join(path).decode('latin-1')}")
    return inner


def words(content: memoryview, start: int = 0, count: int | None = None, *, code: str = "I") -> "array[int]":
    """Big-endian numbers (`array` codes: I, i, Q) from an offset on. Raises `NotUnderstood` where there are fewer."""
    numbers = array(code)
    end = len(content) if count is None else start + count * numbers.itemsize
    if end > len(content):
        raise NotUnderstood("a table is cut off")
    numbers.frombytes(content[start:end])
    numbers.byteswap()
    return numbers


def box(kind: bytes, *contents: bytes | memoryview) -> bytes:
    """A box of fewer than 4 GB."""
    return struct.pack(">I4s", 8 + sum(map(len, contents)), kind) + b"".join(contents)


def full_box(kind: bytes, *contents: bytes | memoryview, version: int = 0, flags: int = 0) -> bytes:
    """A box with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *contents)


def table(
    kind: bytes, entries: Iterable[int], width: int, *, code: str = "I", version: int = 0, before: bytes = b""
) -> bytes:
    """A box with a count of entries and the entries, each of `width` numbers; `before` stands before the count."""
    numbers = array(code, entries)
    count = len(numbers) // width
    numbers.byteswap()
    return full_box(kind, before, struct.pack(">I", count), numbers.tobytes(), version=version)
