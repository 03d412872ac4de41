"""Child processes that never outlive us: their own groups, a signal when we die, an order in which they end."""

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn

from local.forked import Forked, Plan, fork, fork_together

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_LOG_LIMIT_BYTES = 10 * 1024 * 1024
_LAST_LINES = 5
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 10.0
# A process that ran so long before it ended is started again without a wait.
_STEADY_SECONDS = 30.0


def adopt_orphans() -> None:
    """Grandchildren whose parent dies become ours (Linux), so that we can end them."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _follow(parent: int, death_signal: int, confine: Callable[[], None] | None) -> Callable[[], None] | None:
    """Runs in the new process: it gets `death_signal` when its parent is gone, even by SIGKILL."""
    if _LIBC is None:
        return None
    libc = _LIBC

    def follow() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)
        if confine:
            confine()

    return follow


@dataclass(slots=True)
class Child:
    """A process that is kept running: a program, or one of our own (`main`). `kind` is what a person calls it."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    kind: str = ""
    descriptors: tuple[int, ...] = ()
    # Our own processes wait at their standard input for the word that all is there, and end when it closes.
    main: Callable[[], None] | None = None
    # It is started when somebody connects to this socket, and not before.
    demand: socket.socket | None = None
    # Called in the new process before it becomes the program.
    confine: Callable[[], None] | None = None
    process: subprocess.Popen[bytes] | Forked | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    restart_at: float = field(default=0.0, init=False)
    ends: int = field(default=0, init=False)
    _wait: float = field(default=0.0, init=False)

    @property
    def is_due(self) -> bool:
        """True if it does not run and should."""
        return self.process is None and self.restart_at <= time.monotonic() and self._is_wanted()

    def _is_wanted(self) -> bool:
        return self.demand is None or bool(select.select([self.demand], [], [], 0)[0])

    def start(self) -> None:
        with self.open_log() as output:
            self.note_start(fork(self.plan(self.main), output) if self.main else self._run(output))

    def note_start(self, process: subprocess.Popen[bytes] | Forked) -> None:
        """Remembers the process that runs from now on."""
        self.process = process
        self.started = time.monotonic()
        self.restart_at = 0.0

    def open_log(self) -> IO[bytes]:
        """The log, for more output."""
        _rotate(self.log)
        return self.log.open("ab")

    def _run(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=self.descriptors,
            start_new_session=True,
            # The supervisor has one thread, so that running code between fork and exec is safe.
            preexec_fn=_follow(os.getpid(), signal.SIGKILL, self.confine),  # noqa: PLW1509
        )

    def plan(self, main: Callable[[], None]) -> Plan:
        """How the process is forked; `main` is its own."""
        follow = _follow(os.getpid(), signal.SIGTERM, None)
        return Plan(f"local.{self.name}", main, self.environ, self.descriptors, follow)

    def go(self) -> None:
        """Tells a guided process that what it needs is there."""
        if self.process and self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write(b"\n")
                self.process.stdin.flush()

    def ended(self) -> int | None:
        """The exit status, once, when the process has ended; then `restart_at` says when to start it again."""
        if self.process is None or (status := self.process.poll()) is None:
            return None
        self.kill_group()
        self.ends += 1
        steady = time.monotonic() - self.started > _STEADY_SECONDS
        self._wait = (
            _FIRST_WAIT_SECONDS if steady else min(max(self._wait * 2, _FIRST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS)
        )
        self.restart_at = time.monotonic() + self._wait
        self.forget()
        return status

    def last_lines(self) -> str:
        """The last lines of its output, for a person who asks why it ended."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:])

    def forget(self) -> None:
        """Lets go of the process, which has ended."""
        if self.process and self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        self.process = None

    def terminate(self) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def kill_group(self) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


@contextlib.contextmanager
def start_together(load: Callable[[], None], children: Sequence[Child]) -> Iterator[None]:
    """Starts processes of our own, which share the memory of what `load` loads (`fork_together`), beside the body."""
    with contextlib.ExitStack() as logs:
        starts = [(child.plan(child.main), logs.enter_context(child.open_log())) for child in children if child.main]
        wait = fork_together(load, starts)
    try:
        yield
    finally:
        for child, process in zip(children, wait(), strict=False):
            child.note_start(process)


def end(children: Iterable[Child], patience_seconds: float) -> None:
    """Asks all to end, waits together, then ends their groups."""
    running = [child for child in children if child.process]
    for child in running:
        child.terminate()
    deadline = time.monotonic() + patience_seconds
    for child in running:
        assert child.process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.0, deadline - time.monotonic()))
        child.kill_group()
        child.process.wait()


def descendants(root: int) -> list[int]:
    """All processes below `root`, whatever their groups; only where /proc tells."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, stat_fields = entry.parent.name, entry.read_text(errors="replace").rpartition(")")[2].split()
            children.setdefault(int(stat_fields[1]), []).append(int(pid))
    pids: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        pids += below
        waiting += below
    return pids


def end_descendants() -> None:
    """Ends whatever is left below us; a few rounds, since an orphan's children come up one level at a time."""
    for _ in range(5):
        pids = descendants(os.getpid())
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        _collect(pids)


def leave() -> NoReturn:
    """Ends this process at once, and then all that it started. In this order, without handlers that are still running:
    one that saw its child end would take that for a failure of the item.
    """
    below, parent = descendants(os.getpid()), os.getpid()
    if below and os.fork() == 0:
        while os.getppid() == parent:
            time.sleep(0.002)
        for pid in below:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _collect(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def collect_orphans(own: Iterable[int]) -> None:
    """Collects ended processes that we adopted, and leaves our own children to `Child.ended`."""
    if not hasattr(os, "waitid"):
        return
    own_pids = set(own)
    with contextlib.suppress(ChildProcessError):
        while True:
            child = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if child is None or child.si_pid in own_pids:
                return
            os.waitpid(child.si_pid, 0)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(log.suffix + ".1"))
