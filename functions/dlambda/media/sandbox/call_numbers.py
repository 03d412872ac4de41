"""The numbers of system calls, which differ by the processor."""

import errno
import platform
from typing import Final

_SINCE_5: Final = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435, "pidfd_getfd": 438,
    "process_madvise": 440, "mount_setattr": 442, "process_mrelease": 448,
}  # fmt: skip
_X86_64: Final = {
    "socket": 41, "connect": 42, "accept": 43, "bind": 49,
    "clone": 56, "fork": 57, "vfork": 58, "ptrace": 101, "syslog": 103, "setpgid": 109, "setsid": 112,
    "mknod": 133, "pivot_root": 155, "adjtimex": 159, "chroot": 161, "acct": 163, "settimeofday": 164, "mount": 165,
    "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170, "setdomainname": 171,
    "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179, "lookup_dcookie": 212,
    "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250, "mknodat": 259,
    "unshare": 272, "perf_event_open": 298, "fanotify_init": 300, "open_by_handle_at": 304, "clock_adjtime": 305,
    "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313,
    "seccomp": 317, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323, "capset": 126, "setpriority": 141,
    "accept4": 288, "sched_setparam": 142, "sched_setscheduler": 144, "sched_setaffinity": 203, "ioprio_set": 251,
    "migrate_pages": 256, "move_pages": 279, "prlimit64": 302, "sched_setattr": 314, **_SINCE_5,
}  # fmt: skip
_AARCH64: Final = {
    "lookup_dcookie": 18, "mknodat": 33, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60,
    "acct": 89, "unshare": 97, "kexec_load": 104, "init_module": 105, "delete_module": 106, "clock_settime": 112,
    "syslog": 116, "ptrace": 117, "reboot": 142, "setpgid": 154, "setsid": 157, "sethostname": 161,
    "setdomainname": 162, "settimeofday": 170, "adjtimex": 171, "socket": 198,
    "bind": 200, "accept": 202, "connect": 203, "add_key": 217, "request_key": 218,
    "keyctl": 219, "clone": 220, "swapon": 224, "swapoff": 225, "perf_event_open": 241, "fanotify_init": 262,
    "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271,
    "kcmp": 272, "finit_module": 273, "seccomp": 277, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
    "accept4": 242,
    "ioprio_set": 30, "capset": 91, "sched_setparam": 118, "sched_setscheduler": 119, "sched_setaffinity": 122,
    "setpriority": 140, "migrate_pages": 238, "move_pages": 239, "prlimit64": 261, "sched_setattr": 274, **_SINCE_5,
}  # fmt: skip
_MACHINES: Final = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}


def machine() -> str:
    """The kind of processor, as the tables name it."""
    return platform.machine()


def is_known() -> bool:
    """True if there is a table for this machine."""
    return machine() in _MACHINES


def architecture() -> int:
    """The kernel's number of this machine's interface (`AUDIT_ARCH_...`)."""
    return _MACHINES[machine()][0]


def numbers() -> dict[str, int]:
    """The table of this machine."""
    return _MACHINES[machine()][1]


def number_of(name: str) -> int:
    """The number of a system call on this machine. Raises OSError on machines that the tables lack."""
    if not is_known():
        raise OSError(errno.ENOSYS, f"not for {machine()}")
    return numbers()[name]
