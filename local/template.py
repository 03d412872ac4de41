"""`template.yaml` as values: which function answers which route, what wakes it, what must exist.

Only what one machine needs is read; intrinsic functions are followed as far as the template uses them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from local.language_extensions import TemplateError, expand

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
STACK = "dlambda"
REGION = "us-east-1"
_TABLE_KEYS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.Arn)?\}")
_GREEDY = "/{proxy+}"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Function:
    """`module` has the attribute `attribute` (and, for an HTTP group, `app`)."""

    name: str
    module: str
    attribute: str
    timeout_seconds: int


@dataclass(frozen=True, slots=True)
class Route:
    """`path` without its trailing slash; a greedy one also answers everything below it. `method` may be ANY."""

    method: str
    path: str
    greedy: bool
    function: Function


@dataclass(frozen=True, slots=True)
class Consumer:
    """A function behind a queue. `concurrency` is a number, or the name of the parameter that holds it."""

    queue: str
    function: Function
    batch_size: int
    concurrency: int | str


@dataclass(frozen=True, slots=True)
class Queue:
    """`dead_letters` names the queue for messages that were received `max_receives` times in vain."""

    name: str
    visibility_seconds: int
    dead_letters: str = ""
    max_receives: int = 0

    def definition(self, prefix: str = f"{STACK}-", dead_letters_arn: str = "") -> dict[str, Any]:
        """The body of CreateQueue. `dead_letters_arn`: that queue's, where the service is not ours."""
        attributes = {"VisibilityTimeout": str(self.visibility_seconds)}
        if self.dead_letters:
            arn = dead_letters_arn or f"arn:aws:sqs:{REGION}:000000000000:{prefix}{self.dead_letters}"
            redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": self.max_receives}
            attributes["RedrivePolicy"] = json.dumps(redrive)
        return {"QueueName": prefix + self.name, "Attributes": attributes}


@dataclass(frozen=True, slots=True)
class Table:
    """`definition` is the body of CreateTable without the name; `ttl` the attribute of expiry, or empty."""

    name: str
    definition: Json
    ttl: str


@dataclass(frozen=True, slots=True)
class Map:
    """The parts that one machine builds from the template."""

    routes: tuple[Route, ...]
    socket: Function
    consumers: tuple[Consumer, ...]
    scheduled: tuple[Function, ...]
    tables: tuple[Table, ...]
    queues: tuple[Queue, ...]


class _Loader(yaml.SafeLoader if not hasattr(yaml, "CSafeLoader") else yaml.CSafeLoader):  # type: ignore[misc]
    """Reads `!Sub x` as `{"Fn::Sub": x}`."""


def _intrinsic(loader: Any, suffix: str, node: yaml.Node) -> Json:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load(path: Path = TEMPLATE) -> Json:
    """The template as plain values, its loops expanded. Raises `TemplateError`."""
    return parse(path.read_bytes())


def parse(text: str | bytes) -> Json:
    """A template's text as plain values, its loops expanded. Raises `TemplateError`."""
    return expand(yaml.load(text, Loader=_Loader))  # noqa: S506 a SafeLoader with tags


@lru_cache(maxsize=1)
def read(path: Path = TEMPLATE) -> Map:
    """The map that the template draws, read once. Raises `TemplateError`."""
    return _Reader(load(path)).read()


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._resources: Mapping[str, Json] = document["Resources"]
        self._globals: Json = document.get("Globals", {}).get("Function", {})

    def read(self) -> Map:
        return Map(
            routes=tuple(sorted(self._routes(), key=lambda route: (-len(route.path), route.greedy))),
            socket=self._socket(),
            consumers=tuple(self._consumers()),
            scheduled=tuple(self._schedule()),
            tables=tuple(self._tables()),
            queues=tuple(self._queues()),
        )

    def _of(self, kind: str) -> Iterator[tuple[str, Json]]:
        return (
            (name, resource["Properties"]) for name, resource in self._resources.items() if resource["Type"] == kind
        )

    def _function(self, name: str) -> Function:
        properties = self._resources[name]["Properties"]
        module, _, attribute = properties["Handler"].rpartition(".")
        timeout = properties.get("Timeout", self._globals.get("Timeout", 3))
        return Function(name, module, attribute, int(timeout))

    def _functions_of(self, event_type: str) -> Iterator[tuple[Function, Json]]:
        for name, properties in self._of("AWS::Serverless::Function"):
            for event in properties.get("Events", {}).values():
                if event["Type"] == event_type:
                    yield self._function(name), event["Properties"]

    def _target(self, route: Json) -> Function:
        integration = self._resources[_reference(route["Target"])]["Properties"]
        return self._function(_reference(integration["IntegrationUri"]))

    def _api_routes(self, protocol: str) -> Iterator[tuple[str, Json]]:
        apis = {name for name, api in self._of("AWS::ApiGatewayV2::Api") if api["ProtocolType"] == protocol}
        for _, route in self._of("AWS::ApiGatewayV2::Route"):
            if route["ApiId"]["Ref"] in apis:
                yield route["RouteKey"], route

    def _routes(self) -> Iterator[Route]:
        for key, route in self._api_routes("HTTP"):
            method, _, path = key.partition(" ")
            greedy = path.endswith(_GREEDY)
            path = path.removesuffix(_GREEDY)
            if "{" in path:
                raise TemplateError(f"route {key}: only {_GREEDY} at the end is understood")
            yield Route(method, path.rstrip("/"), greedy, self._target(route))

    def _socket(self) -> Function:
        routes = dict(self._api_routes("WEBSOCKET"))
        functions = {self._target(routes[key]) for key in ("$connect", "$disconnect", "$default")}
        if len(functions) != 1:
            raise TemplateError("the WebSocket routes must lead to one function")
        return functions.pop()

    def _consumers(self) -> Iterator[Consumer]:
        for function, event in self._functions_of("SQS"):
            limit = event["ScalingConfig"]["MaximumConcurrency"]
            yield Consumer(
                queue=self._queue_name(event["Queue"]),
                function=function,
                batch_size=event["BatchSize"],
                concurrency=limit["Ref"] if isinstance(limit, dict) else limit,
            )

    def _schedule(self) -> Iterator[Function]:
        for function, event in self._functions_of("Schedule"):
            if event["Schedule"] != "rate(1 minute)":
                raise TemplateError(f"{function.name}: the ticker of one machine knows rate(1 minute) alone")
            yield function

    def _tables(self) -> Iterator[Table]:
        for _, table in self._of("AWS::DynamoDB::Table"):
            definition = {key: table[key] for key in _TABLE_KEYS if key in table}
            ttl = table.get("TimeToLiveSpecification", {}).get("AttributeName", "")
            yield Table(_own_name(table["TableName"]), definition, ttl)

    def _queue_name(self, arn: Json) -> str:
        return _own_name(self._resources[_reference(arn)]["Properties"]["QueueName"])

    def _queues(self) -> Iterator[Queue]:
        """Dead-letter queues first, so that each may name one that exists."""
        queues = [queue for _, queue in self._of("AWS::SQS::Queue")]
        for queue in sorted(queues, key=lambda properties: "RedrivePolicy" in properties):
            redrive = queue.get("RedrivePolicy", {})
            yield Queue(
                name=_own_name(queue["QueueName"]),
                visibility_seconds=queue.get("VisibilityTimeout", 30),
                dead_letters=self._queue_name(redrive["deadLetterTargetArn"]) if redrive else "",
                max_receives=redrive.get("maxReceiveCount", 0),
            )


def _reference(value: Json) -> str:
    """The resource that a Ref, GetAtt or Sub names (one of its own, not AWS::...)."""
    if "Ref" in value:
        return str(value["Ref"])
    if "Fn::GetAtt" in value:
        target = value["Fn::GetAtt"]
        return str(target.split(".")[0] if isinstance(target, str) else target[0])
    if match := _REFERENCE.search(value.get("Fn::Sub", "")):
        return match.group(1)
    raise TemplateError(f"{value} names no resource")


def _own_name(value: Json) -> str:
    """`items` of `!Sub "${AWS::StackName}-items"`."""
    return str(value["Fn::Sub"]).removeprefix("${AWS::StackName}-")
