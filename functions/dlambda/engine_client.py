"""A client of the engines that listen on a Unix socket of one machine: tables and queues.

botocore takes a millisecond of processor time for each request, most of it for what these engines do not look at
(docs/decisions/one-machine-speed.md). This client writes the same requests (AWS JSON 1.0 over HTTP/1.1) and raises the
same errors; handlers register for botocore's events, of which it has the four that are used here.
"""

import base64
import contextlib
import json
import random
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from dlambda.service_absence import name_service
from dlambda.unix_socket import connect

_TRIES: Final = 4
_FIRST_WAIT_SECONDS: Final = 0.05
_CONNECT_SECONDS: Final = 15.0
_WAIT_SECONDS: Final = 60
"""For the engine to read, or to answer."""
_FRESH_SECONDS: Final = 1.0
"""How long a connection is taken for open without a look: each look lets other threads come first."""
_MOST_IDLE: Final = 50
_CHUNK_BYTES: Final = 65536
_MOST_HEAD_BYTES: Final = 65536
_REFUSED: Final = 300
_FAILED: Final = 500
# Refusals that say "later", as botocore tries them again.
_LATER: Final = frozenset(
    {"ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
     "TransactionInProgressException"}
)  # fmt: skip
# The engines read a region and a key from a signature, and check none: whoever reaches the socket may ask.
_HEADERS: Final = (
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"
    "X-Amz-Date: 20200101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
    "Credential=dlambda/20200101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n"
    "X-Amz-Target: {target}.{operation}\r\nContent-Length: {length}\r\n\r\n"
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """The names of a service: of its clients, and in the header that names an operation."""

    service_name: str
    target: str


TABLES: Final = Service("dynamodb", "DynamoDB_20120810")
QUEUES: Final = Service("sqs", "AmazonSQS")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, as handlers are told of it."""

    name: str
    service_model: Service


class Events:
    """Handlers by their event, `before-call.dynamodb.Query`, or by first parts of its name, as botocore has them."""

    def __init__(self) -> None:
        self._handlers: dict[str, tuple[Callable[..., object], ...]] = {}

    def register(self, name: str, handler: Callable[..., object]) -> None:
        self._handlers[name] = (*self._handlers.get(name, ()), handler)

    def unregister(self, name: str, handler: Callable[..., object]) -> None:
        self._handlers[name] = tuple(other for other in self._handlers.get(name, ()) if other != handler)

    def emit(self, name: str, **arguments: object) -> None:
        """Calls the handlers, those of the whole name first."""
        part = name
        while part:
            for handler in self._handlers.get(part, ()):
                handler(event_name=name, **arguments)
            part = part.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Meta:
    """Where handlers register, as at a client of botocore."""

    events: Events = field(default_factory=Events)


class _Gone(Exception):
    """The engine closed the connection before its answer was whole."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """`parsed`: what botocore makes of it, a refusal as well."""

    status: int
    parsed: Json

    @classmethod
    def read(cls, status: int, text: bytes) -> Self:
        try:
            document: Json = _decode(text) if text else {}
        except ValueError:  # of something in between, such as a relay
            document, status = {}, max(status, _FAILED)
        return cls(status, document if status < _REFUSED else _refusal(status, document))

    @property
    def is_for_later(self) -> bool:
        """True if the same request may succeed in a moment."""
        return self.status >= _FAILED or (self.status >= _REFUSED and self.parsed["Error"]["Code"] in _LATER)


def _refusal(status: int, document: Json) -> Json:
    error = {
        "Code": str(document.get("__type", "")).rpartition("#")[2],
        "Message": document.get("message", document.get("Message", "")),
    }
    details = {name: value for name, value in document.items() if name not in {"__type", "message", "Message"}}
    return {**details, "Error": error, "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}}}


class EngineClient:
    """Sends requests by kept connections. Safe between threads."""

    def __init__(self, service: Service, path: str) -> None:
        """`path`: of the engine's Unix socket."""
        self.meta = Meta()
        self._service = service
        self._path = path
        self._idle: deque[tuple[socket.socket, float]] = deque(maxlen=_MOST_IDLE)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Json:
        """The engine's answer. Raises `ClientError` where it refuses, other errors of botocore where it is away.

        A request whose answer was lost is sent again, as botocore does.
        """
        model = Operation(operation, self._service)
        name = f"{self._service.service_name}.{operation}"
        emit = self.meta.events.emit
        context: Json = {}
        request = dict(parameters)
        emit(f"before-parameter-build.{name}", params=request, model=model, context=context)
        body = _to_json(request).encode()
        emit(f"before-call.{name}", model=model, params={"body": body}, context=context)
        answer = self._ask_patiently(operation, body, f"response-received.{name}")
        if answer.status >= _REFUSED:
            raise self._named(ClientError(answer.parsed, operation))  # type: ignore[arg-type]
        emit(f"after-call.{name}", model=model, parsed=answer.parsed, context=context)
        return answer.parsed

    def _named(self, error: Exception) -> Exception:
        name_service(error, self._service.service_name)
        return error

    def close(self) -> None:
        """Closes the connections that are kept."""
        while self._idle:
            self._idle.pop()[0].close()

    def _ask_patiently(self, operation: str, body: bytes, event: str) -> "_Answer":
        """The answer; the request is sent again while it may succeed later."""
        for attempt in range(_TRIES):
            is_last = attempt == _TRIES - 1
            try:
                answer = _Answer.read(*self._send(operation, body))
            except (OSError, _Gone) as error:
                self.close()  # an engine that was started anew has closed the others as well
                self.meta.events.emit(event, parsed_response=None, exception=error, context={})
                if is_last:
                    raise self._named(_failure_of(error)) from None
            else:
                self.meta.events.emit(event, parsed_response=answer.parsed, exception=None, context={})
                if is_last or not answer.is_for_later:
                    return answer
            time.sleep(_FIRST_WAIT_SECONDS * 4**attempt * (0.5 + random.random()))  # noqa: S311 only spreads the tries
        raise AssertionError("the last try returns or raises")

    def _send(self, operation: str, body: bytes) -> tuple[int, bytes]:
        connection = self._take()
        try:
            head = _HEADERS.format(
                service=self._service.service_name, target=self._service.target,
                operation=operation, length=len(body),
            )  # fmt: skip
            connection.sendall(head.encode() + body)
            status, text, is_kept = _read_answer(connection)
        except BaseException:
            connection.close()
            raise
        if is_kept and len(self._idle) < _MOST_IDLE:
            self._idle.append((connection, time.monotonic()))
        else:
            connection.close()
        return status, text

    def _take(self) -> socket.socket:
        """A connection: one that is kept, unless the engine has closed it meanwhile, or a new one."""
        while self._idle:
            with contextlib.suppress(IndexError):  # another thread was faster
                connection, used_at = self._idle.pop()
                if time.monotonic() - used_at < _FRESH_SECONDS or not _is_closed(connection):
                    return connection
                connection.close()
        connection = connect(self._path, _CONNECT_SECONDS)
        _limit_waits(connection)
        return connection


def _limit_waits(connection: socket.socket) -> None:
    """Has the kernel end waits (`BlockingIOError`). Python's own limit would ask before each call whether it may wait,
    and let other threads come first once more.
    """
    limit = struct.pack("ll", _WAIT_SECONDS, 0)
    connection.settimeout(None)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _is_closed(connection: socket.socket) -> bool:
    """True if a kept connection has an end, or bytes that nobody asked for."""
    watch = select.poll()
    watch.register(connection, select.POLLIN)
    return bool(watch.poll(0))


def _read_answer(connection: socket.socket) -> tuple[int, bytes, bool]:
    """Status, body, and whether the connection stays open."""
    text = bytearray()
    while (end := text.find(b"\r\n\r\n")) < 0:
        if len(text) > _MOST_HEAD_BYTES:
            raise _Gone
        text += _receive(connection)
    head = bytes(text[:end]).lower()
    status, length = int(head.split(None, 2)[1]), int(_header(head, b"content-length") or b"0")
    body = text[end + 4 :]
    while len(body) < length:
        body += _receive(connection)
    return status, bytes(body), _header(head, b"connection") != b"close"


def _header(head: bytes, name: bytes) -> bytes:
    """A header of an answer's head, whose letters are small; empty without it."""
    _, _, rest = head.partition(b"\r\n" + name + b":")
    return rest.partition(b"\r\n")[0].strip()


def _receive(connection: socket.socket) -> bytes:
    piece = connection.recv(_CHUNK_BYTES)
    if not piece:
        raise _Gone
    return piece


def _encode(value: object) -> str:
    """Bytes, as AWS JSON has them."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is nothing that a request has")


_to_json = json.JSONEncoder(default=_encode).encode


def _decode(text: bytes) -> Any:
    """An answer; texts of binary attributes become bytes."""
    hook = _with_bytes if b'"B":' in text or b'"BS":' in text else None
    return json.loads(text, object_hook=hook)


def _with_bytes(value: Json) -> Json:
    if len(value) == 1:
        if isinstance(text := value.get("B"), str):
            return {"B": base64.b64decode(text)}
        if isinstance(texts := value.get("BS"), list):
            return {"BS": [base64.b64decode(text) for text in texts]}
    return value


def _failure_of(error: BaseException) -> Exception:
    """The error that botocore makes of an engine that is away. It names no path: that is secret."""
    url = "http://engine.invalid"
    if isinstance(error, TimeoutError | BlockingIOError):
        return ReadTimeoutError(endpoint_url=url)
    if isinstance(error, _Gone | ConnectionResetError | BrokenPipeError):
        return ConnectionClosedError(endpoint_url=url)
    return EndpointConnectionError(endpoint_url=url, error=type(error).__name__)
