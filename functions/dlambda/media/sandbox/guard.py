"""The address guard: nobody may send a worker into the private network (docs/contract/system.md 8).

`check_url` looks before anything is stored or fetched. A worker gets its connections from its parent, which checks the
address that it connects to (`dlambda.media.sandbox.broker`), so neither a redirect nor a name that changes its address
gets through; ffmpeg gets them through the worker's relay. The audit hook here is the second layer: it sees the address
of every connection that Python makes by itself.
"""

import os
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlambda.domain.web.urls import INTERNAL_TEXT, check_syntax, is_internal
from dlambda.errors import Invalid

Resolve = Callable[[str], list[str]]
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")


def resolve(host: str) -> list[str]:
    """All addresses of `host`. Raises OSError when there is none."""
    rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in rows))


def check_url(url: str, *, allow_internal: bool = False, resolve: Resolve = resolve) -> None:
    """Raises `Invalid` (or `Required`) with the texts of system.md 8, in its order.

    Asks the name server unless `allow_internal`. Every address of the name must be public: one private one is enough to
    refuse. The connection itself is checked again by the worker's hook.
    """
    host = check_syntax(url)
    if allow_internal:
        return
    name = host.rstrip(".")
    if any(name == local.lstrip(".") or name.endswith(local) for local in _LOCAL_NAMES):
        raise Invalid(INTERNAL_TEXT)
    try:
        addresses = resolve(host)
    except (OSError, UnicodeError):
        raise Invalid("Invalid hostname.") from None
    if not addresses:
        raise Invalid("Invalid hostname.")
    if any(is_internal(address) for address in addresses):
        raise Invalid(INTERNAL_TEXT)


class InternalAddress(PermissionError):
    """A connection into the private network was refused; an OSError, so that libraries treat it as network trouble."""

    def __init__(self) -> None:
        super().__init__(INTERNAL_TEXT)

    def __str__(self) -> str:
        return INTERNAL_TEXT


_ADDRESS_AT = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    position = _ADDRESS_AT.get(event)
    if position is None:
        return
    address = arguments[position]
    if address is None:  # sendmsg on a connected socket
        return
    if not isinstance(address, tuple):  # a Unix socket: services of this machine
        raise InternalAddress
    if is_internal(str(address[0])):
        raise InternalAddress


def install(*, allow_internal: bool) -> None:
    """Guards this process for the rest of its life. An audit hook cannot be taken away again."""
    if not allow_internal:
        sys.addaudithook(_hook)


_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Which arguments of an event are paths that the event changes.
_CHANGED = {
    "os.rename": (0, 1),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.mkdir": (0,),
    "os.link": (0, 1),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.utime": (0,),
}


def confine(folder: Path, *more_folders: Path) -> None:
    """From here on this process writes, moves and removes files below `folder` (and `more_folders`) alone.

    Programs that it starts are not covered: their file names are made here, and checked when they are made.
    """
    roots = [os.path.realpath(folder_path) for folder_path in (folder, *more_folders)]
    os.environ["TMPDIR"] = tempfile.tempdir = roots[0]
    sys.dont_write_bytecode = True

    def check(path: object) -> None:
        if isinstance(path, int) or path is None:
            return  # an open file
        real = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]
        if real != os.devnull and not any(real == root or real.startswith(root + os.sep) for root in roots):
            raise PermissionError(f"Writing outside the download folder is not allowed: {Path(real).name}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _mode, flags = arguments
            if isinstance(flags, int) and flags & _WRITING:
                check(path)
        elif event == "os.symlink":
            # Whoever reads the folder later would be led elsewhere.
            raise PermissionError("Links are not allowed.")
        elif event in _CHANGED:
            for position in _CHANGED[event]:
                check(arguments[position])

    sys.addaudithook(hook)
