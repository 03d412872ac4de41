"""The boxes of an MP4 file that say where its samples are: of a film of gigabytes some megabytes, read by ranges."""

import struct
from collections.abc import Callable, Iterator

from dlambda.media.mp4.boxes import HEADER_BYTES, NotUnderstood, read_header

Read = Callable[[int, int], bytes]
"""Reads a file from a position up to another one."""

_READ_BYTES = 64 * 1024
_LEAST_BYTES = 8  # of a box
_MOST_BYTES = 128 * 1024 * 1024
_KINDS = frozenset({b"moov", b"moof"})
_POSITION = struct.Struct(">Q")


class Heads:
    """The boxes that are collected of a file. `position`: up to where; `entries`: boxes, each with its own position."""

    def __init__(self, position: int = 0) -> None:
        self.position = position
        self.entries: list[tuple[int, bytes]] = []
        self._window = (0, b"")
        self._collected_bytes = 0

    def render(self, first: int = 0) -> bytes:
        """The entries, from the number `first` on, as bytes to be kept."""
        return b"".join(_POSITION.pack(position) + content for position, content in self.entries[first:])

    def extend(self, rendered: bytes, position: int) -> None:
        """Adds what another one has collected from here up to `position`."""
        while rendered:
            [start] = _POSITION.unpack_from(rendered)
            _, _, size = read_header(rendered[_POSITION.size :])
            self._add(start, rendered[_POSITION.size : _POSITION.size + size])
            rendered = rendered[_POSITION.size + size :]
        self.position = position

    def collect(self, read: Read, size_bytes: int) -> Iterator[None]:
        """Goes on in a file that has so many bytes by now, to the last box that is there; yields between two.

        Raises `NotUnderstood`.
        """
        self._window = (0, b"")
        while self.position + _LEAST_BYTES <= size_bytes:
            header = self._read(read, self.position, min(HEADER_BYTES, size_bytes - self.position), size_bytes)
            kind, header_bytes, size = read_header(header.ljust(HEADER_BYTES, b"\0"))
            size = size or size_bytes - self.position
            if size < header_bytes:
                raise NotUnderstood("a box that is shorter than its header")
            if kind in _KINDS:
                if self._collected_bytes + size > _MOST_BYTES:
                    raise NotUnderstood("too much to collect")
                if self.position + size > size_bytes:
                    return
                self._add(self.position, self._read(read, self.position, size, size_bytes))
            self.position += size
            yield

    def _add(self, position: int, content: bytes) -> None:
        self.entries.append((position, content))
        self._collected_bytes += len(content)

    def _read(self, read: Read, position: int, count: int, size_bytes: int) -> bytes:
        """So many bytes; small boxes lie side by side and are read together."""
        start, content = self._window
        if not start <= position <= position + count <= start + len(content):
            end = min(size_bytes, position + max(count, _READ_BYTES))
            start, content = self._window = (position, read(position, end))
        return content[position - start : position - start + count]
