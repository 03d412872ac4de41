"""Parts of the sandbox that this machine lacks, for the operator: at start and in `/api/system/ready`."""

from collections.abc import Iterator
from typing import Literal

from dlambda.media.sandbox import landlock, seccomp

Mode = Literal["auto", "required", "off"]


def missing_parts(mode: Mode) -> list[str]:
    """A sentence for each part that is not enforced by the kernel; none when all is there."""
    if mode == "off":
        return ["YTP_SANDBOX is off: only Python's own checks hold."]
    return list(_missing(landlock.version()))


def _missing(version: int) -> Iterator[str]:
    if version < landlock.FILES:
        yield "Files are not restricted for native code: needs Landlock (Linux 5.13, switched on)."
    if version < landlock.TCP:
        yield "TCP connections are not restricted for native code: needs Landlock 4 (Linux 6.7)."
    if version < landlock.SCOPES:
        yield "Signals to other processes are not refused: needs Landlock 6 (Linux 6.12)."
    if not seccomp.is_available():
        yield "System calls are not filtered: needs seccomp, on x86_64 or aarch64."
    elif not seccomp.is_available(seccomp.ASK):
        yield "Processes of a worker are not counted: needs Linux 5.9."
