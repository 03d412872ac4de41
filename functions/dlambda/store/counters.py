"""Numbers that only grow, for everyone who counts together: one row, added to by whoever has something to add."""

from collections.abc import Mapping

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.operand import Path

from dlambda.store.table import Row

_KEY = "counters"
_PREFIX = "n~"
_AT_ONCE = 100


class _Row(Row):
    class Meta:
        table_name = "state"

    key = UnicodeAttribute(hash_key=True)


def add(numbers: Mapping[str, float]) -> None:
    """Adds each number to the one of its name."""
    names = list(numbers)
    for start in range(0, len(names), _AT_ONCE):
        batch = names[start : start + _AT_ONCE]
        _Row(_KEY).update(actions=[Path([_PREFIX + name]).add(numbers[name]) for name in batch])


def read() -> dict[str, float]:
    row = _Row.table().get_item(_KEY, consistent_read=True).get("Item", {})
    return {name.removeprefix(_PREFIX): float(value["N"]) for name, value in row.items() if name.startswith(_PREFIX)}
