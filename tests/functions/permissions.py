"""Whether a function may do in the cloud what it does here, and does what it may: requests beside its policies.

Who asks is known by the door that was entered: a group's application, a queue's handler. What is asked for is an
action and a resource: `dynamodb:GetItem`, `items`; `s3:GetObject`, `bucket/files`; `sqs:SendMessage`, `notify`;
`secretsmanager:GetSecretValue`, `SecretKey`.
"""

import contextvars
import json
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest import mock
from urllib.parse import unquote

import flask

from dlambda.aws import bucket, log_store, objects, queue, s3_client, socket
from dlambda.entry import auth, sqs
from dlambda.store import sealing, table_connection
from dlambda.store.items import leases
from dlambda.store.orders import keys
from dlambda.usecases.accounts import oidc
from dlambda.usecases.files import sweep_files
from dlambda.usecases.operations import check_updates, count_state, sweep
from dlambda.usecases.orders import keys as order_keys
from dlambda.usecases.orders import sweep_orders
from dlambda.usecases.tasks import run_tasks
from events.on_socket import gateway_events
from local import template
from tests.functions.rights import Permission, Rights

_acting: contextvars.ContextVar[str] = contextvars.ContextVar("acting", default="")
# Without the permission to list, S3 answers 403 for an object that is not there, and nothing of ours expects that.
_OBJECT_ACTIONS = {
    "HeadObject": ("GetObject", "ListBucket"),
    "GetObject": ("GetObject", "ListBucket"),
    "CopyObject": ("PutObject",),
    "PutObject": ("PutObject",),
    "CreateMultipartUpload": ("PutObject",),
    "UploadPart": ("PutObject",),
    "UploadPartCopy": ("PutObject",),
    "CompleteMultipartUpload": ("PutObject",),
    "AbortMultipartUpload": ("AbortMultipartUpload",),
    "ListParts": ("ListMultipartUploadParts",),
    "DeleteObject": ("DeleteObject",),
    "DeleteObjects": ("DeleteObject",),
    "ListObjectsV2": ("ListBucket",),
}
_SIGNED = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject"}
# What the cloud answers with 404 before it asks anybody.
_ONE_MACHINES = frozenset({"/metrics"})
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_LOG_LEVEL = "log-level"
_LIMITED_KINDS = ("notifications", "deliveries")
_READ_SECRET = "secretsmanager:GetSecretValue"

RIGHTS = Rights(template.load())
called: set[tuple[str, str, str]] = set()
"""(module, action, resource): all that functions did in this process, while they were watched."""


@contextmanager
def acting_as(module: str) -> Iterator[None]:
    """What this thread asks for is asked by the function of that module."""
    token = _acting.set(module)
    try:
        yield
    finally:
        _acting.reset(token)


@contextmanager
def watched() -> Iterator[set[tuple[str, str, str]]]:
    """What functions did without being allowed to: (module, action, resource)."""
    found: set[tuple[str, str, str]] = set()

    def note(permission: Permission) -> None:
        if module := _acting.get():
            called.add((module, *permission))
            if not RIGHTS.allow(module, permission):
                found.add((module, *permission))

    def look(model: Any, params: dict[str, Any], **_: Any) -> None:
        for permission in _needed(model.service_model.service_name, model.name, params):
            note(permission)

    clients: list[Any] = [table_connection.connection().client, queue.client(), s3_client.client()]
    with ExitStack() as stack:
        for client in clients:
            client.meta.events.register("before-call", look)
            stack.callback(client.meta.events.unregister, "before-call", look)
        stack.enter_context(_doors_are_known())
        stack.enter_context(_calls_are_noted(note))
        yield found


@contextmanager
def _calls_are_noted(note: Callable[[Permission], None]) -> Iterator[None]:
    """What is needed without a request of a client that is watched: secrets, signed URLs, pushes, logs."""

    def noted(place: Any, name: str, permissions: Callable[..., list[Permission]]) -> Any:
        original = getattr(place, name)

        def call(*arguments: Any, **options: Any) -> Any:
            for permission in permissions(*arguments, **options):
                note(permission)
            return original(*arguments, **options)

        return mock.patch.object(place, name, call)

    def signed(key: str, *, method: str = "GET", **_: Any) -> list[Permission]:
        """Who follows a signed URL does it with the rights of who signed."""
        return [(f"s3:{action}", _prefix_of(key)) for action in _OBJECT_ACTIONS[_SIGNED[method]]]

    def in_parts(key: str) -> list[Permission]:
        """A large object is uploaded in parts, and an upload that failed is given up."""
        return [("s3:AbortMultipartUpload", _prefix_of(key))]

    def one(action: str, resource: str) -> Callable[..., list[Permission]]:
        return lambda *_arguments, **_options: [(action, resource)]

    with ExitStack() as stack:
        for place, name, permissions in (
            (sealing, "_cipher", one(_READ_SECRET, "SecretKey")),
            (keys, "id_of", one(_READ_SECRET, "SecretKey")),
            (order_keys, "_first", one(_READ_SECRET, "AdminKey")),
            (auth, "current", one(_READ_SECRET, "Login")),
            (oidc, "_exchange", one(_READ_SECRET, "OidcSecret")),
            (bucket, "presign", signed),
            (bucket, "place_file", lambda _path, key, *_, **__: in_parts(key)),
            (bucket, "put_file", lambda _path, key, *_, **__: in_parts(key)),
            (objects, "copy", lambda _source, target, *_, **__: in_parts(target)),
            (socket, "push", one("execute-api:ManageConnections", "SocketApi")),
            (socket, "close", one("execute-api:ManageConnections", "SocketApi")),
            (log_store, "client", one("logs:FilterLogEvents", "log-group")),
        ):
            stack.enter_context(noted(place, name, permissions))
        stack.enter_context(_leases_end_together(note))
        yield


@contextmanager
def _leases_end_together(note: Callable[[Permission], None]) -> Iterator[None]:
    """A process ends leases of items that nobody works on by the two dozen, so that few tests see it."""
    add = leases._Ended.add

    def added(self: Any, item_ids: Iterable[str]) -> None:
        ids = list(item_ids)
        if ids:
            note(("dynamodb:BatchWriteItem", "leases"))
        add(self, ids)

    with mock.patch.object(leases._Ended, "add", added):
        yield


@contextmanager
def _doors_are_known() -> Iterator[None]:
    """What comes in by a door, and in threads that are begun behind it, is asked by the door's function."""

    def enter(app: flask.Flask, **_: Any) -> None:
        if flask.request.path not in _ONE_MACHINES:
            _acting.set(app.name.replace("-", ""))

    def leave(_app: flask.Flask, **_: Any) -> None:
        _acting.set("")

    handled, submit, answer = sqs._handle, ThreadPoolExecutor.submit, gateway_events.answer

    def answered(event: Any) -> Any:
        with acting_as("on_socket"):
            return answer(event)

    def handled_as(routes: Any, record: Any, invocation: Any) -> bool:
        with acting_as(routes[0].handle.__module__.split(".")[-2]):
            return handled(routes, record, invocation)

    def submitted(self: ThreadPoolExecutor, action: Any, *arguments: Any, **options: Any) -> Any:
        return submit(self, contextvars.copy_context().run, action, *arguments, **options)

    with (
        flask.request_started.connected_to(enter),
        flask.request_tearing_down.connected_to(leave),
        mock.patch.object(sqs, "_handle", handled_as),
        mock.patch.object(gateway_events, "answer", answered),
        mock.patch.object(ThreadPoolExecutor, "submit", submitted),
    ):
        yield


def know_the_round() -> None:
    """From now on the parts of the minute's round are asked by its function, also where a test calls one of them."""
    for module, name in (
        (check_updates, "check_daily"),
        (count_state, "count_state"),
        (sweep, "sweep"),
        (sweep_files, "sweep_files"),
        (sweep_orders, "sweep_orders"),
        (run_tasks, "wake_due_tasks"),
    ):
        setattr(module, name, _of_the_round(getattr(module, name)))


def _of_the_round(part: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(part)
    def act(*arguments: Any, **options: Any) -> Any:
        with acting_as(_acting.get() or "on_schedule"):
            return part(*arguments, **options)

    return act


def _body(params: dict[str, Any]) -> dict[str, Any]:
    body = params.get("body") or b"{}"
    return json.loads(body) if isinstance(body, str | bytes) else {}


def _needed(service: str, operation: str, params: dict[str, Any]) -> set[Permission]:
    if service == "s3":
        return set(_of_objects(operation, params))
    body = _body(params)
    if template.STACK not in str(body):
        return set()  # no part of the template
    if service == "sqs":
        name = body.get("QueueUrl", body.get("QueueName", "")).rpartition("/")[2]
        # A process asks for a queue's address once; others may have been first here.
        return {("sqs:" + operation.removesuffix("Batch"), _noun(name)), ("sqs:GetQueueUrl", _noun(name))}
    if operation == "TransactWriteItems":
        return {
            (f"dynamodb:{_WRITES[kind]}", _noun(write["TableName"]))
            for each in body["TransactItems"]
            for kind, write in each.items()
        }
    if "RequestItems" in body:
        wanted = body["RequestItems"]
        return {(f"dynamodb:{operation}", _noun(name) + part) for name in wanted for part in _parts(name, wanted[name])}
    index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
    if "TableName" not in body:
        return set()
    if _noun(body["TableName"]) == "cache" and f'"S": "{_LOG_LEVEL}"' in json.dumps(body):
        return {(f"dynamodb:{operation}", f"cache#{_LOG_LEVEL}")}
    parts = _parts(body["TableName"], body.get("ExpressionAttributeValues")) if operation == "Query" else [""]
    return {(f"dynamodb:{operation}", _noun(body["TableName"]) + (index or part)) for part in parts}


def _parts(table_name: str, asked: Any) -> set[str]:
    """The kinds of resources that a request is about, as policies limit them: `#notifications`, `#deliveries`."""
    if _noun(table_name) != "resources":
        return {""}
    kinds = {kind for kind in _LIMITED_KINDS if f'"S": "{kind}"' in json.dumps(asked)}
    return {f"#{kind}" for kind in kinds} or {""}


def _of_objects(operation: str, params: dict[str, Any]) -> Iterator[Permission]:
    actions = [f"s3:{action}" for action in _OBJECT_ACTIONS[operation]]
    if operation == "ListObjectsV2":
        prefixes = [_prefix_of(str(params["query_string"].get("prefix", "")))]
    elif operation == "DeleteObjects":
        prefixes = [_prefix_of(key) for key in re.findall(r"<Key>([^<]*)</Key>", _text(params["body"]))]
    else:
        prefixes = [_prefix_of(_key_in(params["url_path"]))]
    yield from ((action, prefix) for action in actions for prefix in prefixes)
    if source := params["headers"].get("x-amz-copy-source"):
        yield "s3:GetObject", _prefix_of(_key_in(source))


def _key_in(path: str) -> str:
    """The key in a path, which may begin with the bucket's name."""
    return unquote(path).lstrip("/").removeprefix(f"{template.STACK}/")


def _text(body: Any) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)


def _prefix_of(key: str) -> str:
    """`files/a/b.mp4` -> `bucket/files`."""
    return f"bucket/{key.partition('/')[0]}"


def _noun(name: str) -> str:
    return name.removeprefix(f"{template.STACK}-")
