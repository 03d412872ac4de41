"""The warm process: yt-dlp is imported and used once, then a child is forked for every job.

Started as a module with a file descriptor, and with the seconds that it stays without a job (0: for ever). Each byte
on a control socket brings the connection for a new child (`FORK`), or another control socket (`CLIENT`). With a
control socket's end the children end that were ordered by it, and whatever they started; with the last one the process.
After `RETIRE`, or when nobody has needed it for that time, it ends with its last child.
"""

import contextlib
import ctypes
import gc
import json
import os
import pickle
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from multiprocessing.connection import Connection

from dlambda.media.sandbox.enter import enter, prepare
from dlambda.media.sandbox.policy import Policy
from dlambda.media.workers.child import all_sites
from dlambda.media.ytdlp import curl_library
from dlambda.media.ytdlp.worker_jobs import DownloadJob, ExtractJob, FetchJob, Job, RecordJob, TerminalJob

FORK = b"+"
RETIRE = b"r"
CLIENT = b"c"
_PR_SET_PDEATHSIG = 1
_NICE_OF_MANY = 10  # a ninth of the processor time of others that want it
# Looked up before any fork: the dynamic loader is no business of a child.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _run(job: Job, policy: Policy, connection: Connection, broker: socket.socket) -> None:
    # yt-dlp is imported here, in `main` and in `_rehearse_page` alone: tools that need none can import this module.
    from dlambda.media.workers.child import (
        child_download,
        child_extract,
        child_fetch,
        child_record,
        child_terminal,
        query_child,
    )

    if isinstance(job, TerminalJob):
        terminal = child_terminal.take_terminal(job.columns)  # no terminal can be made inside the sandbox
        enter(policy, broker)
        child_terminal.run(job, terminal, connection)
        return
    enter(policy, broker)
    if isinstance(job, DownloadJob):
        child_download.run(job, connection)
    elif isinstance(job, ExtractJob):
        child_extract.run(job, connection)
    elif isinstance(job, RecordJob):
        child_record.run(job, connection)
    elif isinstance(job, FetchJob):
        child_fetch.run(job, connection)
    else:
        query_child.run(job, connection)


def _child(connection: Connection, broker: socket.socket, parent: int) -> None:
    """The life of one child; never returns."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
        job, policy = pickle.loads(connection.recv_bytes())  # noqa: S301 sent by our own process over a private socket
        connection.send_bytes(json.dumps({"type": "started", "pid": os.getpid()}).encode())
        if isinstance(job, ExtractJob | DownloadJob) and job.is_one_of_many:
            os.nice(_NICE_OF_MANY)
        _run(job, policy, connection, broker)
    except (BrokenPipeError, EOFError):
        pass  # whoever ordered the job has given it up, as after a timeout on a busy machine
    except BaseException:  # noqa: BLE001 last resort of this process: it says what happened and ends
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stderr.flush()
        # No exit handlers: they belong to the warm process. Threads that still read the network end here too.
        os._exit(0)


def _reap(children: dict[int, socket.socket]) -> None:
    """Collects ended children, and first ends what is left of their groups: the zombie still holds the number."""
    for pid in list(children):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        del children[pid]


@lru_cache(maxsize=1)
def _rehearse_page() -> None:
    """Once, after a child with a page that no site claims: it has waited for what the later ones save.

    A failure (no descriptor, no space for a folder) must not end this process, with which all its workers would die.
    """
    from dlambda.media.workers.child import warmup

    try:
        warmup.rehearse_page()
    except Exception:  # noqa: BLE001 it only costs the speed
        traceback.print_exc()
    _keep_memory_shared()


def _keep_memory_shared() -> None:
    """A collection in a child would write to, and so copy, each page of memory that holds objects."""
    gc.collect()
    gc.freeze()


class _Server:
    """Forks children for whoever holds the other end of a control socket."""

    def __init__(self, control: socket.socket) -> None:
        self._controls = {control}
        self._children: dict[int, socket.socket] = {}  # by pid: the control socket that ordered it
        self._is_retired = False
        self._wake_read, self._wake_write = os.pipe()
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._selector = selectors.DefaultSelector()
        for source in (control, self._wake_read):
            self._selector.register(source, selectors.EVENT_READ)

    def run(self, idle_seconds: float | None) -> None:
        """Serves until the last control socket has ended, or until nothing is left to do for one that is retired."""
        while self._controls and (self._children or not self._is_retired):
            ready = [key.fileobj for key, _ in self._selector.select(None if self._children else idle_seconds)]
            self._is_retired = self._is_retired or not ready
            for source in ready:
                if isinstance(source, socket.socket):
                    self._hear(source)
                else:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake_read, 4096)
                    _reap(self._children)
                    if all_sites.were_loaded():
                        _rehearse_page()
        _end(self._children)

    def _hear(self, control: socket.socket) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        except ConnectionResetError:
            message, descriptors = b"", []
        if not message:
            self._leave(control)
        elif message == RETIRE:
            self._is_retired = True
        elif message == CLIENT:
            client = socket.socket(fileno=descriptors[0])
            client.set_inheritable(False)
            self._controls.add(client)
            self._selector.register(client, selectors.EVENT_READ)
        else:
            self._children[self._fork(descriptors)] = control

    def _leave(self, control: socket.socket) -> None:
        """Ends the children of a client that is gone; they are collected when they have died."""
        self._selector.unregister(control)
        self._controls.discard(control)
        control.close()
        _kill(pid for pid, client in self._children.items() if client is control)

    def _fork(self, descriptors: Sequence[int]) -> int:
        """The pid of a new worker, which has none of what this process serves with."""
        parent = os.getpid()
        pid = os.fork()
        connection, broker = Connection(descriptors[0]), socket.socket(fileno=descriptors[1])
        if pid == 0:
            self._selector.close()
            for control in self._controls:
                control.close()
            os.close(self._wake_read)
            os.close(self._wake_write)
            _child(connection, broker, parent)
        connection.close()
        broker.close()
        return pid


def _kill(children: Iterable[int]) -> None:
    for pid in children:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)  # one that has no group of its own yet


def _end(children: Collection[int]) -> None:
    _kill(children)
    for pid in children:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def main() -> None:
    """Warms up, then serves until the control socket ends."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    curl_library.hide()
    from dlambda.media.workers.child import warmup

    warmup.rehearse()
    prepare()
    _keep_memory_shared()
    _Server(control).run(float(sys.argv[2]) or None)


if __name__ == "__main__":
    main()
