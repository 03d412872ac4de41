"""The log in the cloud: CloudWatch Logs, where all functions write into one group (docs/contract/system.md 6)."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from dlambda.deployment import current, per_deployment
from dlambda.domain.telemetry.log_line import Wanted, entry_of

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_DAY_MS: Final = 86_400_000
# It answers oldest first alone, so the newest are looked for in windows that grow backwards.
_WINDOWS_MS: Final = (300_000, 3_600_000, 6 * 3_600_000, _DAY_MS, 7 * _DAY_MS, 30 * _DAY_MS)


@per_deployment
def client() -> "CloudWatchLogsClient":
    logs: CloudWatchLogsClient = current().client("logs")
    return logs


def newest(skip: int, count: int, query: Wanted, now: float) -> tuple[list[dict[str, Any]], bool]:
    """`count` entries behind the `skip` newest, oldest first; and whether there are older ones."""
    end = int(now * 1000) + 1
    entries: list[dict[str, Any]] = []
    for window in _WINDOWS_MS:
        start = int(now * 1000) - window
        entries = [*_between(start, end, query), *entries]
        end = start
        if len(entries) > skip + count:
            break
    stop = len(entries) - skip
    return entries[max(0, stop - count) : max(0, stop)], stop > count


def since(start_ms: int, query: Wanted) -> list[tuple[int, dict[str, Any]]]:
    """Log events at `start_ms` or later, with their times (unix milliseconds)."""
    return [(event["timestamp"], _entry(event)) for event in _events(start_ms, None, query)]


def _between(start_ms: int, end_ms: int, query: Wanted) -> list[dict[str, Any]]:
    entries = (_entry(event) for event in _events(start_ms, end_ms - 1, query))
    return [entry for entry in entries if query.takes(entry)]


def _events(start_ms: int, end_ms: int | None, query: Wanted) -> Iterator[Any]:
    request: dict[str, Any] = {"logGroupName": current().hosting.log_group, "startTime": start_ms}
    if end_ms is not None:
        request["endTime"] = end_ms
    if pattern := _pattern(query):
        request["filterPattern"] = pattern
    while True:
        answer = client().filter_log_events(**request)
        yield from answer["events"]
        if not answer.get("nextToken"):
            return
        request["nextToken"] = answer["nextToken"]


def _pattern(query: Wanted) -> str:
    """Searched there as a text, so that nobody reads the whole log for one item."""
    return " ".join(json.dumps(text) for text in query.texts)


def _entry(event: Any) -> dict[str, Any]:
    return entry_of(event["message"].rstrip("\n"), str(event.get("eventId", event["timestamp"])))
