"""Lets a program touch named files and folders alone (Landlock, Linux 5.13, no root needed).

What counts is where a path leads: a link in an allowed folder to a file elsewhere is refused.
"""

import ctypes
import os
from collections.abc import Callable, Mapping
from enum import IntFlag
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_libc = ctypes.CDLL(None, use_errno=True)


class Right(IntFlag):
    """What may be done; the kernel's numbers."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    REFER = 1 << 13
    TRUNCATE = 1 << 14


LIBRARY = (
    Right.READ_FILE | Right.WRITE_FILE | Right.READ_DIR | Right.MAKE_DIR | Right.MAKE_REG
    | Right.REMOVE_DIR | Right.REMOVE_FILE | Right.REFER | Right.TRUNCATE
)  # fmt: skip
"""Files and folders, but no links and no devices."""
_OF_FILES = Right.EXECUTE | Right.READ_FILE | Right.WRITE_FILE | Right.TRUNCATE
_HANDLED_BY = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}  # version -> the rights that it knows


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """What this kernel knows of it; 0 without it."""
    answer: int = _libc.syscall(_CREATE, None, 0, _VERSION)
    return max(0, answer)


def confinement(allowed: Mapping[Path, Right]) -> Callable[[], None] | None:
    """What a new process calls before it becomes the program. None where the kernel knows no Landlock.

    Paths that do not exist are left out.
    """
    known = version()
    if not known:
        return None
    handled = _HANDLED_BY[min(known, max(_HANDLED_BY))]
    attributes = _Ruleset(handled)
    ruleset = _checked(_libc.syscall(_CREATE, ctypes.byref(attributes), ctypes.sizeof(attributes), 0))
    for path, rights in allowed.items():
        if path.exists():
            _allow(ruleset, path, int(rights if path.is_dir() else rights & _OF_FILES) & handled)

    def confine() -> None:
        _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _checked(_libc.syscall(_RESTRICT, ruleset, 0))

    return confine


def _allow(ruleset: int, path: Path, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(rights, descriptor)
        _checked(_libc.syscall(_ADD, ruleset, _BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(descriptor)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result
