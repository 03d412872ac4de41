"""The client of the engines of one machine, against a server that answers as it is told."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from dlambda import engine_client
from dlambda.engine_client import TABLES, EngineClient
from dlambda.unix_socket import bind

GOOD = b'{"Item": {"id": {"S": "a"}, "body": {"B": "AP8="}, "parts": {"BS": ["AA==", "AQ=="]}}}'
CLOSES = b""
HALF = b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n{"


def answer(body: bytes, status: int = 200, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


class Engine:
    """Gives the answers one after another; an empty one closes the connection. Remembers what it was sent."""

    def __init__(self, path: str, answers: list[bytes]) -> None:
        self._listener = bind(path)
        self._listener.listen()
        self._answers = answers
        self.requests: list[bytes] = []
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while self._answers:
            connection, _ = self._listener.accept()
            self.connections += 1
            with connection:
                while self._answers and self._hear(connection):
                    text = self._answers.pop(0)
                    for start in range(0, len(text), 7):  # an answer may arrive in any pieces
                        connection.sendall(text[start : start + 7])
                    if text in {CLOSES, HALF} or b"Connection: close" in text:
                        break
        self._listener.close()

    def _hear(self, connection: socket.socket) -> bool:
        text = connection.recv(65536)
        if text:
            self.requests.append(text)
        return bool(text)


@contextmanager
def engine(folder: Path, *answers: bytes) -> Iterator[tuple[EngineClient, Engine]]:
    server = Engine(str(folder / "s"), list(answers))
    client = EngineClient(TABLES, str(folder / "s"))
    try:
        yield client, server
    finally:
        client.close()


def test_bytes_go_there_and_come_back(tmp_path: Path) -> None:
    with engine(tmp_path, answer(GOOD)) as (client, server):
        found = client.call("GetItem", {"Key": {"id": {"B": b"\0\xff"}}})
    assert found["Item"] == {"id": {"S": "a"}, "body": {"B": b"\0\xff"}, "parts": {"BS": [b"\0", b"\1"]}}
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert b"X-Amz-Target: DynamoDB_20120810.GetItem" in head
    assert json.loads(body) == {"Key": {"id": {"B": "AP8="}}}


def test_a_connection_is_kept(tmp_path: Path) -> None:
    with engine(tmp_path, answer(b"{}"), answer(b"{}")) as (client, server):
        assert [client.call("Scan", {}), client.call("Scan", {})] == [{}, {}]
    assert server.connections == 1


@pytest.mark.parametrize(
    "first",
    [
        [CLOSES],
        [answer(b"{}", 500)],
        [answer(b'{"__type": "x#ThrottlingException", "message": "later"}', 400)],
        [HALF],
    ],
    ids=["closed", "a failure", "later", "half an answer"],
)
def test_what_may_succeed_later_is_sent_again(tmp_path: Path, first: list[bytes]) -> None:
    with engine(tmp_path, *first, answer(b'{"ok": 1}')) as (client, server):
        assert client.call("GetItem", {"a": 1}) == {"ok": 1}
    assert len(server.requests) == 2


def test_an_answer_that_closes_is_the_last_on_its_connection(tmp_path: Path) -> None:
    with engine(tmp_path, answer(b"{}", headers="Connection: close\r\n"), answer(b"{}")) as (client, server):
        client.call("Scan", {})
        client.call("Scan", {})
    assert server.connections == 2


def test_a_refusal_says_what_the_engine_says(tmp_path: Path) -> None:
    body = b"""{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "no",
        "CancellationReasons": [{"Code": "ConditionalCheckFailed"}]}"""
    with engine(tmp_path, answer(body, 400)) as (client, _), pytest.raises(ClientError) as error:
        client.call("TransactWriteItems", {})
    assert error.value.response["Error"] == {"Code": "TransactionCanceledException", "Message": "no"}
    assert error.value.response["CancellationReasons"] == [{"Code": "ConditionalCheckFailed"}]


def test_an_engine_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_client, "_WAIT_SECONDS", 1)
    monkeypatch.setattr(engine_client, "_TRIES", 1)
    with engine(tmp_path, b"HTTP/1.1 200 X\r\n", answer(b"{}")) as (client, _), pytest.raises(ReadTimeoutError):
        client.call("Scan", {})


def test_an_engine_that_is_away_is_an_error_without_its_path(tmp_path: Path) -> None:
    client = EngineClient(TABLES, str(tmp_path / "secret"))
    with pytest.raises(BotoCoreError) as error:
        client.call("Scan", {})
    assert "secret" not in str(error.value)
