"""Has the tables' client of this process go through `DynamoDB`."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HTTPHeaders

from dlambda.deployment import current
from dlambda.store.table import _tables, cloud_connection, connection
from tests.by_socket import send_through
from tests.dynamodb.engine import Answer, DynamoDB
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


@contextmanager
def behaving_like(database: DynamoDB) -> Iterator[DynamoDB]:
    """The store of this process meets `database` instead of the bare engine, by botocore's client as in the cloud."""
    deployment = current()
    cloud = cloud_connection()
    send_through(cloud.client, deployment.settings.tables_socket)
    endpoint: Any = cast("Any", cloud.client)._endpoint
    endpoint.http_session = _Session(endpoint.http_session, database)
    values, keys = deployment._values, [_made_by(connection), _made_by(_tables)]
    before = {key: values.pop(key) for key in keys if key in values}
    values[keys[0]] = cloud
    try:
        yield database
    finally:
        for key in keys:
            values.pop(key, None)
        values.update(before)
        cloud.client.close()


def _made_by(value: Callable[[], object]) -> Callable[[], object]:
    """The key of a value of the deployment."""
    return cast("Any", value).__wrapped__  # type: ignore[no-any-return]
