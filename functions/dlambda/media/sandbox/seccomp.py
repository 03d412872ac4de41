"""A filter of system calls, for what Landlock does not know: kinds of sockets, new processes, rarely used kernel parts.

Available without root since Linux 4.14; counting processes needs 5.9. The filter belongs to the thread that installs it
and to whatever that thread starts.
"""

import ctypes
import errno
import platform
import re
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dlambda.media.sandbox.call_numbers import architecture, is_known, machine, number_of, numbers
from dlambda.media.sandbox.syscall import call, forbid_new_privileges

_SET_FILTER: Final = 1
_ACTION_AVAILABLE: Final = 2
_NEW_LISTENER: Final = 1 << 3
# Before, a listener is not told that nobody is left to ask.
_LISTENERS_END: Final = (5, 9)
_CAPABILITIES_VERSION: Final = 0x20080522

ALLOW: Final = 0x7FFF0000
ASK: Final = 0x7FC00000  # the process that holds the listener decides
REFUSE: Final = 0x00050000  # plus the errno
_CLONE_THREAD: Final = 0x00010000
_X32: Final = 0x40000000
_TYPE_MASK: Final = 0xF

# Offsets in `struct seccomp_data`; arguments are 64 bits, of which the filter reads the lower half.
_NUMBER, _ARCHITECTURE, _ARGUMENT, _ARGUMENT_2 = 0, 4, 16, 24
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06

# Parts of the kernel that no worker needs and that have led out of sandboxes, or that reach into other processes.
_REFUSED: Final = (
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
    "mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "open_tree", "move_mount", "fsopen", "fsconfig",
    "fsmount", "fspick", "mount_setattr", "open_by_handle_at", "quotactl", "swapon", "swapoff", "acct",
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "fanotify_init", "lookup_dcookie", "keyctl", "add_key", "request_key", "syslog",
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "iopl", "ioperm",
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "mknod", "mknodat",
    # These change other processes of the same user.
    "setpriority", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr", "ioprio_set",
    "migrate_pages", "move_pages", "process_mrelease",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Calls:
    """The system calls of one sandbox that depend on its policy.

    `sockets`: the types of internet sockets that can be made. `counts_processes`: each new process is asked for at the
    listener. `keeps_session`: the process cannot leave its session or process group, so that one signal ends all.
    """

    sockets: frozenset[int] = frozenset()
    counts_processes: bool = True
    keeps_session: bool = False


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])


@lru_cache(maxsize=2)
def is_available(action: int = ALLOW) -> bool:
    """True if the kernel filters calls, and knows `action` (`ASK` for counting processes)."""
    if not is_known() or (action == ASK and _kernel() < _LISTENERS_END):
        return False
    wanted_action = ctypes.c_uint32(action)
    try:
        call(numbers()["seccomp"], _ACTION_AVAILABLE, 0, ctypes.byref(wanted_action))
    except OSError:
        return False
    return True


def install(calls: Calls) -> int | None:
    """Filters this thread's system calls from now on; the listener's descriptor when processes are counted.

    None where the kernel cannot count, or where a container's runtime has a listener already. Does nothing where the
    kernel has no filters.
    """
    if not is_available():
        return None
    forbid_new_privileges()
    if calls.counts_processes and is_available(ASK):
        try:
            return _set_filter(_assemble(calls, ASK), _NEW_LISTENER)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
    _set_filter(_assemble(calls, ALLOW), 0)
    return None


def install_rules(rules: Mapping[str, int]) -> int:
    """Decides each named system call of this thread by `rules` (name -> action) and allows the others.

    The descriptor at which the calls arrive whose action is `ASK`. Raises OSError where the kernel cannot do it.
    """
    program = _check_machine()
    for name, action in rules.items():
        program += _decide(number_of(name), action)
    forbid_new_privileges()
    return _set_filter(_encode([*program, _return(ALLOW)]), _NEW_LISTENER)


def drop_capabilities() -> None:
    """Root keeps its user id in this thread and what it starts, and none of its powers."""
    if not is_available():
        return
    header, none = struct.pack("=Ii", _CAPABILITIES_VERSION, 0), bytes(24)
    call(numbers()["capset"], header, none)


def prepare(calls: Calls) -> None:
    """Assembles the filter that `install` will take."""
    if is_available():
        _assemble(calls, ASK if is_available(ASK) else ALLOW)


def _set_filter(code: bytes, flags: int) -> int:
    program = _Program(len(code) // 8, code)
    return call(numbers()["seccomp"], _SET_FILTER, flags, ctypes.byref(program))


@lru_cache(maxsize=16)
def _assemble(calls: Calls, new_process: int) -> bytes:
    """The filter's program: each block ends in a decision or goes on to the next one."""
    own_numbers = numbers()
    program = _check_machine()
    for name in _REFUSED:
        if name in own_numbers:
            program += _decide(own_numbers[name], REFUSE | errno.EPERM)
    if calls.keeps_session:
        for name in ("setsid", "setpgid"):
            program += _decide(own_numbers[name], REFUSE | errno.EPERM)
    program += _own_limits(own_numbers["prlimit64"])
    program += _sockets(own_numbers["socket"], calls.sockets)
    if new_process != ALLOW:
        program += _processes(own_numbers, new_process)
    return _encode([*program, _return(ALLOW)])


Instruction = tuple[int, int, int, int]


def _check_machine() -> list[Instruction]:
    """Refuses the calls of another processor's interface, whose numbers differ; then loads the call's number."""
    number_of("socket")
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture()),
        _return(REFUSE | errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine() == "x86_64":
        program += [(_AT_LEAST, 0, 1, _X32), _return(REFUSE | errno.ENOSYS)]
    return program


def _encode(program: Iterable[Instruction]) -> bytes:
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _return(action: int) -> Instruction:
    return (_RETURN, 0, 0, action)


def _decide(number: int, action: int) -> list[Instruction]:
    return [(_EQUAL, 0, 1, number), _return(action)]


def _own_limits(number: int) -> list[Instruction]:
    """Limits of this process (0) alone: others of the same user could be stopped by them."""
    body = [(_LOAD, 0, 0, _ARGUMENT), (_EQUAL, 1, 0, 0), _return(REFUSE | errno.EPERM), _return(ALLOW)]
    return [(_EQUAL, 0, len(body), number), *body]


def _sockets(number: int, types: frozenset[int]) -> list[Instruction]:
    """Internet sockets of `types` alone. Libraries take this errno for a machine without that family."""
    refuse = _return(REFUSE | errno.EAFNOSUPPORT)
    if not types:
        return [(_EQUAL, 0, 1, number), refuse]
    kinds = [instruction for type_ in sorted(types) for instruction in ((_EQUAL, 0, 1, type_), _return(ALLOW))]
    body = [
        (_LOAD, 0, 0, _ARGUMENT),
        (_EQUAL, 2, 0, int(socket.AF_INET)),
        (_EQUAL, 1, 0, int(socket.AF_INET6)),
        refuse,
        (_LOAD, 0, 0, _ARGUMENT_2),
        (_AND, 0, 0, _TYPE_MASK),
        *kinds,
        refuse,
    ]
    return [(_EQUAL, 0, len(body), number), *body]


def _processes(numbers: dict[str, int], action: int) -> list[Instruction]:
    """New processes, but no new threads. The arguments of `clone3` lie in memory that a filter cannot read."""
    plain = [
        instruction for name in ("fork", "vfork") if name in numbers for instruction in _decide(numbers[name], action)
    ]
    body = [
        (_LOAD, 0, 0, _ARGUMENT),
        (_ANY_BIT, 0, 1, _CLONE_THREAD),
        _return(ALLOW),
        _return(action),
    ]
    unreadable = _decide(numbers["clone3"], REFUSE | errno.ENOSYS)
    return [*plain, *unreadable, (_EQUAL, 0, len(body), numbers["clone"]), *body]
