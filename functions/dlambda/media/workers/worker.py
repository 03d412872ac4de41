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
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from dlambda.errors import Unavailable
from dlambda.media.sandbox.broker import Broker
from dlambda.media.sandbox.enter import protect_parent
from dlambda.media.sandbox.policy import Policy
from dlambda.media.workers.access import policy_of
from dlambda.media.workers.own_services import with_aliases
from dlambda.media.workers.warm_process import warm_processes
from dlambda.media.ytdlp.release_folder import path_of_release
from dlambda.media.ytdlp.worker_jobs import Job, Question

_START_SECONDS = 60.0
_MOST_STARTS = 3
_DYING_SECONDS = 1.0


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
    try:
        warm = processes.usable(release_folder)
    except OSError:
        return None
    broker = Broker(policy)
    try:
        connection = warm.fork(broker)
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
