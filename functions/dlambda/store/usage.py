"""Counters of what the tables consume and refuse, in this process until somebody takes them."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dlambda.deployment import current, per_deployment

_TAKES_UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("GetItem", "BatchGetItem", "Query", "Scan"), "table_read_units_total"),
    **dict.fromkeys(
        ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"), "table_write_units_total"
    ),
}
CONFLICTS: Final = frozenset({"TransactionConflict", "TransactionConflictException"})
"""Codes of what met another write of the same row."""
THROTTLES: Final = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
    }
)
"""Codes of what was more than a table or a partition of it bears."""


class TableUsage:
    """Numbers by name and table (`""`: of all tables). Safe between threads."""

    def __init__(self, prefix: str) -> None:
        """`prefix`: what the tables' names begin with; numbers go by the rest."""
        self._prefix = prefix
        self._lock = threading.Lock()
        self._numbers: defaultdict[tuple[str, str], float] = defaultdict(float)

    def add(self, name: str, value: float = 1, table: str = "") -> None:
        with self._lock:
            self._numbers[name, table] += value

    def take(self) -> list[tuple[str, dict[str, str], float]]:
        """The numbers since the last call: name, labels, value."""
        with self._lock:
            numbers = dict(self._numbers)
            self._numbers.clear()
        return [(name, {"table": table} if table else {}, value) for (name, table), value in numbers.items()]

    def watch(self, client: Any) -> None:
        """Counts what a client of DynamoDB asks for from now on; each answer says what it has cost."""
        for operation in _TAKES_UNITS:
            client.meta.events.register(f"before-parameter-build.dynamodb.{operation}", _ask_for_units)
            client.meta.events.register(f"response-received.dynamodb.{operation}", self._note)

    def _note(self, event_name: str, parsed_response: Mapping[str, Any] | None, **_: Any) -> None:
        """Counts an answer of a table, also one that its client tries again by itself."""
        self.add("table_requests_total")
        if parsed_response is None:
            return
        name = _TAKES_UNITS[event_name.rpartition(".")[2]]
        for table, units in _units(parsed_response):
            self.add(name, units, table.removeprefix(self._prefix))
        codes = _codes(parsed_response)
        if not codes.isdisjoint(CONFLICTS):
            self.add("table_conflicts_total")
        if not codes.isdisjoint(THROTTLES):
            self.add("table_throttles_total")


def _ask_for_units(params: dict[str, Any], **_: Any) -> None:
    params.setdefault("ReturnConsumedCapacity", "TOTAL")


def _units(answer: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The units of an answer, by table."""
    consumed = answer.get("ConsumedCapacity") or ()
    for part in (consumed,) if isinstance(consumed, Mapping) else consumed:
        yield str(part["TableName"]), float(part["CapacityUnits"])


def _codes(answer: Mapping[str, Any]) -> set[str]:
    """Why a request was refused, by the codes of DynamoDB; empty when it was not."""
    reasons = answer.get("CancellationReasons") or ()
    return {str(answer.get("Error", {}).get("Code")), *(str(reason.get("Code")) for reason in reasons)}


@per_deployment
def usage() -> TableUsage:
    """The numbers of this process."""
    return TableUsage(current().settings.table_prefix)
