"""Landlock: the kernel's own list of files, TCP ports and processes that a thread and its children can reach.

Available without root since Linux 5.13 (files), 6.7 (TCP) and 6.12 (signals, abstract sockets). A rule can only
narrow: nothing takes it back for the life of the process.
"""

import ctypes
import os
import stat
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from dlambda.media.sandbox.syscall import call, forbid_new_privileges

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION_FLAG: Final = 1
_RULE_PATH: Final = 1
_RULE_PORT: Final = 2

_EXECUTE: Final = 1 << 0
_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_REMOVE_DIR: Final = 1 << 4
_REMOVE_FILE: Final = 1 << 5
_MAKE_DIR: Final = 1 << 7
_MAKE_FILE: Final = 1 << 8
_MOVE: Final = 1 << 13
_TRUNCATE: Final = 1 << 14
_IOCTL_DEVICE: Final = 1 << 15
_BIND_TCP: Final = 1 << 0
_CONNECT_TCP: Final = 1 << 1
_SCOPES: Final = 0b11  # abstract Unix sockets, signals

# All rights of files that a version of Landlock knows, by its number.
_FILE_RIGHTS: Final = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
_NEWEST: Final = 6
FILES, TCP, SCOPES = 1, 4, 6  # the first version that knows them

LIST: Final = _READ_DIR
READ: Final = _EXECUTE | _READ_FILE | _READ_DIR
# No links, devices, pipes or sockets: a link would lead the unrestricted process that reads the results elsewhere.
WRITE: Final = (
    _READ_FILE | _READ_DIR | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _MOVE
)
DEVICE: Final = _READ_FILE | _READ_DIR | _WRITE_FILE | _IOCTL_DEVICE
_ON_FILES: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


class _PortRule(ctypes.Structure):
    _fields_ = (("rights", ctypes.c_uint64), ("port", ctypes.c_uint64))


@lru_cache(maxsize=1)
def version() -> int:
    """The kernel's version of Landlock; 0 where it has none or has it switched off."""
    try:
        return call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    except OSError:
        return 0


def restrict(rights: Mapping[str, int], ports: Iterable[int]) -> None:
    """Restricts this thread, and whatever it starts, to these paths and TCP ports from now on.

    `rights` as for `make_ruleset`. Does what the kernel's version can; nothing at version 0.
    """
    if not version():
        return
    ruleset = make_ruleset(rights, ports)
    try:
        enter(ruleset)
    finally:
        os.close(ruleset)


def make_ruleset(rights: Mapping[str, int], ports: Iterable[int] | None = None) -> int:
    """The descriptor of rules that `enter` takes. Without `ports` TCP is not restricted.

    `rights`: path -> `READ`, `LIST`, `WRITE` or `DEVICE`, for everything below it. Paths that do not exist are passed
    over. Raises OSError at version 0.
    """
    supported = min(version(), _NEWEST)
    files = _FILE_RIGHTS[max(1, min(supported, max(_FILE_RIGHTS)))]
    limits_tcp = supported >= TCP and ports is not None
    ruleset = _create(supported, files, _BIND_TCP | _CONNECT_TCP if limits_tcp else 0)
    for path, allowed in rights.items():
        _allow_path(ruleset, path, allowed & files)
    for port in (ports or ()) if limits_tcp else ():
        rule = _PortRule(_CONNECT_TCP, port)
        call(_ADD_RULE, ruleset, _RULE_PORT, ctypes.byref(rule), 0)
    return ruleset


def enter(ruleset: int) -> None:
    """Puts this thread, and whatever it starts, under rules for the rest of its life."""
    forbid_new_privileges()
    call(_RESTRICT_SELF, ruleset, 0)


def _create(supported: int, files: int, tcp: int) -> int:
    attributes = _Ruleset(files, tcp, _SCOPES if supported >= SCOPES else 0)
    # Older kernels refuse a structure with fields that they do not know, even empty ones.
    size = 24 if supported >= SCOPES else 16 if supported >= TCP else 8
    return call(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0)


def _allow_path(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _ON_FILES
        rule = _PathRule(rights, descriptor)
        call(_ADD_RULE, ruleset, _RULE_PATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)
