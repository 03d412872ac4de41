"""Opens a location with PyAV."""

import os
from collections.abc import Mapping

import av
from av.container import InputContainer

from dlambda.media.av.pieces.locations import descriptor_of, input_name, input_options


class _OpenFile:
    """A file that is open already, with a place of its own in it: others read by the same descriptor meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._place = 0

    def read(self, size: int) -> bytes:
        """The bytes from here on, at most `size`."""
        chunk = os.pread(self._descriptor, size, self._place)
        self._place += len(chunk)
        return chunk

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a place; returns it."""
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: os.fstat(self._descriptor).st_size}
        self._place = bases[whence] + offset
        return self._place

    def tell(self) -> int:
        """The present place."""
        return self._place


def open_container(
    location: str, options: Mapping[str, str] | None = None, timeout_seconds: tuple[float, float] | None = None
) -> InputContainer:
    """Opens `location`; `options` add to those of every location. Raises what `av.open` raises."""
    number = descriptor_of(location)
    file = input_name(location) if number is None else _OpenFile(number)
    merged = input_options(location) | dict(options or {})
    if number is not None:
        del merged["fd"]  # for the protocol of that name, which has one place for all readers
    return av.open(file, "r", options=merged, timeout=timeout_seconds)
