"""The queue engine: `python -m local.queue_engine LISTENER_FD` serves SQS' JSON protocol on a Unix socket.

The variable QUEUES has the queues (bodies of CreateQueue, dead-letter queues first). It keeps nothing: the tables know
what waits, and the sweep sends it again (docs/decisions/queue-engine.md). One thread, and the standard library alone.

Whoever sends an `Origin` is a page in a browser, and is refused.
"""

import contextlib
import json
import os
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from local.queues import Broker, Refusal, Wait

_CHUNK_BYTES = 65536
_MOST_HEAD_BYTES = 32768
_MOST_BODY_BYTES = 16 * 1024 * 1024
_TARGET = "AmazonSQS."
_IDLE_SECONDS = 60.0


@dataclass(slots=True)
class _Request:
    method: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True, eq=False)
class _Client:
    """A connection. `wait`: the receive that is held until a message comes."""

    channel: socket.socket
    unread: bytearray = field(default_factory=bytearray)
    unsent: bytearray = field(default_factory=bytearray)
    wait: Wait | None = None
    is_last: bool = False

    def take_request(self) -> _Request | None:
        """The next request that is whole. Raises `ValueError` for what is none."""
        end = self.unread.find(b"\r\n\r\n")
        if end < 0:
            if len(self.unread) > _MOST_HEAD_BYTES:
                raise ValueError("the head is too long")
            return None
        first, *lines = self.unread[:end].decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= _MOST_BODY_BYTES or "transfer-encoding" in headers:
            raise ValueError("the body has no length, or is too long")
        if len(self.unread) < end + 4 + length:
            return None
        body = bytes(self.unread[end + 4 : end + 4 + length])
        del self.unread[: end + 4 + length]
        return _Request(first.partition(" ")[0], headers, body)


class Server:
    """Answers on `listener`, one request of a connection after another."""

    def __init__(self, listener: socket.socket, broker: Broker) -> None:
        self._listener, self._broker = listener, broker
        self._selector = selectors.DefaultSelector()
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)
        self._waiting: list[_Client] = []

    def run(self) -> None:
        """Serves for ever."""
        while True:
            for key, _ in self._selector.select(self._next_seconds()):
                if key.data is None:
                    self._accept()
                else:
                    self._hear(key.data)
            self._answer_waiting()

    def _next_seconds(self) -> float:
        """Until something happens by itself: a message is visible again, or a receive has waited long enough."""
        if not self._waiting:
            return _IDLE_SECONDS
        moments = [client.wait.until for client in self._waiting if client.wait]
        due = self._broker.next_due([client.wait.queue for client in self._waiting if client.wait])
        return max(0.0, min([*moments, *due]) - time.monotonic())

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            channel, _ = self._listener.accept()
            channel.setblocking(False)
            self._selector.register(channel, selectors.EVENT_READ, _Client(channel))

    def _hear(self, client: _Client) -> None:
        try:
            self._flush(client)
            with contextlib.suppress(BlockingIOError):
                piece = client.channel.recv(_CHUNK_BYTES)
                if not piece:
                    return self._end(client)
                client.unread += piece
            self._work(client)
        except (OSError, ValueError):
            self._end(client)
        return None

    def _work(self, client: _Client) -> None:
        while client.wait is None and not client.is_last and (request := client.take_request()):
            client.is_last = request.headers.get("connection", "").lower() == "close"
            answer = self._answer(request)
            if isinstance(answer, Wait):
                client.wait = answer
                self._waiting.append(client)
            else:
                self._send(client, *answer)

    def _answer(self, request: _Request) -> tuple[int, dict[str, Any]] | Wait:
        if "origin" in request.headers:
            return 403, {"error": "Access denied.", "code": "FORBIDDEN"}
        target = request.headers.get("x-amz-target", "")
        try:
            if request.method != "POST" or not target.startswith(_TARGET):
                raise Refusal("UnsupportedOperation", "This is no operation of queues.")
            document = json.loads(request.body or b"{}")
            if not isinstance(document, dict):
                raise Refusal("InvalidParameterValue", "The body is no object.")
            return _as_answer(self._broker.do(target.removeprefix(_TARGET), document, time.monotonic()))
        except ValueError:
            return _refuse(Refusal("InvalidParameterValue", "The body is no JSON, or a value is of another type."))
        except Refusal as refusal:
            return _refuse(refusal)

    def _answer_waiting(self) -> None:
        now = time.monotonic()
        for client in list(self._waiting):
            if client.wait and (answer := client.wait.take(now)) is not None:
                self._waiting.remove(client)
                client.wait = None
                try:
                    self._send(client, 200, answer)
                    self._work(client)
                except (OSError, ValueError):
                    self._end(client)

    def _send(self, client: _Client, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        keeps = "close" if client.is_last else "keep-alive"
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"Content-Length: {len(body)}\r\nConnection: {keeps}\r\n\r\n"
        )
        client.unsent += head.encode() + body
        self._flush(client)

    def _flush(self, client: _Client) -> None:
        """Sends what the client takes now; the rest when it takes more."""
        with contextlib.suppress(BlockingIOError):
            while client.unsent:
                del client.unsent[: client.channel.send(client.unsent)]
        if client.is_last and not client.unsent:
            return self._end(client)
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.unsent else 0)
        if self._selector.get_key(client.channel).events != events:
            self._selector.modify(client.channel, events, client)
        return None

    def _end(self, client: _Client) -> None:
        """The connection ends; what it waited for goes to others."""
        if client in self._waiting:
            self._waiting.remove(client)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(client.channel)
        client.channel.close()


def _as_answer(answer: dict[str, Any] | Wait) -> tuple[int, dict[str, Any]] | Wait:
    return answer if isinstance(answer, Wait) else (200, answer)


def _refuse(refusal: Refusal) -> tuple[int, dict[str, Any]]:
    return 400, {"__type": f"com.amazonaws.sqs#{refusal.code}", "message": refusal.message}


def _definitions() -> Iterator[dict[str, Any]]:
    yield from json.loads(os.environ.get("QUEUES", "[]"))


def main() -> None:
    """Serves until it is killed."""
    broker = Broker()
    for definition in _definitions():
        broker.do("CreateQueue", definition, time.monotonic())
    Server(socket.socket(fileno=int(sys.argv[1])), broker).run()


if __name__ == "__main__":
    main()
