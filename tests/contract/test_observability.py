"""Alarms and the dashboard look at metrics and log lines that exist: what functions write, what AWS's services have."""

import ast
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dlambda.domain.telemetry.metric import HELP, embedded
from dlambda.entry.logs import JsonLines
from local import template

RESOURCES = template.load()["Resources"]
OWN = "stack"
# Namespace -> metric -> the dimensions that it is looked at by, as the services' documentation has them.
OF_SERVICES: dict[str, dict[str, set[tuple[str, ...]]]] = {
    "AWS/SQS": {
        name: {("QueueName",)} for name in ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")
    },
    "AWS/Lambda": {"Errors": {("FunctionName",), ()}, "Throttles": {("FunctionName",), ()}},
    "AWS/DynamoDB": {"TransactionConflict": {("TableName",)}},
    "AWS/ApiGateway": {name: {("ApiId",)} for name in ("Count", "4xx", "5xx", "Latency")},
}
# Fields of what Lambda itself writes at the end of an invocation, in its JSON format.
OF_PLATFORM = {"type", "record.status", "record.metrics.billedDurationMs", "record.metrics.memorySizeMB"}
_FUNCTIONS = frozenset({"count", "observe_seconds"})


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == kind}


def counted() -> Iterator[tuple[str, frozenset[str]]]:
    """Name and labels of each metric that some line of the functions counts."""
    for path in (template.ROOT / "functions").rglob("*.py"):
        text = path.read_text()
        if "events.measure" not in text and path.name != "measure.py":
            continue
        for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in _FUNCTIONS and call.args and isinstance(call.args[0], ast.Constant):
                yield str(call.args[0].value), frozenset(keyword.arg or "" for keyword in call.keywords)


WRITTEN = set(counted())


def own_metrics() -> dict[str, set[tuple[str, ...]]]:
    """Name -> dimensions, of what functions write and of what is counted in the log."""
    metrics: dict[str, set[tuple[str, ...]]] = {}
    for name, labels in WRITTEN:
        [line] = embedded([(name, dict.fromkeys(labels, "x"), 1.0)], 0, OWN)
        [about] = json.loads(line)["_aws"]["CloudWatchMetrics"]
        metrics.setdefault(name, set()).update(map(tuple, about["Dimensions"]))
    for each in of_type("AWS::Logs::MetricFilter").values():
        [transformation] = each["MetricTransformations"]
        assert transformation["MetricNamespace"] == {"Ref": "AWS::StackName"}
        metrics[transformation["MetricName"]] = {()}
    return metrics


METRICS = {OWN: own_metrics(), **OF_SERVICES}


def test_what_is_counted_is_described() -> None:
    assert {name for name, _ in WRITTEN} <= HELP.keys()
    assert {"queue_items", "items_failed_total", "item_seconds"} <= {name for name, _ in WRITTEN}


@pytest.mark.parametrize("name", sorted(of_type("AWS::CloudWatch::Alarm")))
def test_an_alarm_looks_at_a_metric_that_exists(name: str) -> None:
    alarm = of_type("AWS::CloudWatch::Alarm")[name]
    namespace = alarm["Namespace"] if isinstance(alarm["Namespace"], str) else OWN
    dimensions = tuple(each["Name"] for each in alarm.get("Dimensions", ()))
    assert dimensions in METRICS[namespace][alarm["MetricName"]]
    # What takes no value for long is at rest, not in danger.
    assert alarm["TreatMissingData"] == "notBreaching"


def widgets() -> list[dict[str, Any]]:
    body = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    names = re.sub(r"\$\{([A-Za-z]+)\}", r"\1", body.replace("${AWS::StackName}", OWN).replace("${AWS::Region}", "r"))
    return [each["properties"] for each in json.loads(names)["widgets"]]


def lines_of(metrics: list[list[Any]]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Namespace, name and dimensions of a widget's lines, whose shorthands repeat the line before."""
    before: list[str] = []
    for line in metrics:
        if "expression" in line[0]:
            scheme, name = re.findall(r"\{([^}]+)\}.*?(\w+)'", line[0]["expression"])[0]
            namespace, *dimensions = scheme.split(",")
            yield namespace, name, tuple(dimensions)
            continue
        words = [word for word in line if isinstance(word, str)]
        if words[0] == "...":
            words = before[: len(before) - len(words) + 1] + words[1:]
        words = [before[place] if word == "." else word for place, word in enumerate(words)]
        before = words
        yield words[0], words[1], tuple(words[2::2])


@pytest.mark.parametrize("widget", [each for each in widgets() if "metrics" in each], ids=lambda each: each["title"])
def test_a_widget_shows_metrics_that_exist(widget: dict[str, Any]) -> None:
    lines = list(lines_of(widget["metrics"]))
    assert lines
    for namespace, name, dimensions in lines:
        assert dimensions in METRICS[namespace][name], name


def fields_of(query: str) -> set[str]:
    """The names that a query asks for, without those that it makes itself, its functions and its words."""
    made = set(re.findall(r" as (\w+)", query))
    plain = re.sub(r"'[^']*'|SOURCE|\b(filter|ispresent|stats|sum|as|by|sort|desc|limit)\b", " ", query)
    return {word for word in re.findall(r"[a-zA-Z_][\w.]*", plain) if word not in made}


@pytest.mark.parametrize("widget", [each for each in widgets() if "query" in each], ids=lambda each: each["title"])
def test_a_table_of_the_log_asks_for_fields_that_lines_have(widget: dict[str, Any]) -> None:
    of_metrics = {name for name, _ in WRITTEN} | {label for _, labels in WRITTEN for label in labels}
    assert fields_of(widget["query"]) <= of_metrics | OF_PLATFORM


def test_filters_of_the_log_ask_for_fields_that_lines_have() -> None:
    ours = json.loads(JsonLines().format(logging.makeLogRecord({"levelname": "ERROR"})))
    assert ours["level"] == "ERROR"
    patterns = [each["FilterPattern"] for each in of_type("AWS::Logs::MetricFilter").values()]
    for pattern in patterns:
        assert set(re.findall(r"\$\.([\w.]+)", pattern)) <= OF_PLATFORM | ours.keys()
