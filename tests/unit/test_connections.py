"""Limits on connections, against a real server on loopback: what is too much, too large or too slow ends."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from local.gateway.asgi import answer
from local.gateway.connections import Connections, Limits, wait_for_reader
from local.gateway.joined_writes import joined_writes, offer
from local.gateway.process import _config, _Server
from local.gateway.wsgi import PIECE_BYTES
from local.ports import listen
from tests.patience import PATIENCE_SECONDS
from tests.stack import forget_settings

SHORT = Limits(
    connections=8,
    connections_per_client=6,
    sockets=3,
    sockets_per_client=2,
    head_seconds=0.3,
    head_bytes=32 * 1024,
    url_bytes=4 * 1024,
    headers=50,
    body_seconds=0.3,
    body_rate=100_000,
    reader_seconds=0.5,
    close_seconds=0.3,
)
LARGE = PIECE_BYTES * 500
HEAD = b"GET /small HTTP/1.1\r\nHost: x\r\n"
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def _app(scope: MutableMapping[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """`/small` answers its body's length, `/large` a lot, `/film` the same to a patient server; sockets get a lot."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        with contextlib.suppress(Exception):
            while True:
                await send({"type": "websocket.send", "bytes": bytes(PIECE_BYTES)})
                await asyncio.sleep(0)
        return
    if scope["path"] == "/joined":
        with joined_writes(scope):
            await answer(send, 200, body=b"joined")
            return
    if scope["path"] == "/small":
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            length += len(message["body"])
            more = message["more_body"]
        await answer(send, 200, body=str(length).encode())
        return
    if scope["path"] == "/film":
        wait_for_reader(scope, 3600)
    if scope["path"] == "/slow":
        await asyncio.sleep(1)
        await answer(send, 200)
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(LARGE // PIECE_BYTES):
        await send({"type": "http.response.body", "body": bytes(PIECE_BYTES), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@dataclass
class Served:
    """A running server."""

    port: int
    connections: Connections
    host: str = "127.0.0.1"

    def connect(self, local: str = "127.0.0.1", receive_bytes: int = 0) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        connection = socket.socket(family)
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.settimeout(PATIENCE_SECONDS)
        if family is socket.AF_INET:
            connection.bind((local, 0))
        connection.connect((self.host, self.port))
        return connection

    def wait_empty(self) -> None:
        """Until no connection is left."""
        for _ in range(3000):
            if not len(self.connections):
                return
            threading.Event().wait(0.02)
        raise AssertionError(f"{len(self.connections)} connections are left")


@contextlib.contextmanager
def serving(limits: Limits, host: str = "127.0.0.1") -> Iterator[Served]:
    """A server with these limits, in a thread, on the gateway's kind of loop."""
    connections = Connections(limits)
    listener = listen(host, 0)
    server = _Server(_config(_app, connections))

    async def run() -> None:
        watch = asyncio.ensure_future(connections.watch(0.02))
        await server.serve([listener])
        watch.cancel()

    def run_in_thread() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())

    served = Served(listener.getsockname()[1], connections, host)
    thread = threading.Thread(target=run_in_thread)
    thread.start()
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(SHORT) as running:
        yield running


@pytest.fixture(autouse=True)
def _alone(served: Served) -> Iterator[None]:
    yield
    served.wait_empty()


def everything(connection: socket.socket) -> bytes:
    """What comes until the server ends the connection."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(2**16):
            parts.append(part)
    connection.close()
    return b"".join(parts)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ")[1]) if answer else 0


def trickle(connection: socket.socket, piece: bytes = b"a") -> bytes:
    """Sends a little again and again until the server has had enough; what it says meanwhile."""
    parts = []
    connection.settimeout(0.05)
    with contextlib.suppress(OSError):
        for _ in range(200):
            connection.sendall(piece)
            try:
                parts.append(connection.recv(2**16))
            except TimeoutError:
                continue
            if not parts[-1]:
                break
        else:
            raise AssertionError("it is not ended")
    connection.close()
    return b"".join(parts)


@pytest.mark.parametrize(
    ("begin", "piece", "status"),
    [
        (b"", b"\r\n", 0),
        (b"G", b"", 0),
        (b"GET /sma", b"l", 408),
        (b"GET /small HTTP/1.1\r\nHost: x\r\nX-", b"a", 408),
        (b"GET /small HTTP/1.1\r\nHost: x\r\nX-A: ", b"a", 408),
        (b"GET /small HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n", 408),
        (b"GET /small HTTP/1.0\r\n", b"", 408),
        (HEAD + b"\r\n", b"\r\n", 200),
        (HEAD + b"\r\n" + HEAD, b"A: b\r\n", 200),
        (HANDSHAKE[:-2], b"A: b\r\n", 408),
    ],
    ids=[
        "empty lines", "one letter", "target", "name without end", "value without end", "many small headers",
        "HTTP/1.0", "empty lines behind an answer", "second head", "handshake",
    ],
)  # fmt: skip
def test_a_head_that_takes_too_long_ends(served: Served, begin: bytes, piece: bytes, status: int) -> None:
    connection = served.connect()
    connection.sendall(begin)
    answer = trickle(connection, piece) if piece else everything(connection)
    assert status_of(answer) == status
    if status == 408:
        assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {
            "error": "The request was sent too slowly.", "code": "REQUEST_TIMEOUT",
        }  # fmt: skip


@pytest.mark.parametrize("begin", [HEAD, b"POST /small HTTP/1.1\r\nContent-Length: 9\r\n\r\n", b"nonsense" * 1000])
def test_one_that_was_refused_and_stays_ends_as_well(served: Served, begin: bytes) -> None:
    stays = served.connect()
    stays.sendall(begin)
    with contextlib.suppress(OSError):
        for _ in range(100):
            threading.Event().wait(0.02)
            stays.sendall(b"a")
    served.wait_empty()
    stays.close()
    assert everything(served.connect()) == b""  # others are still looked after


def test_a_connection_that_says_nothing_ends(served: Served) -> None:
    assert everything(served.connect()) == b""


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (HEAD + b"A: " + b"b" * 20_000 + b"\r\n\r\n", 200),
        (HEAD + b"A: b\r\n" * 40 + b"\r\n", 200),
        (b"GET /small?" + b"b" * 3_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        (HEAD + b"A: " + b"b" * 40_000 + b"\r\n\r\n", 431),
        (HEAD + b"A: " + b"b" * 1_000_000, 431),
        (HEAD + b"b" * 1_000_000, 431),
        (HEAD + (b"A: " + b"b" * 1_000 + b"\r\n") * 48 + b"\r\n", 431),
        (HEAD + b"A: b\r\n" * 60 + b"\r\n", 431),
        (HEAD + b"A: b\r\n" * 100_000, 431),
        (b"GET /" + b"b" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /" + b"b" * 1_000_000, 414),
        (b"b" * 1_000_000, 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500, 400),
        (b"GET /small HTTP/1.1\r\nA b: c\r\n\r\n", 400),
        (b"POST /small HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /small HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (HANDSHAKE[:-2] + b"A: " + b"b" * 40_000 + b"\r\n\r\n", 431),
    ],
    ids=[
        "a large header", "many headers", "a long address", "a header that is too large", "a value without end",
        "a name without end", "headers that are too large together", "too many headers", "headers without end",
        "an address that is too long", "an address without end", "a method without end", "TLS", "no header name",
        "two lengths", "no chunk", "a handshake that is too large",
    ],
)  # fmt: skip
def test_a_head_is_of_a_reasonable_size(served: Served, request_: bytes, status: int) -> None:
    connection = served.connect()
    with contextlib.suppress(OSError):
        connection.sendall(request_)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
    answer = everything(connection)
    assert status_of(answer) == status
    if status >= 400:
        assert set(json.loads(answer.partition(b"\r\n\r\n")[2])) == {"error", "code"}


@pytest.mark.parametrize(
    ("head", "piece"),
    [(b"Content-Length: 100000", b"a"), (b"Transfer-Encoding: chunked", b"1\r\na\r\n"), (b"Expect: 100-continue\r\nContent-Length: 9", b"")],
    ids=["length", "chunks", "nothing after 100"],
)  # fmt: skip
def test_a_body_that_trickles_ends(served: Served, head: bytes, piece: bytes) -> None:
    connection = served.connect()
    connection.sendall(b"POST /small HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
    answer = trickle(connection, piece) if piece else everything(connection)
    assert b"HTTP/1.1 408 " in answer


def test_a_body_that_comes_fast_enough_may_take_long(served: Served) -> None:
    connection = served.connect()
    connection.sendall(b"POST /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n")
    for _ in range(10):
        threading.Event().wait(0.1)  # a second in all, far beyond the first 0.3
        connection.sendall(bytes(20_000))
    answer = everything(connection)
    assert answer.endswith(b"200000")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /large HTTP/1.0\r\n\r\n",
        HANDSHAKE,
        HANDSHAKE + b"\x89\x80\0\0\0\0" * 100,
    ],
    ids=["keep-alive", "close", "HTTP/1.0", "socket", "socket with pings"],
)
def test_a_client_that_does_not_read_is_dropped(served: Served, request_: bytes) -> None:
    connection = served.connect(receive_bytes=4096)
    connection.sendall(request_)
    assert connection.recv(12).startswith(b"HTTP/1.1 ")
    served.wait_empty()
    connection.close()


def test_a_slow_reader_gets_everything(served: Served) -> None:
    connection = served.connect()
    connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    read = 0
    for _ in range(12):
        threading.Event().wait(0.1)
        wanted = read + 4 * PIECE_BYTES
        while read < wanted:
            read += len(connection.recv(PIECE_BYTES))
    read += len(everything(connection))
    assert read > LARGE


def test_a_player_that_is_paused_is_waited_for() -> None:
    with serving(SHORT) as served:
        connection = served.connect(receive_bytes=4096)
        connection.sendall(b"GET /film HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        threading.Event().wait(1.5)  # three times as long as others are waited for
        assert len(everything(connection)) > LARGE
        served.wait_empty()


def test_a_client_has_its_part_of_the_connections_and_others_have_theirs(served: Served) -> None:
    kept = [served.connect() for _ in range(6)]
    refused = everything(served.connect())
    other = served.connect("127.0.0.2")
    other.sendall(HEAD + b"Connection: close\r\n\r\n")
    assert (status_of(refused), b"retry-after: 5" in refused) == (429, True)
    assert status_of(everything(other)) == 200
    for connection in kept:
        connection.close()
    served.wait_empty()
    again = served.connect()
    again.sendall(HEAD + b"Connection: close\r\n\r\n")
    assert status_of(everything(again)) == 200


def test_a_client_has_its_part_of_the_sockets() -> None:
    with serving(replace(SHORT, reader_seconds=60)) as served:
        kept = []
        for _ in range(2):
            kept.append(served.connect())
            kept[-1].sendall(HANDSHAKE)
            assert status_of(kept[-1].recv(100)) == 101
        refused, other = served.connect(), served.connect("127.0.0.2")
        for connection in (refused, other):
            connection.sendall(HANDSHAKE)
        assert status_of(everything(refused)) == 429
        assert status_of(other.recv(100)) == 101
        for connection in (*kept, other):
            connection.close()
        served.wait_empty()
        again = served.connect()
        again.sendall(HANDSHAKE)
        assert status_of(again.recv(100)) == 101
        again.close()
        served.wait_empty()


def test_a_few_requests_may_wait_on_one_connection(served: Served) -> None:
    few, many = served.connect(), served.connect()
    few.sendall(HEAD * 1 + b"\r\n" + (HEAD + b"\r\n") * 9 + HEAD + b"Connection: close\r\n\r\n")
    assert everything(few).count(b"HTTP/1.1 200 ") == 11
    many.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + (HEAD + b"\r\n") * 2_000)
    assert everything(many).count(b"HTTP/1.1 200 ") == 0


def test_addresses_of_one_network_are_one_client() -> None:
    with contextlib.ExitStack() as stack:
        try:
            served = stack.enter_context(serving(SHORT, "::1"))
        except Exception:
            pytest.skip("this machine has no IPv6")
        kept = [served.connect() for _ in range(6)]
        assert status_of(everything(served.connect())) == 429
        for connection in kept:
            connection.close()
        served.wait_empty()


_FEW_FILES = textwrap.dedent("""
    import resource, sys
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    from local.gateway.connections import Limits
    from tests.unit import test_connections
    with test_connections.serving(Limits(head_seconds=60)) as served:
        print(served.port, flush=True)
        sys.stdin.read()
""")


def _rests(pid: int) -> bool:
    """Whether the process uses less than half of a processor for half a second."""
    before = _processor_seconds(pid)
    threading.Event().wait(0.5)
    return _processor_seconds(pid) - before < 25


def test_a_server_without_a_free_file_goes_on_when_there_is_one() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _FEW_FILES]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        served = Served(int(process.stdout.readline()), Connections(SHORT))
        kept = [served.connect() for _ in range(150)]
        assert any(_rests(process.pid) for _ in range(60)), "it spins"
        for connection in kept:
            connection.close()
        for _ in range(100):
            good = served.connect()
            with contextlib.suppress(OSError):
                good.sendall(HEAD + b"Connection: close\r\n\r\n")
                if status_of(everything(good)) == 200:
                    break
            threading.Event().wait(0.05)
        else:
            raise AssertionError("it does not answer any more")
        process.communicate()


def _processor_seconds(pid: int) -> int:
    """Hundredths of a second that the process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_clients_behind_a_trusted_proxy_are_counted_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YTP_TRUSTED_PROXIES", "127.0.0.0/8")
    forget_settings()
    try:
        with serving(Limits(connections=8, connections_per_client=2)) as served, contextlib.ExitStack() as stack:
            answers = []
            for _ in range(5):
                connection = stack.enter_context(served.connect())
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                answers.append(connection.recv(4096).split(b" ")[1])
            assert answers == [b"200"] * 5
    finally:
        forget_settings()


def test_answers_whose_writes_are_joined_are_whole_and_in_order(served: Served) -> None:
    one, other = b"GET /joined HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"HEAD /joined HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    connection = served.connect()
    connection.sendall(one + other + one + last)
    heads, bodies = [], []
    for answer_text in everything(connection).split(b"HTTP/1.1 ")[1:]:
        head, _, body = answer_text.partition(b"\r\n\r\n")
        heads.append(head.split(b" ")[0])
        bodies.append(body)
    assert heads == [b"200"] * 4
    assert (bodies[0], bodies[2], bodies[3]) == (b"joined", b"joined", b"")


class Transport:
    """A transport that remembers what is asked of it."""

    def __init__(self) -> None:
        self.calls: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def close(self) -> None:
        self.calls.append("close")

    def is_closing(self) -> bool:
        return "close" in self.calls


def test_what_an_answer_writes_goes_out_at_once_also_when_it_fails_or_closes() -> None:
    cycle: Any = SimpleNamespace(transport=Transport())
    scope: dict[str, Any] = {"state": {}}
    transport = cycle.transport
    offer(scope, cycle)
    with joined_writes(scope):
        cycle.transport.write(b"head ")
        cycle.transport.write(b"body")
        assert transport.calls == []
    with contextlib.suppress(LookupError), joined_writes(scope):
        cycle.transport.write(b"begin")
        raise LookupError
    with joined_writes(scope):
        cycle.transport.write(b"last")
        cycle.transport.close()
    assert transport.calls == [b"head body", b"begin", b"last", "close"]
    assert cycle.transport is transport
