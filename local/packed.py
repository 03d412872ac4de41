"""Programs that few installations start: they lie compressed, and are unpacked when they are first asked for
(docs/decisions/installation-size.md).
"""

import fcntl
import gzip
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_SUFFIX: Final = ".gz"
_LEVEL: Final = 6  # 3 s for rclone; the best level takes 10 s more and saves a hundredth
_CHUNK_BYTES: Final = 1024 * 1024


def archive_of(program: Path) -> Path:
    """The path of the archive beside a program's own."""
    return program.with_name(program.name + _SUFFIX)


def pack(program: Path) -> None:
    """Puts an archive in a program's place. A kill leaves one of the two, whole."""
    archive = archive_of(program)
    new = archive.with_name(f".{archive.name}.new")
    with program.open("rb") as source, gzip.open(new, "wb", compresslevel=_LEVEL) as target:
        shutil.copyfileobj(source, target, _CHUNK_BYTES)
    new.replace(archive)
    program.unlink()


def unpack(archive: Path, folders: Iterable[Path]) -> Path:
    """The program of an archive in the first of `folders` that can be written, unpacked when it is not there yet.

    Programs of other archives, which an update left, are deleted from that folder. Raises `OSError` with the reason of
    the last folder, such as a full disk; nothing half-written bears a program's name then. Raises `EOFError` or
    `zlib.error` for a damaged archive.
    """
    with archive.open("rb") as file:
        status = os.fstat(file.fileno())
        version = f"{status.st_mtime_ns:x}-{status.st_size:x}"
        places = [folder / version / archive.name.removesuffix(_SUFFIX) for folder in folders]
        if ready := next((place for place in places if os.access(place, os.X_OK)), None):
            return ready
        fcntl.flock(file, fcntl.LOCK_EX)  # two services of one installation may ask at once
        *others, last = places
        for place in others:
            try:
                return _unpack(archive, place)
            except OSError:
                continue
        return _unpack(archive, last)


def _unpack(archive: Path, place: Path) -> Path:
    if os.access(place, os.X_OK):
        return place
    _delete_others(place.parent)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = place.with_name(f".{place.name}.new")
    try:
        with gzip.open(archive) as source, new.open("wb") as target:
            shutil.copyfileobj(source, target, _CHUNK_BYTES)
        new.chmod(0o700)
        new.replace(place)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return place


def _delete_others(version: Path) -> None:
    if version.parent.is_dir():
        for other in version.parent.iterdir():
            if other != version:
                shutil.rmtree(other, ignore_errors=True)
