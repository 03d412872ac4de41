"""Counts what goes to the table engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dlambda.store.table_connection import connection

READ_UNIT = 4096


@dataclass
class Cost:
    """What went to the table engine."""

    requests: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @property
    def units(self) -> int:
        """Consistent reads of the rows that came back; the engine's own account, where it gives one, is the same."""
        return sum(max(1, -(-size // READ_UNIT)) for size in self.sizes)


@contextmanager
def counted() -> Iterator[Cost]:
    cost = Cost()
    events = connection().client.meta.events

    def before(model: Any, **_: Any) -> None:
        cost.requests.append(model.name)

    def after(parsed: dict[str, Any], **_: Any) -> None:
        cost.sizes.extend(_size(row) for rows in parsed.get("Responses", {}).values() for row in rows)

    events.register("before-call.dynamodb", before)
    events.register("after-call.dynamodb", after)
    try:
        yield cost
    finally:
        events.unregister("before-call.dynamodb", before)
        events.unregister("after-call.dynamodb", after)


def _size(row: dict[str, Any]) -> int:
    """About what DynamoDB counts: names and contents."""
    total = 0
    for name, value in row.items():
        content = next(iter(value.values()))
        parts = content if isinstance(content, list) else [content]
        total += len(name) + sum(len(part) if isinstance(part, bytes | str) else 8 for part in parts)
    return total
