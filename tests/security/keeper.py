"""A process that keeps namespaces alive: network, mounts, processes. `python -m tests.security.keeper FOLDER ADDRESS...`

Its child is the first process of the PID namespace: when it ends, the kernel ends every process in there. It ends when
its standard input does, or with its parent, so nothing is left behind by a test run that was killed.
"""

import os
import signal
import sys
from pathlib import Path

from tests.security import namespaces

_RESOLVER_FILES = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:2 attempts:2\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
}


def main(folder: Path, addresses: tuple[str, ...]) -> int:
    """Makes the namespaces, tells the process id of the first process in them, and waits."""
    namespaces.end_with_parent(signal.SIGKILL)
    namespaces.unshare(namespaces.CLONE_NEWNET | namespaces.CLONE_NEWNS | namespaces.CLONE_NEWPID)
    namespaces.keep_mounts_private()
    namespaces.bring_up_loopback(addresses)
    _show_resolver_files(folder)
    ready, tell = os.pipe()
    first = os.fork()
    if first == 0:
        _be_first_process(tell)
    os.close(tell)
    if not os.read(ready, 1):
        return 1  # the child said why
    print(first, flush=True)
    sys.stdin.buffer.read()
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    return 0


def _show_resolver_files(folder: Path) -> None:
    """Names are asked of 127.0.0.1 alone, whatever the machine itself does."""
    for target, text in _RESOLVER_FILES.items():
        if os.path.exists(target):
            source = folder / os.path.basename(target)
            source.write_text(text)
            namespaces.bind(source, target)
    for cache in ("/run/nscd", "/var/run/nscd"):
        if os.path.isdir(cache):
            empty = folder / "nothing"
            empty.mkdir(exist_ok=True)
            namespaces.bind(empty, cache)


def _be_first_process(tell: int) -> None:
    """Writes to `tell` once all is there; then waits for orphans for ever, as the first process of a system does."""
    namespaces.end_with_parent(signal.SIGKILL)
    namespaces.mount_proc()
    os.write(tell, b"1")
    os.close(tell)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            signal.sigtimedwait([signal.SIGCHLD], 0.5)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), tuple(sys.argv[2:])))
