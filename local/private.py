"""Keeps DATA_DIR to its owner: folders 0700, files 0600, also those of an earlier version that made them wider.

A group's or other's rights are taken away. Where an access control list names further users, as an operator does who
lets a media server read the films, its entries stay: they need the group's bits as their mask.
"""

import contextlib
import os
import stat
import sys
from pathlib import Path

from dlambda.aws.unseen import remove_leftovers

_OTHERS = 0o077
_BEYOND_LISTS = 0o007
_LIST = "system.posix_acl_access"

UMASK = 0o077
"""The permissions that this run's processes take away from each file that they make."""


def is_everyones(folder: Path) -> bool:
    """True if it is a folder of many users, such as /tmp, that must not be closed to them."""
    return bool(folder.stat().st_mode & stat.S_ISVTX) or folder == Path(folder.anchor)


def close_folder(folder: Path) -> None:
    """Closes the folder itself. Raises `PermissionError` where it belongs to somebody else."""
    _close(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))


def close_tree(folder: Path) -> None:
    """Closes all that is in the folder. Follows no link, and leaves what belongs to somebody else."""
    for _, folders, files, descriptor in os.fwalk(folder, follow_symlinks=False):
        for name in [*folders, *files]:
            with contextlib.suppress(OSError):
                mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
                if mode & _OTHERS and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                    _close(os.open(name, flags, dir_fd=descriptor))


def _close(descriptor: int) -> None:
    """Takes the rights of others away from an open file, and closes the descriptor."""
    try:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        bits = _BEYOND_LISTS if _has_list(descriptor) else _OTHERS
        if mode & bits:
            os.fchmod(descriptor, mode & ~bits)
    finally:
        os.close(descriptor)


def _has_list(descriptor: int) -> bool:
    try:
        return _LIST in os.listxattr(descriptor)
    except OSError:  # a file system without them
        return False


if __name__ == "__main__":
    remove_leftovers(Path(sys.argv[1]), float(sys.argv[2]))
    close_tree(Path(sys.argv[1]))
