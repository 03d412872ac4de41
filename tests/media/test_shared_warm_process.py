"""One warm process for several that need workers, started by whoever looks after them."""

import contextlib
import json
import os
import pickle
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlambda import unix_socket
from dlambda.media.sandbox.broker import Broker
from dlambda.media.workers import warm_process
from dlambda.media.workers.access import policy_of
from dlambda.media.ytdlp.worker_jobs import QuestionsJob
from local.warm_processes import WarmProcesses
from tests.e2e.api import wait_until
from tests.e2e.processes import all_processes
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


def _start(processes: warm_process._WarmProcesses, stack: contextlib.ExitStack) -> int:
    """The pid of a worker that waits for questions."""
    job = QuestionsJob(PATIENCE_SECONDS)
    policy = policy_of(job)
    broker = Broker(policy)
    connection = stack.enter_context(processes.usable().fork(broker))
    connection.send_bytes(pickle.dumps((job, policy)))
    pid = int(json.loads(connection.recv_bytes())["pid"])
    broker.start(pid)
    return pid


def _is_running(pid: int) -> bool:
    return any(process.pid == pid for process in all_processes())


def test_it_is_one_and_the_end_of_one_client_ends_its_workers_alone(
    shared: Shared, clients: tuple[warm_process._WarmProcesses, ...]
) -> None:
    first, second = clients
    with contextlib.ExitStack() as stack:
        workers = _start(first, stack), _start(second, stack)
        warm = shared.pid()
        assert {process.parent for process in all_processes() if process.pid in workers} == {warm}
        second.close()
        wait_until(lambda: not _is_running(workers[1]), PATIENCE_SECONDS, lambda: "it runs on")
        assert _is_running(workers[0])
        _start(second, stack)
        assert shared.pid() == warm


def test_one_that_dies_is_replaced_for_all(shared: Shared, clients: tuple[warm_process._WarmProcesses, ...]) -> None:
    for processes in clients:
        assert not processes.usable().is_gone(0.1)
    pid = shared.pid()
    os.kill(pid, signal.SIGKILL)
    for processes in clients:
        assert processes.running[""].is_gone(PATIENCE_SECONDS)
        assert not processes.usable().is_gone(0.5)
    assert shared.pid() != pid
