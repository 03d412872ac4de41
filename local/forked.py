"""Processes that are forked in place of being started: what was loaded before is theirs at once, and is in memory once
(docs/decisions/one-machine-memory.md).

Whoever forks has one thread, holds no client, and never returns into its own code in the child.
"""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn

_PR_SET_NAME = 15
_ARENA_MAX = -8  # M_ARENA_MAX of mallopt
_FIRST_DESCRIPTOR = 3
_MOST_DESCRIPTORS = 1 << 20  # where a process may have as many as it likes
_MOST_NAME_BYTES = 15
_ARGUMENTS = slice(45, 47)
"""Where a process' arguments begin and end in memory: fields of /proc/self/stat, counted behind the command's name."""
_ADOPTION_SECONDS = 0.001
_SIGNALS = (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Plan:
    """The description of a forked process. `name` stands in the list of processes; `prepare` runs before `main`."""

    name: str
    main: Callable[[], None]
    environ: Mapping[str, str]
    descriptors: tuple[int, ...] = ()
    prepare: Callable[[], None] | None = None


@dataclass(slots=True)
class Forked:
    """A forked process, with as much of `subprocess.Popen` as is used."""

    pid: int
    stdin: IO[bytes] | None
    returncode: int | None = field(default=None, init=False)

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = self.pid, 0
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end. Raises `subprocess.TimeoutExpired`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(0.005)
        return status

    def terminate(self) -> None:
        """Sends SIGTERM."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


def fork(plan: Plan, log: IO[bytes]) -> Forked:
    """Starts `plan` with `log` as its output, and a pipe as its standard input."""
    write_end, read_end = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _live(plan, write_end, log.fileno())
    os.close(write_end)
    return Forked(pid, os.fdopen(read_end, "wb"))


def fork_together(load: Callable[[], None], starts: Sequence[tuple[Plan, IO[bytes]]]) -> Callable[[], list[Forked]]:
    """Starts the plans, each with its log, from a process that has called `load`: what that loads they share.

    Returns at once. The call of what it returns waits until that process has ended; they are children of this one then,
    which must adopt orphans. What went wrong stands in the first log; fewer come back then, the first ones.
    """
    pipes = [os.pipe() for _ in starts]
    pids_read, pids_write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    loader = os.fork()
    if loader == 0:
        _load_and_fork(load, starts, [read for read, _ in pipes], pids_write)
    for descriptor in (pids_write, *(read for read, _ in pipes)):
        os.close(descriptor)

    def wait() -> list[Forked]:
        with os.fdopen(pids_read) as lines:
            pids = [int(line) for line in lines]
        os.waitpid(loader, 0)  # they are ours from now on
        for _, write in pipes[len(pids) :]:
            os.close(write)
        return [Forked(pid, os.fdopen(write, "wb")) for pid, (_, write) in zip(pids, pipes, strict=False)]

    return wait


def _load_and_fork(
    load: Callable[[], None], starts: Sequence[tuple[Plan, IO[bytes]]], inputs: Sequence[int], pids: int
) -> NoReturn:
    """The life of the process between. The supervisor waits for it, and nobody else is to be told when it is killed."""
    try:
        os.setsid()
        _leave_signals()
        for target in (1, 2):
            os.dup2(starts[0][1].fileno(), target)
        load()
        loader = os.getpid()
        for (plan, log), standard_input in zip(starts, inputs, strict=True):
            pid = os.fork()
            if pid == 0:
                while os.getppid() == loader:
                    time.sleep(_ADOPTION_SECONDS)
                _live(plan, standard_input, log.fileno())
            os.write(pids, f"{pid}\n".encode())
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _live(plan: Plan, standard_input: int, output: int) -> NoReturn:
    """The life of the child. The supervisor's frames below keep its objects alive, so that none closes a descriptor."""
    status = 1
    try:
        os.setsid()
        _leave_signals()
        for source, target in ((standard_input, 0), (output, 1), (output, 2)):
            os.dup2(source, target)
        _close_all_but(plan.descriptors)
        if plan.prepare:
            plan.prepare()
        _set_environ(plan.environ)
        _set_name(plan.name)
        plan.main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _leave_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def _close_all_but(descriptors: Iterable[int]) -> None:
    first = _FIRST_DESCRIPTOR
    for descriptor in sorted(descriptors):
        os.closerange(first, descriptor)
        first = descriptor + 1
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.closerange(first, _MOST_DESCRIPTORS if limit == resource.RLIM_INFINITY else limit)


def _set_environ(environ: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    if arenas := environ.get("MALLOC_ARENA_MAX", ""):
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # the library of some systems has none
        if mallopt and arenas.isdecimal():
            mallopt(_ARENA_MAX, int(arenas))


def _set_name(name: str) -> None:
    """Names this process in lists of processes, where it would stand with the supervisor's command."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NAME, name.encode()[:_MOST_NAME_BYTES], 0, 0, 0)
    begin, end = (int(text) for text in Path("/proc/self/stat").read_text().rpartition(")")[2].split()[_ARGUMENTS])
    words = f"python\0-m\0{name}".encode()
    if begin and len(words) < end - begin:
        ctypes.memmove(begin, words.ljust(end - begin, b"\0"), end - begin)
