"""The bucket of one machine as what it is there: files below a folder, a key a path (docs/decisions/files.md).

Nothing leads out of the folder, whatever links lie in it: what was opened tells where it lies.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from dlambda.aws.cached_open import open_cached
from dlambda.aws.new_files import link_new, write_new
from dlambda.aws.stored import Stored
from dlambda.aws.unseen import is_being_written
from dlambda.errors import NotFound

_READ_BYTES = 1024 * 1024
# Others are made again by whoever wants them: losing them with the machine's power does no harm.
_DURABLE = ("files/", "orders/")

OnPart = Callable[[], None] | None


class OpenFile:
    """An object that is open for reading; whoever opened it closes it."""

    def __init__(self, descriptor: int, key: str) -> None:
        self.descriptor = descriptor
        self.stored = _as_stored(key, os.fstat(descriptor))

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yields the bytes from `start` up to `end`, in pieces of a megabyte, and closes the object."""
        remaining_bytes = self.stored.size_bytes - start if end is None else end - start
        try:
            os.lseek(self.descriptor, start, os.SEEK_SET)
            while chunk := os.read(self.descriptor, max(0, min(remaining_bytes, _READ_BYTES))):
                remaining_bytes -= len(chunk)
                yield chunk
        finally:
            self.close()

    def close(self) -> None:
        os.close(self.descriptor)


class Library:
    """The objects below `folder`. See `ObjectStore`."""

    places_files = True

    def __init__(self, folder: str) -> None:
        self._root = os.path.realpath(folder)

    # Reading

    def open(self, key: str) -> OpenFile:
        """Raises `NotFound`."""
        try:
            return OpenFile(self._open(key, os.O_RDONLY | os.O_NONBLOCK, stat.S_ISREG), key)
        except (OSError, ValueError):
            raise NotFound(_missing(key)) from None

    def open_at_once(self, key: str) -> OpenFile:
        """For an event loop, which must not wait for a disk. Raises `BlockingIOError` where it might have to."""
        try:
            return OpenFile(self._open(key, os.O_RDONLY | os.O_NONBLOCK, stat.S_ISREG, open_cached), key)
        except BlockingIOError:
            raise
        except (OSError, ValueError):
            raise NotFound(_missing(key)) from None

    def find(self, key: str) -> Stored | None:
        try:
            return self._look(key, os.open)
        except OSError:
            return None

    def find_at_once(self, key: str) -> Stored | None:
        try:
            return self._look(key, open_cached)
        except BlockingIOError:
            raise
        except OSError:
            return None

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        return self.open(key).chunks(start, end)

    def path_of(self, key: str) -> str:
        """Behind all links."""
        file = self.open(key)
        try:
            return _place_of(file.descriptor)
        finally:
            file.close()

    def get_file(self, key: str, path: Path) -> None:
        with path.open("wb", buffering=0) as target:
            for chunk in self.read(key):
                target.write(chunk)

    def list_(self, prefix: str) -> Iterator[Stored]:
        """Follows no link: a file would be listed under two names."""
        for key, stored in self._entries(prefix):
            if stored is None:
                yield from self.list_(f"{key}/")
            else:
                yield stored

    def walk_folder(self, prefix: str) -> Iterator[tuple[list[Stored], list[str]]]:
        entries = self._entries(prefix)
        files = [stored for _, stored in entries if stored is not None]
        yield files, [key.removeprefix(prefix) for key, stored in entries if stored is None]

    def walk_folder_names(self, prefix: str) -> Iterator[list[str]]:
        yield [key.removeprefix(prefix) for key, _ in self._entries(prefix, only_folders=True)]

    def has_folder(self, key: str) -> bool:
        try:
            os.close(self._open(key, os.O_PATH, stat.S_ISDIR))
        except (OSError, ValueError):
            return False
        return True

    def has_any(self, prefix: str) -> bool:
        return next(self.list_(prefix), None) is not None

    def _look(self, key: str, open_path: Callable[[str, int], int]) -> Stored | None:
        """Raises `OSError` as `open_path` does."""
        try:
            descriptor = self._open(key, os.O_PATH, stat.S_ISREG, open_path)
        except ValueError:
            return None
        try:
            return _as_stored(key, os.fstat(descriptor))
        finally:
            os.close(descriptor)

    def _open(
        self, key: str, flags: int, is_right: Callable[[int], bool], open_path: Callable[[str, int], int] = os.open
    ) -> int:
        """A descriptor of what is named by the key and is of the right kind. Raises `OSError`, `ValueError`."""
        if any(part in {"", ".", ".."} or is_being_written(part) for part in key.split("/")):
            raise ValueError(key)
        descriptor = open_path(f"{self._root}/{key}", flags | os.O_CLOEXEC)
        try:
            place = _place_of(descriptor)
            if not (place.startswith(f"{self._root}/") and is_right(os.fstat(descriptor).st_mode)):
                raise FileNotFoundError(key)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _entries(self, prefix: str, *, only_folders: bool = False) -> list[tuple[str, Stored | None]]:
        """The entries of the prefix's folder that begin like it, in the order of keys; None for a folder."""
        folder, slash, begin = prefix.rpartition("/")
        try:
            descriptor = self._open(folder, os.O_RDONLY, stat.S_ISDIR) if slash else os.open(self._root, os.O_RDONLY)
        except (OSError, ValueError):
            return []
        try:
            with os.scandir(descriptor) as entries:
                listed = (entry for entry in entries if entry.is_dir()) if only_folders else entries
                visible_entries = [entry for entry in listed if entry.name.startswith(begin) and _is_shown(entry)]
                keyed = [(f"{folder}{slash}{entry.name}", entry) for entry in visible_entries]
                return [
                    (key, None if entry.is_dir() else _as_stored(key, entry.stat()))
                    for key, entry in sorted(keyed, key=lambda pair: pair[0] + "/" * pair[1].is_dir())
                ]
        finally:
            os.close(descriptor)

    # Writing

    def put_bytes(self, key: str, body: bytes, _content_type: str) -> None:
        self.write(key, [body])

    def put_file(self, path: Path, key: str, _content_type: str, on_part: OnPart = None) -> None:
        with path.open("rb", buffering=0) as file:
            self.write(key, iter(lambda: file.read(_READ_BYTES), b""), on_part=on_part)

    def write(
        self, key: str, chunks: Iterable[bytes], _content_type: str = "", _bytes: int = 0, on_part: OnPart = None
    ) -> None:
        write_new(self._root, key, chunks, is_durable=key.startswith(_DURABLE), on_part=on_part)

    def place(self, path: Path, key: str, content_type: str, on_part: OnPart = None) -> None:
        """By a second name of the same file, where the file system can; else by a copy."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise IsADirectoryError(errno.EISDIR, "no plain file")
            is_linked = link_new(self._root, key, descriptor, on_part)
        finally:
            os.close(descriptor)
        if not is_linked:
            self.put_file(path, key, content_type, on_part)

    def copy(self, source: str, target: str) -> None:
        """By a second name as well: objects are replaced, and never written into."""
        file = self.open(source)
        try:
            is_linked = link_new(self._root, target, file.descriptor, None)
        finally:
            file.close()
        if not is_linked:
            self.write(target, self.read(source))

    def delete(self, keys: Iterable[str]) -> None:
        """Folders that have nothing left go as well."""
        for key in keys:
            folder, _, name = key.rpartition("/")
            with contextlib.suppress(OSError, ValueError):
                descriptor = self._open(folder, os.O_RDONLY, stat.S_ISDIR)
                try:
                    os.unlink(name, dir_fd=descriptor)
                finally:
                    os.close(descriptor)
                self._remove_empty(folder)

    def _remove_empty(self, folder: str) -> None:
        """The folder and those around it, until one is not empty (`OSError`); those of the bucket's root stay."""
        while "/" in folder:
            Path(self._root, folder).rmdir()
            folder = folder.rpartition("/")[0]


def _place_of(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 a path takes longer than the call


def _missing(key: str) -> str:
    return f"File '{key.rpartition('/')[2]}' does not exist."


def _is_shown(entry: os.DirEntry[str]) -> bool:
    """Not links, devices, what is being written, nor what has a name that no key can be."""
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        return False
    is_plain = entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)
    return is_plain and not is_being_written(entry.name)


def _as_stored(key: str, status: os.stat_result) -> Stored:
    return Stored(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
