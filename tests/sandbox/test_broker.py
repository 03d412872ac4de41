"""Sandboxed Python reaches the network by connections that its parent makes, and only to addresses that were checked."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from dlambda.domain.web.urls import INTERNAL_TEXT
from dlambda.media.sandbox.policy import Network
from tests.patience import PATIENCE_SECONDS
from tests.sandbox.conftest import Attempt

_TRY = """
import socket, urllib.request
try:
    {call}
except OSError as error:
    answer["error"] = type(error).__name__
    answer["text"] = str(error)
"""


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(connection.recv(100))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "call",
    [
        "socket.create_connection(('127.0.0.1', 9), 1)",
        "socket.create_connection(('localhost', 9), 1)",
        "socket.create_connection(('::1', 9), 1)",
        "socket.create_connection(('::ffff:127.0.0.1', 9), 1)",
        "socket.create_connection(('0.0.0.0', 9), 1)",
        "socket.create_connection(('169.254.169.254', 80), 1)",
        "socket.socket().connect(('10.0.0.1', 80))",
        "socket.socket().connect(('2130706433', 80))",
        "socket.socket().connect(('localhost', 9))",
        "urllib.request.urlopen('http://127.0.0.1:9/')",
        "urllib.request.urlopen('http://[::1]:9/')",
    ],
)
def test_no_internal_address_is_connected_to(attempt: Attempt, call: str) -> None:
    answer = attempt(_TRY.format(call=call), network=Network.BROKER)
    assert INTERNAL_TEXT in answer["text"]


def test_the_parent_checks_what_a_worker_without_any_check_asks_for(attempt: Attempt, echo: int) -> None:
    """A worker that was taken over asks by itself, past everything that runs in it."""
    code = f"""
import json, socket
from dlambda.media.sandbox import brokered
broker = brokered.socket.socket.connect.__closure__
client = next(cell.cell_contents for cell in broker if type(cell.cell_contents).__name__ == "_Client")
try:
    client.ask({{"do": "connect", "address": ["127.0.0.1", {echo}]}})
except OSError as error:
    answer["error"] = type(error).__name__
"""
    assert attempt(code) == {"error": "InternalAddress"}


@pytest.mark.parametrize(
    "address", [["localhost", 80], ["", 80], ["127.0.0.1\0", 80], ["evil.test", 80], [None, 80], []]
)
def test_an_address_that_is_none_is_refused(attempt: Attempt, address: list[object]) -> None:
    code = f"""
import socket
client = next(
    cell.cell_contents for cell in socket.socket.connect.__closure__ if type(cell.cell_contents).__name__ == "_Client"
)
try:
    client.ask({{"do": "connect", "address": {address!r}}})
except OSError as error:
    answer["error"] = type(error).__name__
"""
    assert attempt(code)["error"] in ("InternalAddress", "ConnectionRefusedError")


def test_a_connection_works_like_any_other(attempt: Attempt, echo: int) -> None:
    code = f"""
import socket
with socket.create_connection(("127.0.0.1", {echo}), 5) as connection:
    connection.sendall(b"hello")
    answer["text"] = connection.recv(100).decode()
    answer["peer"] = connection.getpeername()[0]
    answer["timeout"] = connection.gettimeout()
"""
    assert attempt(code, allow_internal=True) == {"text": "hello", "peer": "127.0.0.1", "timeout": 5}


def test_many_threads_connect_at_once(attempt: Attempt, echo: int) -> None:
    code = f"""
import socket
from concurrent.futures import ThreadPoolExecutor
def one(number):
    with socket.create_connection(("127.0.0.1", {echo}), 20) as connection:
        connection.sendall(b"%d" % number)
        return connection.recv(100) == b"%d" % number
with ThreadPoolExecutor(32) as pool:
    answer["right"] = sum(pool.map(one, range(200)))
"""
    assert attempt(code, allow_internal=True) == {"right": 200}


def test_names_are_looked_up_by_the_parent(attempt: Attempt) -> None:
    code = """
import socket
rows = socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
answer["rows"] = [[row[0].name, row[4][0]] for row in rows]
try:
    socket.getaddrinfo("no-such-name.invalid", 80)
except socket.gaierror:
    answer["missing"] = True
"""
    answer = attempt(code)
    assert ["AF_INET", "127.0.0.1"] in answer["rows"]
    assert answer["missing"]


def test_errors_of_the_network_are_those_of_a_socket(attempt: Attempt) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        answer = attempt(_TRY.format(call=f"socket.create_connection(('127.0.0.1', {port}), 5)"), allow_internal=True)
    assert answer["error"] == "ConnectionRefusedError"


def test_only_one_family_can_be_asked_for(attempt: Attempt, echo: int) -> None:
    """As `--force-ipv4` does: it binds to any address of the family first."""
    code = f"""
import socket
with socket.create_connection(("127.0.0.1", {echo}), 5, source_address=("0.0.0.0", 0)) as connection:
    connection.sendall(b"x")
    answer["text"] = connection.recv(1).decode()
"""
    assert attempt(code, allow_internal=True) == {"text": "x"}


def test_nothing_stays_open_in_the_parent(attempt: Attempt) -> None:
    others = set(threading.enumerate())  # of warm processes, which live on

    def open_after(attempts: int) -> int:
        for _ in range(attempts):
            attempt("answer['ok'] = True")
        for thread in set(threading.enumerate()) - others:
            if thread.name.startswith(("broker-", "processes-")):
                thread.join(PATIENCE_SECONDS)
        return len(os.listdir("/proc/self/fd"))

    before = open_after(1)
    assert open_after(5) <= before


def test_memory_that_is_hidden_cannot_be_read_by_the_same_user() -> None:
    """As where the kernel has no Landlock: root reads it all the same, so another user looks."""
    code = """
import os, sys
from dlambda.media.sandbox.syscall import hide_memory
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
child = os.fork()
if child == 0:
    hide_memory()
    os.write(1, b"ready\\n")
    sys.stdin.read()
    os._exit(0)
os.read(0, 1)
try:
    open(f"/proc/{child}/environ").read()
except PermissionError:
    print("refused")
os.kill(child, 9)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        output, _ = process.communicate("x", timeout=30)
    assert output.strip() == "refused"
