"""Metrics: what is counted, and its formats for Prometheus and CloudWatch. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

PREFIX: Final = "dlambda_"
SECONDS_BUCKETS: Final = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400)
HELP: Final[Mapping[str, tuple[str, str]]] = {
    "items_finished_total": ("counter", "Items that ended with a file, by extractor."),
    "items_failed_total": ("counter", "Items that ended without one, by kind of failure and extractor."),
    "item_retries_total": ("counter", "Tries that failed and are made again, by kind of failure."),
    "item_seconds": ("histogram", "From the add of an item to its file."),
    "stored_bytes_total": ("counter", "Bytes of finished files."),
    "segments_made_total": ("counter", "Segments for players that had to be made."),
    "segments_reused_total": ("counter", "Segments for players that were there already."),
    "table_requests_total": ("counter", "Requests to the tables, with each try."),
    "table_conflicts_total": ("counter", "Writes that the tables refused because another one had a row of theirs."),
    "table_throttles_total": ("counter", "Requests that the tables refused because they were too many."),
    "table_retries_total": (
        "counter",
        "Writes made again: another one was faster, or they were refused.",
    ),
    "table_read_units_total": ("counter", "Read units that were consumed, by table."),
    "table_write_units_total": ("counter", "Write units that were consumed, by table, its indexes included."),
    "queue_items": ("gauge", "Items in the queue, by status."),
    "queue_messages": ("gauge", "Messages in the queues between functions, about."),
    "workers_busy": ("gauge", "Downloads under way that hold a slot."),
    "key_tasks_busy": ("gauge", "Tasks of the key API under way."),
    "paused": ("gauge", "1 while downloads are paused."),
    "history_items": ("gauge", "Items in the history."),
    "up": ("gauge", "1 when the part answers."),
    "info": ("gauge", "Versions."),
    "node": ("gauge", "Machines that serve this deployment together."),
}

Labels = Mapping[str, str]


def series(name: str, labels: Labels) -> str:
    """`name{a="b"}`: what a number is kept under."""
    if not labels:
        return name
    inside = ",".join(f'{key}="{_escape(value)}"' for key, value in sorted(labels.items()))
    return f"{name}{{{inside}}}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def seconds_observed(name: str, seconds: float) -> dict[str, float]:
    """The change of a histogram's series by one observation."""
    buckets = {series(f"{name}_bucket", {"le": str(le)}): 1.0 for le in SECONDS_BUCKETS if seconds <= le}
    return {**buckets, series(f"{name}_bucket", {"le": "+Inf"}): 1.0, f"{name}_sum": seconds, f"{name}_count": 1.0}


_OF_HISTOGRAM: Final = re.compile(r"_(?:bucket|sum|count)$")


def exposition(numbers: Mapping[str, float]) -> str:
    """Prometheus' text format; series of one metric stand together below its help."""
    lines: list[str] = []
    for name, (kind, text) in HELP.items():
        keys = [key for key in numbers if _metric_of(key) == name]
        if not keys:
            continue
        lines += [f"# HELP {PREFIX}{name} {text}", f"# TYPE {PREFIX}{name} {kind}"]
        lines += [f"{PREFIX}{key} {numbers[key]:.16g}" for key in sorted(keys, key=_order)]
    return "\n".join(lines) + "\n"


def _metric_of(key: str) -> str:
    name = key.partition("{")[0]
    short = _OF_HISTOGRAM.sub("", name)
    return short if HELP.get(short, ("",))[0] == "histogram" else name


def _order(key: str) -> tuple[str, float, str]:
    """Buckets by their limit."""
    match = re.search(r'[{,]le="([^"]+)"', key)
    return key.partition("{")[0], float(match[1].replace("+Inf", "inf")) if match else 0.0, key


_DIMENSIONS: Final = ("kind", "status")


def logged(name: str, labels: Labels, value: float) -> str:
    """A line of the log that searches of it can sum up."""
    return json.dumps({**labels, name: value})


def embedded(numbers: Iterable[tuple[str, Labels, float]], now_ms: int, namespace: str) -> list[str]:
    """Lines in CloudWatch's embedded metric format, one per number.

    Each series costs money by the month. So a number counts as a whole and, where there is one, by its kind or status;
    the other labels, of which there are as many as sites, are fields that the log is searched by.
    """
    return [json.dumps(_embed(name, labels, value, now_ms, namespace)) for name, labels, value in numbers]


def _embed(name: str, labels: Labels, value: float, now_ms: int, namespace: str) -> dict[str, Any]:
    unit = "Seconds" if name.endswith("_seconds") else "Bytes" if "_bytes" in name else "Count"
    about = {
        "Namespace": namespace,
        "Dimensions": [[], *([name] for name in _DIMENSIONS if name in labels)],
        "Metrics": [{"Name": name, "Unit": unit}],
    }
    return {"_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [about]}, **labels, name: value}
