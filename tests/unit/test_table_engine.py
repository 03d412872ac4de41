"""How the table engine is kept from others, where the kernel or a container allows less: local/dynoxide.py."""

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dlambda import unix_socket
from local.engines import SocketConnection, serves
from local.template import ROOT
from tests.e2e.processes import all_processes
from tests.listening import ports_of

TOOLS = Path(os.environ.get("DLAMBDA_TOOLS_DIR") or ROOT / ".tools" / "bin")
pytestmark = pytest.mark.skipif(not (TOOLS / "dynoxide").exists(), reason="`make run` installs the engines")

SECCOMP, PROCESS_VM_WRITEV, UNSHARE = 317, 310, 272
_EPERM = 0x00050001


def _deny(numbers: tuple[int, ...]) -> Callable[[], None]:
    """Runs in a new process: these system calls fail there, as they do in some containers."""
    steps = [(0x20, 0, 0, 0)]
    for number in numbers:
        steps += [(0x15, 0, 1, number), (0x06, 0, 0, _EPERM)]
    steps.append((0x06, 0, 0, 0x7FFF0000))
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))

    program = Program(len(steps), code)
    libc = ctypes.CDLL(None, use_errno=True)

    def deny() -> None:
        assert libc.prctl(38, 1, 0, 0, 0) == 0
        assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0

    return deny


class Engine:
    """A started table engine at the Unix socket `path`."""

    def __init__(self, folder: Path, denied: tuple[int, ...], *allowed: str) -> None:
        self.path, self.gaps = str(folder / "tables"), folder / "gaps"
        with unix_socket.bind(self.path) as listener:
            listener.listen()
            number = str(listener.fileno())
            engine = ["--", str(TOOLS / "dynoxide"), "--db-path", str(folder / "t.db")]
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local.dynoxide", number, *allowed, *engine],
                pass_fds=(listener.fileno(),),
                stderr=subprocess.PIPE,
                preexec_fn=_deny(denied),  # noqa: PLW1509
                env=os.environ | {"PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}", "GAPS": str(self.gaps)},
            )

    def pids(self) -> list[int]:
        """The launcher and the engine."""
        mine = self.process.pid
        return [process.pid for process in all_processes() if mine in (process.pid, process.parent)]

    def wait(self) -> None:
        until(lambda: serves(self.path))

    def get(self) -> bytes:
        connection = SocketConnection(self.path, 60)
        connection.request("GET", "/")
        return connection.getresponse().read()


def until(happened: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def running(folder: Path, denied: tuple[int, ...], *allowed: str) -> Iterator[Engine]:
    engine = Engine(folder, denied, *allowed)
    try:
        yield engine
    finally:
        engine.process.kill()
        engine.process.communicate()


@pytest.mark.parametrize("denied", [(), (SECCOMP,), (PROCESS_VM_WRITEV,)], ids=["socket", "no seccomp", "no writing"])
def test_it_answers_by_its_socket_and_has_no_port(tmp_path: Path, denied: tuple[int, ...]) -> None:
    with running(tmp_path, denied) as engine:
        engine.wait()
        assert b"healthy" in engine.get()
        assert len(engine.pids()) == 2
        assert ports_of(engine.pids()) == set()
        assert not engine.gaps.exists()


NOTHING = (SECCOMP, UNSHARE)


def test_where_nothing_keeps_it_apart_it_does_not_start(tmp_path: Path) -> None:
    with running(tmp_path, NOTHING) as engine:
        _, told = engine.process.communicate(timeout=60)
        assert engine.process.returncode == 1
        assert b"YTP_ALLOW_OPEN=true" in told


def test_an_operator_may_allow_it_a_port_and_is_told(tmp_path: Path) -> None:
    with running(tmp_path, NOTHING, "--port-allowed") as engine:
        engine.wait()
        assert b"healthy" in engine.get()
        assert len(ports_of(engine.pids())) == 1
        assert "every user of this machine can use the tables" in engine.gaps.read_text()


@pytest.mark.parametrize("denied", [(), (SECCOMP,)], ids=["socket", "namespace"])
@pytest.mark.parametrize("victim", ["launcher", "engine"])
def test_neither_outlives_the_other(tmp_path: Path, denied: tuple[int, ...], victim: str) -> None:
    with running(tmp_path, denied) as engine:
        engine.wait()
        pids = engine.pids()
        launcher = engine.process.pid
        os.kill(launcher if victim == "launcher" else next(pid for pid in pids if pid != launcher), signal.SIGKILL)
        assert engine.process.wait(60) != 0
        until(lambda: not {process.pid for process in all_processes()} & set(pids))


@pytest.mark.parametrize("denied", [(), (SECCOMP,)], ids=["socket", "namespace"])
def test_it_ends_when_it_is_asked_to(tmp_path: Path, denied: tuple[int, ...]) -> None:
    with running(tmp_path, denied) as engine:
        engine.wait()
        engine.process.terminate()
        assert engine.process.wait(60) == 0


def test_many_clients_at_once_are_all_answered(tmp_path: Path) -> None:
    with running(tmp_path, ()) as engine:
        engine.wait()
        clients = [unix_socket.connect(engine.path, 10) for _ in range(200)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answers = [client.recv(12, socket.MSG_WAITALL) for client in clients]
        for client in clients:
            client.close()
        assert answers == [b"HTTP/1.1 200"] * 200
