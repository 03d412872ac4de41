"""Has the tables' client of this process go through `DynamoDB`."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HTTPHeaders
from pynamodb.connection import Connection

from dlambda.deployment import current
from dlambda.engine_client import TABLES
from dlambda.store.table import _tables
from dlambda.store.table_connection import _EngineTables, cloud_connection, connection
from dlambda.store.usage import usage
from tests.by_socket import send_through
from tests.dynamodb.engine import Answer, DynamoDB
from tests.dynamodb.memory import Memory
from tests.dynamodb.rows import Json, tables
from tests.stack import plan


class _Raw:
    """The body of an answer that no server sent."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> list[bytes]:
        return [self._body]


class _Session:
    """The HTTP client of botocore, with `DynamoDB` before it."""

    def __init__(self, http: Any, database: DynamoDB) -> None:
        self._http, self._database = http, database

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        def ask(operation: str, body: Json) -> Answer:
            text = json.dumps(body).encode()
            target = "DynamoDB_20120810." + operation
            headers: Any = {**request.headers, "X-Amz-Target": target, "Content-Length": str(len(text))}
            answer = self._http.send(AWSPreparedRequest(request.method, request.url, headers, text, False))
            return answer.status_code, json.loads(answer.content)

        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        status, body = self._database.answer(operation, json.loads(cast("bytes", request.body)), ask)
        return AWSResponse(request.url, status, HTTPHeaders(), _Raw(json.dumps(body).encode()))

    def close(self) -> None:
        self._http.close()


def new_database(**options: Any) -> DynamoDB:
    """`DynamoDB` with the template's tables, in real time unless `options` say otherwise."""
    return DynamoDB(
        tables(plan()), **{"sleep": time.sleep, "monotonic": time.monotonic, "random": Random(0), **options}
    )


class _InProcess(_EngineTables):
    """The client of one machine, whose requests are answered by this process."""

    def __init__(self, answer: Callable[[str, Json], Answer]) -> None:
        super().__init__(TABLES, "")
        self._answer = answer

    def _send(self, operation: str, body: bytes) -> tuple[int, bytes]:
        status, answer = self._answer(operation, json.loads(body))
        return status, json.dumps(answer).encode()


class _InProcessConnection(Connection):
    def __init__(self, answer: Callable[[str, Json], Answer]) -> None:
        super().__init__()
        self._in_process = _InProcess(answer)
        usage().watch(self._in_process)

    @property
    def client(self) -> Any:
        return self._in_process

    def close(self) -> None:
        """Nothing is open."""


@contextmanager
def in_memory(database: DynamoDB | None = None) -> Iterator[Memory]:
    """The store of this process has tables in its memory, empty at first; with `database` before them."""
    memory = Memory(tables(plan()))

    def answer(operation: str, body: Json) -> Answer:
        return database.answer(operation, body, memory.ask) if database else memory.ask(operation, body)

    with _connected(_InProcessConnection(answer)):
        yield memory


@contextmanager
def behaving_like(database: DynamoDB) -> Iterator[DynamoDB]:
    """The store of this process meets `database` instead of the bare engine, by botocore's client as in the cloud."""
    cloud = cloud_connection()
    send_through(cloud.client, current().settings.tables_socket)
    endpoint: Any = cast("Any", cloud.client)._endpoint
    endpoint.http_session = _Session(endpoint.http_session, database)
    try:
        with _connected(cloud):
            yield database
    finally:
        cloud.client.close()


@contextmanager
def _connected(by: Connection) -> Iterator[None]:
    """The store of this process asks by another connection."""
    values, keys = current()._values, [_made_by(connection), _made_by(_tables)]
    before = {key: values.pop(key) for key in keys if key in values}
    values[keys[0]] = by
    try:
        yield
    finally:
        for key in keys:
            values.pop(key, None)
        values.update(before)


def _made_by(value: Callable[[], object]) -> Callable[[], object]:
    """The key of a value of the deployment."""
    return cast("Any", value).__wrapped__  # type: ignore[no-any-return]
