"""Linux namespaces by system calls alone, so that no package beyond Python is needed (root is)."""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
_MS_REC, _MS_PRIVATE, _MS_BIND = 0x4000, 0x40000, 0x1000
_PR_SET_PDEATHSIG = 1
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _SIOCSIFADDR, _SIOCSIFNETMASK = 0x8913, 0x8914, 0x8916, 0x891C
_IFF_UP = 0x1
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Gives the calling thread namespaces of its own; a PID namespace begins with its next child."""
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """Moves the calling thread into the namespace behind `descriptor`."""
    _check(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str, flags: int) -> None:
    """mount(2)."""
    result = _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), None)
    _check(result, f"mount {target}")


def keep_mounts_private() -> None:
    """What this mount namespace mounts from here on stays in it."""
    mount("none", "/", "", _MS_REC | _MS_PRIVATE)


def bind(source: Path, target: str) -> None:
    """Shows `source` at `target`, which must exist."""
    mount(str(source), target, "", _MS_BIND)


def mount_proc() -> None:
    """Shows the processes of this PID namespace in /proc."""
    mount("proc", "/proc", "proc", 0)


def end_with_parent(signal_number: int) -> None:
    """The kernel sends `signal_number` to this process when its parent ends, however that happens."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl")


def bring_up_loopback(addresses: tuple[str, ...]) -> None:
    """Starts `lo` of this network namespace, with further IPv4 `addresses`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
        for number, address in enumerate(addresses):
            name = f"lo:{number}".encode()
            fcntl.ioctl(control, _SIOCSIFADDR, _address_request(name, address))
            fcntl.ioctl(control, _SIOCSIFNETMASK, _address_request(name, "255.255.255.255"))


def _address_request(name: bytes, address: str) -> bytes:
    return struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton(address))


@contextmanager
def inside_network(descriptor: int) -> Iterator[None]:
    """The calling thread opens its sockets, and starts its programs, in another network namespace."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(descriptor, CLONE_NEWNET)
        try:
            yield
        finally:
            setns(own, CLONE_NEWNET)
    finally:
        os.close(own)
