"""Files that appear in the library whole or not at all, and stay there when the machine loses its power.

A file is written, or linked, under a name that nobody is shown, and takes its own when it is complete.
"""

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from pathlib import Path

from dlambda.aws.links import check_key
from dlambda.aws.unseen import new_name

_LOOK_SECONDS = 1.0
_DEFAULT_LIST, _LIST = "system.posix_acl_default", "system.posix_acl_access"
# Of a link: another file system, or one (or an owner) that allows none.
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS})

OnPart = Callable[[], None] | None


def write_new(root: str, key: str, chunks: Iterable[bytes], *, is_durable: bool, on_part: OnPart) -> None:
    """Writes the file `key` below `root` from a stream. Raises `Invalid` behind a link that leads out, `OSError`."""
    with _unseen(root, key, _create) as (folder, name, descriptor):
        try:
            for chunk in chunks:
                _write_all(descriptor, chunk)
                if on_part:
                    on_part()
            if is_durable:
                _sync(descriptor, on_part)
        finally:
            os.close(descriptor)
        _take_name(folder, name, key)
        if is_durable:
            os.fsync(folder)


def link_new(root: str, key: str, descriptor: int, on_part: OnPart) -> bool:
    """Gives an open file the name `key` below `root`, too. False where that cannot be: nothing is done then.

    Raises what `write_new` raises.
    """

    def link(folder: int, name: str) -> int:
        os.link(f"/proc/self/fd/{descriptor}", name, dst_dir_fd=folder, follow_symlinks=True)
        return descriptor

    try:
        with _unseen(root, key, link) as (folder, name, _):
            _adopt(descriptor, folder)
            _sync(descriptor, on_part)
            _take_name(folder, name, key)
            os.fsync(folder)
    except OSError as error:
        if error.errno in _NO_LINK:
            return False
        raise
    return True


def own_files(folder: Path) -> None:
    """Makes the files below a work folder its own: those that the library has as well become copies.

    For work that begins again after it had brought its file there: it may write into files.
    """
    for path in folder.rglob("*"):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
            copy = path.with_name(new_name())
            try:
                shutil.copy2(path, copy)
                copy.replace(path)
            finally:
                copy.unlink(missing_ok=True)


@contextlib.contextmanager
def _unseen(root: str, key: str, make: Callable[[int, str], int]) -> Iterator[tuple[int, str, int]]:
    """The open folder of `key`, the name in it that `make` gave a file, and that file. The name goes in the end."""
    check_key(key)
    for last in (False, False, False, True):
        folder, name = _open_folder(root, key.split("/")[:-1]), new_name()
        try:
            descriptor = make(folder, name)
            break
        except FileNotFoundError:  # the folder was empty, and has been removed meanwhile
            os.close(folder)
            if last:
                raise
        except BaseException:
            os.close(folder)
            raise
    try:
        yield folder, name, descriptor
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        os.close(folder)


def _create(folder: int, name: str) -> int:
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)


def _open_folder(root: str, parts: list[str]) -> int:
    """A descriptor of the folder, which is made, with those around it. Raises `OSError`, `ValueError`."""
    if any(part in {"", ".", ".."} for part in parts):
        raise ValueError("no key of the bucket")
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in parts:
        outer = descriptor
        try:
            descriptor = _enter(root, outer, part)
        finally:
            os.close(outer)
    return descriptor


def _enter(root: str, outer: int, part: str) -> int:
    with contextlib.suppress(FileExistsError):
        os.mkdir(part, dir_fd=outer)
        os.fsync(outer)
    descriptor = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=outer)
    if not f"{Path(f'/proc/self/fd/{descriptor}').readlink()}/".startswith(f"{root}/"):
        os.close(descriptor)
        raise PermissionError(errno.EPERM, "a link leads out of the library")
    return descriptor


def _take_name(folder: int, unseen: str, key: str) -> None:
    """Replaces what was at the key: a link itself, not what it led to."""
    name = key.rpartition("/")[2]
    os.replace(unseen, name, src_dir_fd=folder, dst_dir_fd=folder)


def _adopt(descriptor: int, folder: int) -> None:
    """Gives a file what one made in the folder has: its list of further users, and its group. Raises `OSError`."""
    status, around = os.fstat(descriptor), os.fstat(folder)
    if around.st_mode & stat.S_ISGID and status.st_gid != around.st_gid:
        os.fchown(descriptor, -1, around.st_gid)
    try:
        entries = os.getxattr(folder, _DEFAULT_LIST)
    except OSError:  # none, or a file system without them
        return
    os.setxattr(descriptor, _LIST, entries)
    os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o666)


def _write_all(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync(descriptor: int, on_part: OnPart) -> None:
    """Waits until the file is on its disk; `on_part` is called each second meanwhile."""
    if on_part is None:
        os.fsync(descriptor)
        return
    with ThreadPoolExecutor(1) as thread:
        syncing = thread.submit(os.fsync, descriptor)
        while not wait_for([syncing], _LOOK_SECONDS).done:
            on_part()
        syncing.result()
