"""Worker processes for yt-dlp: forked from one warm process, each in a process group of its own.

A started Python with yt-dlp needs 0.9 s, a fork of a warm one 0.01 s. The warm process (`warm.py`) has one
thread and holds no client of ours, so its forks are safe; the process that asks may have as many threads as it likes.
A worker ends with its work, when its group is killed, or when the process that asked for it dies.
"""

import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from dlambda.deployment import current, per_deployment
from dlambda.errors import Unavailable
from dlambda.media.sandbox.broker import Broker
from dlambda.media.sandbox.enter import protect_parent
from dlambda.media.sandbox.environment import python_environment
from dlambda.media.sandbox.policy import Policy
from dlambda.media.workers.access import policy_of
from dlambda.media.workers.child.warm import OTHER_JOB, READS_PAGES, RETIRE
from dlambda.media.workers.own_services import with_aliases
from dlambda.media.ytdlp.release_folder import folders_in_use, path_of_release
from dlambda.media.ytdlp.worker_jobs import ExtractJob, Job, Question

_WARM_MODULE = "dlambda.media.workers.child.warm"
_START_SECONDS = 60.0
_MOST_STARTS = 3
_DYING_SECONDS = 1.0
_IDLE_SECONDS = 45.0


class Worker:
    """A running worker process. Messages are JSON objects; the job went in pickled when it was started."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ended = False
        self.pid = 0

    @property
    def ended(self) -> bool:
        """True once everything that it sent has been read and its process is gone."""
        return self._ended

    def receive(self, timeout_seconds: float) -> dict[str, Any] | None:
        """The next message; None when there is none in time, or when the worker has ended."""
        if self._ended:
            return None
        try:
            if not self._connection.poll(max(0.0, timeout_seconds)):
                return None
            message: dict[str, Any] = json.loads(self._connection.recv_bytes())
        except (EOFError, OSError):
            self._ended = True
            self._connection.close()
            return None
        return message

    def send(self, message: dict[str, Any]) -> None:
        """Answers a question of the worker; in vain when it has ended."""
        with contextlib.suppress(OSError):
            self._connection.send_bytes(json.dumps(message).encode())

    def ask(self, question: Question, timeout_seconds: float) -> dict[str, Any] | None:
        """The answer of a worker that takes questions; None when it has ended, or gives none in time."""
        with contextlib.suppress(OSError):
            self._connection.send_bytes(pickle.dumps(question))
        return self.receive(timeout_seconds)

    def interrupt(self) -> None:
        """Asks it to stop in its own way."""
        if self.pid and not self._ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Ends its whole process group at once and waits until it is gone."""
        if self.pid and not self._ended:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._drain()

    def wait_gone(self, timeout_seconds: float = 2.0) -> None:
        """Waits until no process of the group is left (the warm process collects them)."""
        end = time.monotonic() + timeout_seconds
        while self.pid and time.monotonic() < end:
            try:
                os.killpg(self.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.002)

    def _drain(self) -> None:
        end = time.monotonic() + 5
        while not self._ended and time.monotonic() < end:
            self.receive(end - time.monotonic())
        if not self._ended:
            self._ended = True
            self._connection.close()


class _WarmProcess:
    """The process that workers are forked from; it ends when its control socket closes.

    `release`: the folder of yt-dlp's release that it imports; `""` for the installed one. It ends as well when it had
    nothing to do for `idle_seconds`; 0: never.
    """

    def __init__(self, release: str = "", idle_seconds: float = 0) -> None:
        parent_socket, child_socket = socket.socketpair()
        with child_socket:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _WARM_MODULE, str(child_socket.fileno()), str(idle_seconds)],
                stdin=subprocess.DEVNULL,
                env=python_environment(release),
                pass_fds=[child_socket.fileno()],
                start_new_session=True,  # a Ctrl-C in the terminal is for the service, which stops its workers in order
            )
        self._control = parent_socket
        self._owner = os.getpid()

    @property
    def usable(self) -> bool:
        return self._owner == os.getpid() and self._process.poll() is None

    def fork(self, broker: Broker, kind: bytes) -> Connection:
        """A connection to a fresh child, which `broker` serves. Raises OSError when the warm process is gone.

        `kind`: `READS_PAGES` or `OTHER_JOB`.
        """
        own_end, child_end = socket.socketpair()
        with child_end:
            try:
                socket.send_fds(self._control, [kind], [child_end.fileno(), broker.theirs.fileno()])
            except OSError:
                own_end.close()
                raise
        return Connection(own_end.detach())

    def retire(self) -> None:
        """Lets it end with the last of its workers."""
        with contextlib.suppress(OSError):
            self._control.sendall(RETIRE)

    def is_gone(self, timeout_seconds: float) -> bool:
        """True if it has ended, or ends within the timeout."""
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        """Ends it and every worker."""
        self._control.close()
        if self._owner == os.getpid():
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


class _WarmProcesses:
    """The warm process of each release of yt-dlp in use, by its folder: one that is gone is replaced by a new one."""

    def __init__(self, idle_seconds: float = 0) -> None:
        self._idle_seconds = idle_seconds
        self.running: dict[str, _WarmProcess] = {}
        self._retired: list[_WarmProcess] = []
        self._lock = threading.Lock()

    def usable(self, release: str = "") -> _WarmProcess:
        """The warm process of a release, started unless it runs. Those of releases that no longer serve retire."""
        with self._lock:
            self._retire_others({release, *folders_in_use()})
            warm = self.running.get(release)
            if warm is None or not warm.usable:
                if warm is not None:
                    warm.close()
                warm = self.running[release] = _WarmProcess(release, self._idle_seconds)
            return warm

    def discard(self, warm: _WarmProcess) -> None:
        """Lets go of one that is gone; one that another thread has started meanwhile stays."""
        with self._lock:
            self.running = {release: process for release, process in self.running.items() if process is not warm}
        warm.close()

    def close(self) -> None:
        """Ends them and all workers of this process."""
        with self._lock:
            for warm in (*self.running.values(), *self._retired):
                warm.close()
            self.running.clear()
            self._retired.clear()

    def _retire_others(self, releases: Collection[str]) -> None:
        """Retires all but those of `releases`. Their workers end in peace: they keep the version they began with."""
        for release in self.running.keys() - releases:
            warm = self.running.pop(release)
            warm.retire()
            self._retired.append(warm)
        dead = [warm for warm in self._retired if warm.is_gone(0)]
        self._retired = [warm for warm in self._retired if warm not in dead]
        for warm in dead:
            warm.close()


@per_deployment
def warm_processes() -> _WarmProcesses:
    """The warm processes of this deployment, from which workers are forked.

    They end when nobody needs them, where memory counts that nobody uses: each holds 60 MB.
    """
    return _WarmProcesses(0 if current().hosting.idle_is_free else _IDLE_SECONDS)


def warm_up() -> None:
    """Starts the warm process unless it runs; returns at once. For whoever will need workers in a moment."""
    warm_processes().usable(path_of_release())


def warm_up_at_start() -> None:
    """Starts the warm process when a function starts, so that its first message need not wait.

    Where it would hold memory for nothing, the first message starts it.
    """
    if current().hosting.idle_is_free:
        warm_up()


def start_worker(job: Job, release: str | None = None) -> Worker:
    """A worker that has begun `job`, with a release of yt-dlp (None: the one that serves).

    Raises `Unavailable` when none can be started.
    """
    protect_parent()
    job, aliases = with_aliases(job)
    policy = replace(policy_of(job), aliases=aliases)
    for _attempt in range(_MOST_STARTS):
        if worker := _try_to_start(job, policy, path_of_release(release)):
            return worker
    raise Unavailable("The download worker could not be started.")


def _try_to_start(job: Job, policy: Policy, release_folder: str) -> Worker | None:
    """A fork of the warm process that has begun `job`; None when that process is gone, or its fork does not answer."""
    processes = warm_processes()
    warm = processes.usable(release_folder)
    broker = Broker(policy)
    try:
        connection = warm.fork(broker, READS_PAGES if isinstance(job, ExtractJob) else OTHER_JOB)
        connection.send_bytes(pickle.dumps((job, policy)))
    except OSError:
        broker.close()
        processes.discard(warm)
        return None
    worker = Worker(connection)
    hello = worker.receive(_START_SECONDS)
    if hello is not None:
        worker.pid = int(hello["pid"])
        broker.start(worker.pid)
        return worker
    broker.close()
    # Dead, or dying: for a moment it still takes what is sent to it.
    if warm.is_gone(_DYING_SECONDS):
        processes.discard(warm)
    return None
