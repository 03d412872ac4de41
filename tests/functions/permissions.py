"""Whether a function may do in the cloud what it does here: requests are held against its policies in the template.

Who asks is known by the door that was entered: a group's application, a queue's handler.
"""

import contextvars
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from unittest import mock

import flask

from dlambda.aws import bucket, queue
from dlambda.entry import sqs
from dlambda.store import table
from local import template

_acting: contextvars.ContextVar[str] = contextvars.ContextVar("acting", default="")
_NAME = re.compile(r"\$\{(\w+)\.Arn\}(.*)")
_OBJECT_ACTIONS = {
    "HeadObject": ("GetObject",),
    "GetObject": ("GetObject",),
    "CopyObject": ("GetObject", "PutObject"),
    "PutObject": ("PutObject",),
    "CreateMultipartUpload": ("PutObject",),
    "UploadPart": ("PutObject",),
    "UploadPartCopy": ("GetObject", "PutObject"),
    "CompleteMultipartUpload": ("PutObject",),
    "AbortMultipartUpload": ("AbortMultipartUpload",),
    "DeleteObject": ("DeleteObject",),
    "DeleteObjects": ("DeleteObject",),
    "ListObjectsV2": ("ListBucket",),
}
# What the cloud answers with 404 before it asks anybody.
_ONE_MACHINES = frozenset({"/metrics"})
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}

Permission = tuple[str, str]  # action, what it is done to: `dynamodb:GetItem`, `items`


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

    def look(model: Any, params: dict[str, Any], **_: Any) -> None:
        module = _acting.get()
        if not module:
            return
        for permission in _needed(model.service_model.service_name, model.name, params):
            if permission not in allowed(module):
                found.add((module, *permission))

    clients = (table.connection().client, queue.client(), bucket.client())
    for client in clients:
        client.meta.events.register("before-call", look)
    try:
        with _doors_are_known():
            yield found
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", look)


@contextmanager
def _doors_are_known() -> Iterator[None]:
    """What comes in by a door, and in threads that are begun behind it, is asked by the door's function."""

    def enter(app: flask.Flask, **_: Any) -> None:
        if flask.request.path not in _ONE_MACHINES:
            _acting.set(app.name.replace("-", ""))

    def leave(_app: flask.Flask, **_: Any) -> None:
        _acting.set("")

    handled, submit = sqs._handled, ThreadPoolExecutor.submit

    def handled_as(handle: Any, record: Any, context: Any) -> bool:
        with acting_as(handle.__module__.partition(".")[0]):
            return handled(handle, record, context)

    def submitted(self: ThreadPoolExecutor, action: Any, *arguments: Any, **options: Any) -> Any:
        return submit(self, contextvars.copy_context().run, action, *arguments, **options)

    with (
        flask.request_started.connected_to(enter),
        flask.request_tearing_down.connected_to(leave),
        mock.patch.object(sqs, "_handled", handled_as),
        mock.patch.object(ThreadPoolExecutor, "submit", submitted),
    ):
        yield


def _body(params: dict[str, Any]) -> dict[str, Any]:
    body = params.get("body") or b"{}"
    return json.loads(body) if isinstance(body, str | bytes) else {}


def _needed(service: str, operation: str, params: dict[str, Any]) -> set[Permission]:
    if service == "s3":
        return {(f"s3:{action}", "bucket") for action in _OBJECT_ACTIONS[operation]}
    body = _body(params)
    if template.STACK not in str(body):
        return set()  # no part of the template
    if service == "sqs":
        name = body.get("QueueUrl", body.get("QueueName", "")).rpartition("/")[2]
        return {("sqs:" + operation.removesuffix("Batch"), _noun(name))}
    if operation == "TransactWriteItems":
        return {
            (f"dynamodb:{_WRITES[kind]}", _noun(write["TableName"]))
            for each in body["TransactItems"]
            for kind, write in each.items()
        }
    if "RequestItems" in body:
        return {(f"dynamodb:{operation}", _noun(name)) for name in body["RequestItems"]}
    index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
    return {(f"dynamodb:{operation}", _noun(body["TableName"]) + index)} if "TableName" in body else set()


def _noun(name: str) -> str:
    return name.removeprefix(f"{template.STACK}-")


@lru_cache(maxsize=64)
def allowed(module: str) -> frozenset[Permission]:
    """What the policies of the function behind `module` let it do, index names spelled out."""
    found: set[Permission] = set()
    for statement in _statements(module):
        for action in _list(statement["Action"]):
            for resource in _list(statement["Resource"]):
                found |= {(action, name) for name in _names(resource)}
    return frozenset(found)


def _statements(module: str) -> Iterator[dict[str, Any]]:
    resources = template.load()["Resources"]
    [function] = [
        each["Properties"]
        for each in resources.values()
        if each["Type"] == "AWS::Serverless::Function"
        and each["Properties"]["Handler"] == f"{module}.main.lambda_handler"
    ]
    for policy in function["Policies"]:
        if "Ref" in policy:
            yield from resources[policy["Ref"]]["Properties"]["PolicyDocument"]["Statement"]
        elif "Statement" in policy:
            yield from _list(policy["Statement"])
    for event in function.get("Events", {}).values():
        if event["Type"] == "SQS":  # what the mapping needs is granted with it
            yield {"Action": ["sqs:ReceiveMessage"], "Resource": event["Properties"]["Queue"]}


def _names(resource: Any) -> list[str]:
    """The noun of a table or queue; the indexes of a table one by one."""
    if isinstance(resource, str):
        return []
    if "Fn::GetAtt" in resource:
        target = resource["Fn::GetAtt"]
        return _own(target.split(".")[0] if isinstance(target, str) else target[0], "")
    match = _NAME.fullmatch(resource.get("Fn::Sub", ""))
    return _own(match[1], match[2]) if match else []


def _own(logical: str, suffix: str) -> list[str]:
    if logical == "Bucket":
        return ["bucket"]
    properties = template.load()["Resources"][logical]["Properties"]
    name = properties.get("TableName") or properties.get("QueueName")
    if not name:
        return []
    noun = name["Fn::Sub"].removeprefix("${AWS::StackName}-")
    indexes = [each["IndexName"] for each in properties.get("GlobalSecondaryIndexes", ())]
    return [f"{noun}/index/{index}" for index in indexes] if suffix == "/index/*" else [noun + suffix]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
