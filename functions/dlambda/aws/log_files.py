"""The log of one machine, read from its files: newest first, or as it grows (docs/contract/system.md 6).

A line's place is its file's number (inode) and its offset: both stay when the file is renamed.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dlambda.domain.telemetry.log_line import Wanted, entry_of

_BLOCK_BYTES: Final = 65536
_MOST_FILES: Final = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading goes on."""

    file: int
    offset: int

    def __str__(self) -> str:
        return f"{self.file}-{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        file, _, offset = text.partition("-")
        return cls(int(file), int(offset)) if file.isdecimal() and offset.isdecimal() else None


def files_of(path: Path) -> list[Path]:
    """The file that is written, then the renamed ones, newest first."""
    names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, _MOST_FILES))]
    return [name for name in names if name.is_file()]


def newest(path: Path, skip: int, count: int, query: Wanted) -> tuple[list[dict[str, Any]], bool]:
    """`count` entries behind the `skip` newest, oldest first; and whether there are older ones."""
    entries: list[dict[str, Any]] = []
    texts = [text.encode() for text in query.texts]
    for raw, place in _backwards(path):
        if any(text not in raw for text in texts):
            continue
        entry = entry_of(raw.decode("utf-8", "replace"), str(place))
        if not query.takes(entry):
            continue
        if skip > 0:
            skip -= 1
        elif len(entries) == count:
            return entries[::-1], True
        else:
            entries.append(entry)
    return entries[::-1], False


def _backwards(path: Path) -> Iterator[tuple[bytes, Place]]:
    for name in files_of(path):
        try:
            file = name.open("rb")
        except FileNotFoundError:
            continue  # renamed this moment
        with file:
            number = os.fstat(file.fileno()).st_ino
            end = file.seek(0, os.SEEK_END)
            partial_line = b""
            while end > 0:
                start = max(0, end - _BLOCK_BYTES)
                file.seek(start)
                block = file.read(end - start) + partial_line
                lines = block.split(b"\n")
                # The first may begin before this block.
                partial_line = lines[0] if start else b""
                offset = start + len(block)
                for line in reversed(lines[1:] if start else lines):
                    offset -= len(line)
                    if line:
                        yield line, Place(number, offset)
                    offset -= 1
                end = start


def end_of(path: Path) -> Place:
    """Behind the last line there is."""
    status = path.stat()
    return Place(status.st_ino, status.st_size)


def after(path: Path, place: Place) -> tuple[list[dict[str, Any]], Place]:
    """Lines written behind `place`, in whichever files they lie by now, and where to go on."""
    entries: list[dict[str, Any]] = []
    files = files_of(path)[::-1]
    numbers = [name.stat().st_ino for name in files]
    begin = numbers.index(place.file) if place.file in numbers else 0
    for name, number in list(zip(files, numbers, strict=True))[begin:]:
        offset = place.offset if number == place.file else 0
        lines, offset = _forwards(name, number, offset)
        entries += lines
        place = Place(number, offset)
    return entries, place


def _forwards(name: Path, number: int, offset: int) -> tuple[list[dict[str, Any]], int]:
    with name.open("rb") as file:
        if os.fstat(file.fileno()).st_ino != number:
            return [], 0  # renamed this moment; the next look finds it
        file.seek(offset)
        data = file.read()
    whole = data[: data.rfind(b"\n") + 1]
    entries = []
    for line in whole.splitlines(keepends=True):
        text = line.decode("utf-8", "replace").rstrip("\n")
        if text:
            entries.append(entry_of(text, str(Place(number, offset))))
        offset += len(line)
    return entries, offset
