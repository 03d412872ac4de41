"""The warm processes that workers are forked from, one for each release of yt-dlp in use (`child/warm.py`).

A function of a cloud starts its own. On one machine the supervisor starts one for the gateway and the worker.
"""

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping
from multiprocessing.connection import Connection
from typing import IO, Final

from dlambda import unix_socket
from dlambda.deployment import current, per_deployment
from dlambda.media.sandbox.broker import Broker
from dlambda.media.sandbox.environment import python_environment
from dlambda.media.workers.child.warm import CLIENT, FORK, RETIRE
from dlambda.media.ytdlp.release_folder import folders_in_use, path_of_release

_WARM_MODULE = "dlambda.media.workers.child.warm"
IDLE_SECONDS: Final = 45.0
_PATIENCE_SECONDS: Final = 20.0
_INSTALLED: Final = b"\0"  # in the place of a path: a datagram has at least a byte
_MOST_PATH_BYTES: Final = 4096


class _WarmProcess:
    """A process that workers are forked from, at the other end of a control socket.

    With the socket all workers end that were forked by it.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._owner = os.getpid()

    @property
    def usable(self) -> bool:
        return self._owner == os.getpid() and not self.is_gone(0)

    def fork(self, broker: Broker) -> Connection:
        """A connection to a fresh child, which `broker` serves. Raises OSError when the warm process is gone."""
        own_end, child_end = socket.socketpair()
        with child_end:
            try:
                socket.send_fds(self._control, [FORK], [child_end.fileno(), broker.theirs.fileno()])
            except OSError:
                own_end.close()
                raise
        return Connection(own_end.detach())

    def retire(self) -> None:
        """Lets it end with the last of its workers."""
        with contextlib.suppress(OSError):
            self._control.sendall(RETIRE)

    def is_gone(self, timeout_seconds: float) -> bool:
        """True if it has ended, or ends within the timeout: nothing but its end arrives at the socket."""
        poll = select.poll()
        try:
            poll.register(self._control, select.POLLIN)
        except ValueError:  # another thread has let go of it
            return True
        return bool(poll.poll(timeout_seconds * 1000))

    def close(self) -> None:
        """Ends the workers."""
        self._control.close()


class OwnWarmProcess(_WarmProcess):
    """A warm process that this process has started, and that ends with it.

    `release`: the folder of yt-dlp's release that it imports; `""` for the installed one. It ends as well when it had
    nothing to do for `idle_seconds`; 0: never. `output`: where it prints; None: where this process does.
    """

    def __init__(
        self,
        release: str = "",
        idle_seconds: float = 0,
        environ: Mapping[str, str] = os.environ,
        output: IO[bytes] | None = None,
    ) -> None:
        parent_socket, child_socket = socket.socketpair()
        with child_socket:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _WARM_MODULE, str(child_socket.fileno()), str(idle_seconds)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=python_environment(release, environ),
                pass_fds=[child_socket.fileno()],
                start_new_session=True,  # a Ctrl-C in the terminal is for the service, which stops its workers in order
            )
        super().__init__(parent_socket)

    @property
    def pid(self) -> int:
        return self._process.pid

    def introduce(self, client: socket.socket) -> None:
        """Makes `client` another control socket of it. Raises OSError when it is gone."""
        socket.send_fds(self._control, [CLIENT], [client.fileno()])

    def is_gone(self, timeout_seconds: float) -> bool:
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        """Ends it and every worker."""
        super().close()
        if self._owner == os.getpid():
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def take_client(listener: socket.socket) -> tuple[str, socket.socket]:
    """The next one that asks at the socket of `_shared`: the folder of a release, and a control socket to introduce.

    Raises OSError when there is none.
    """
    release, descriptors, _, _ = socket.recv_fds(listener, _MOST_PATH_BYTES, 1)
    return "" if release == _INSTALLED else os.fsdecode(release), socket.socket(fileno=descriptors[0])


def _shared(server: str, release: str) -> _WarmProcess:
    """The one of all processes of this machine, by whoever starts it for them (local/warm_processes.py)."""
    own_end, their_end = socket.socketpair()
    try:
        with their_end, unix_socket.connect(server, _PATIENCE_SECONDS, socket.SOCK_DGRAM) as channel:
            socket.send_fds(channel, [os.fsencode(release) or _INSTALLED], [their_end.fileno()])
    except OSError:
        own_end.close()
        raise
    return _WarmProcess(own_end)


class _WarmProcesses:
    """The warm process of each release of yt-dlp in use, by its folder: one that is gone is replaced by a new one."""

    def __init__(self, idle_seconds: float = 0, server: str = "") -> None:
        """`server`: the socket of who starts them for several processes; empty: this one does."""
        self._idle_seconds = idle_seconds
        self._server = server
        self.running: dict[str, _WarmProcess] = {}
        self._retired: list[_WarmProcess] = []
        self._lock = threading.Lock()

    def usable(self, release: str = "") -> _WarmProcess:
        """The warm process of a release, started unless it runs. Those of releases that no longer serve retire.

        Raises OSError when it cannot be started.
        """
        with self._lock:
            self._retire_others({release, *folders_in_use()})
            warm = self.running.get(release)
            if warm is None or not warm.usable:
                if warm is not None:
                    warm.close()
                warm = self.running[release] = self._begin(release)
            return warm

    def _begin(self, release: str) -> _WarmProcess:
        if self._server:
            return _shared(self._server, release)
        return OwnWarmProcess(release, self._idle_seconds)

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
    return _WarmProcesses(0 if current().hosting.idle_is_free else IDLE_SECONDS, current().settings.warm_socket)


def warm_up() -> None:
    """Starts the warm process unless it runs; returns at once. For whoever will need workers in a moment."""
    warm_processes().usable(path_of_release())


def warm_up_at_start() -> None:
    """Starts the warm process when a function starts, so that its first message need not wait.

    Where it would hold memory for nothing, the first message starts it.
    """
    if current().hosting.idle_is_free:
        warm_up()
