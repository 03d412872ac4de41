"""Runs a program in the namespaces of a process. `python -m tests.security.enter PID PROGRAM ARGUMENT...`

It hands on SIGINT and SIGTERM, and ends as the program does.
"""

import os
import signal
import sys

from tests.security import namespaces


def main(keeper: int, command: list[str]) -> int:
    """Moves this process over, starts `command` and waits for it."""
    folder = os.getcwd()
    _move(keeper)
    os.chdir(folder)
    child = os.fork()
    if child == 0:
        namespaces.end_with_parent(signal.SIGKILL)
        os.execvp(command[0], command)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: os.kill(child, received))
    _, status = os.waitpid(child, 0)
    return abs(os.waitstatus_to_exitcode(status))


def _move(keeper: int) -> None:
    kinds = {
        "net": namespaces.CLONE_NEWNET,
        "pid": namespaces.CLONE_NEWPID,
        "mnt": namespaces.CLONE_NEWNS,
    }
    descriptors = {name: os.open(f"/proc/{keeper}/ns/{name}", os.O_RDONLY) for name in kinds}
    for name, kind in kinds.items():
        namespaces.setns(descriptors[name], kind)
        os.close(descriptors[name])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
