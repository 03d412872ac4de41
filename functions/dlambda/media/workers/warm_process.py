"""The warm processes that workers are forked from, one for each release of yt-dlp in use (`child/warm.py`)."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Collection
from multiprocessing.connection import Connection

from dlambda.deployment import current, per_deployment
from dlambda.media.sandbox.broker import Broker
from dlambda.media.sandbox.environment import python_environment
from dlambda.media.workers.child.warm import RETIRE
from dlambda.media.ytdlp.release_folder import folders_in_use, path_of_release

_WARM_MODULE = "dlambda.media.workers.child.warm"
_IDLE_SECONDS = 45.0


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
