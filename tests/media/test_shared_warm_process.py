"""One warm process for several that need workers, started by whoever looks after them."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from dlambda import unix_socket
from dlambda.media.sandbox.broker import Broker
from dlambda.media.workers import warm_process
from dlambda.media.workers.access import policy_of
from dlambda.media.workers.child.warm import OTHER_JOB
from dlambda.media.ytdlp.worker_jobs import OptionsJob
from local.warm_processes import WarmProcesses
from tests.e2e.api import wait_until
from tests.patience import PATIENCE_SECONDS


class Shared:
    """What the supervisor does, in a thread."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "warm")
        self.log = folder / "yt-dlp.log"
        self._listener = unix_socket.bind(self.path, socket.SOCK_DGRAM)
        self._listener.settimeout(0.05)
        self.processes = WarmProcesses(self._listener, os.environ, self.log)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                self.processes.serve()

    def pid(self) -> int:
        """Of the process with the installed release."""
        return self.processes.running[""].pid

    def children(self) -> str:
        return Path(f"/proc/{self.pid()}/task/{self.pid()}/children").read_text()

    def close(self) -> None:
        """Ends the warm process with its last client."""
        self._ended.set()
        self._thread.join()
        for warm in self.processes.running.values():
            warm.close()
        self._listener.close()


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    with contextlib.closing(Shared(tmp_path)) as shared:
        yield shared


@pytest.fixture
def clients(shared: Shared) -> Iterator[tuple[warm_process._WarmProcesses, ...]]:
    """As the gateway and the worker are."""
    pair = tuple(warm_process._WarmProcesses(server=shared.path) for _ in range(2))
    yield pair
    for processes in pair:
        processes.close()


def _fork(processes: warm_process._WarmProcesses, stack: contextlib.ExitStack) -> Connection:
    broker = stack.enter_context(contextlib.closing(Broker(policy_of(OptionsJob()))))
    return stack.enter_context(processes.usable().fork(broker, OTHER_JOB))


def test_it_is_one_and_the_end_of_one_client_ends_its_workers_alone(
    shared: Shared, clients: tuple[warm_process._WarmProcesses, ...]
) -> None:
    first, second = clients
    with contextlib.ExitStack() as stack:
        _fork(first, stack)
        wait_until(lambda: len(shared.children().split()) == 1, PATIENCE_SECONDS, shared.children)
        remaining = shared.children()
        own = _fork(second, stack)
        wait_until(lambda: len(shared.children().split()) == 2, PATIENCE_SECONDS, shared.children)
        second.close()
        assert own.poll(PATIENCE_SECONDS)  # its end
        wait_until(lambda: shared.children() == remaining, PATIENCE_SECONDS, shared.children)
        pid = shared.pid()
        _fork(second, stack)
        assert shared.pid() == pid


def test_one_that_dies_is_replaced_for_all(shared: Shared, clients: tuple[warm_process._WarmProcesses, ...]) -> None:
    for processes in clients:
        assert not processes.usable().is_gone(0.1)
    pid = shared.pid()
    os.kill(pid, signal.SIGKILL)
    for processes in clients:
        assert processes.running[""].is_gone(PATIENCE_SECONDS)
        assert not processes.usable().is_gone(0.5)
    assert shared.pid() != pid
