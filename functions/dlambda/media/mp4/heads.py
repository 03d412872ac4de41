"""The boxes of an MP4 file that say where its samples are: of a film of gigabytes some megabytes, read by ranges."""

import struct
from collections.abc import Callable, Iterator

from dlambda.media.mp4.boxes import HEADER_BYTES, NotUnderstood, read_header

Read = Callable[[int, int], bytes]
"""Reads a file from a position up to another one."""

_READ_BYTES = 64 * 1024
_MOST_BYTES = 128 * 1024 * 1024
_KINDS = frozenset({b"moov", b"moof"})
_POSITION = struct.Struct(">Q")


class Heads:
    """What was collected so far of a file of `size_bytes`; `saved` is what `render` answered before."""

    def __init__(self, size_bytes: int, saved: bytes = b"") -> None:
        self.entries: list[tuple[int, bytes]] = []
        self._size_bytes = size_bytes
        self._next = 0
        self._window = (0, b"")
        self._collected_bytes = 0
        while saved:
            [position] = _POSITION.unpack_from(saved)
            _, _, size_bytes = read_header(saved[_POSITION.size :])
            self._add(position, saved[_POSITION.size : _POSITION.size + size_bytes])
            saved = saved[_POSITION.size + size_bytes :]

    def render(self) -> bytes:
        """What was collected, as bytes to be kept."""
        return b"".join(_POSITION.pack(position) + content for position, content in self.entries)

    def collect(self, read: Read) -> Iterator[None]:
        """Goes on to the end of the file; yields between two boxes. Raises `NotUnderstood`."""
        while self._next < self._size_bytes:
            try:
                kind, header_bytes, size = read_header(self._read(read, self._next, HEADER_BYTES))
            except struct.error as error:
                raise NotUnderstood("the end is no box") from error
            size = size or self._size_bytes - self._next
            if size < header_bytes or self._next + size > self._size_bytes:
                raise NotUnderstood("a box is cut off")
            if kind in _KINDS:
                if self._collected_bytes + size > _MOST_BYTES:
                    raise NotUnderstood("too much to collect")
                self._add(self._next, self._read(read, self._next, size))
            else:
                self._next += size
            yield

    def _add(self, position: int, content: bytes) -> None:
        self.entries.append((position, content))
        self._collected_bytes += len(content)
        self._next = position + len(content)

    def _read(self, read: Read, position: int, size_bytes: int) -> bytes:
        """So many bytes, fewer at the end; small boxes lie side by side and are read together."""
        start, content = self._window
        if not start <= position <= position + size_bytes <= start + len(content):
            end = min(self._size_bytes, position + max(size_bytes, _READ_BYTES))
            start, content = self._window = (position, read(position, end))
        return content[position - start : position - start + size_bytes]
