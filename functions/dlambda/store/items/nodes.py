"""Rows of the table `catalogue` by their names, with attributes that are not known beforehand."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pynamodb.attributes import UnicodeAttribute

from dlambda.store.table import Row

_BATCH: Final = 100
Answer = Mapping[str, Mapping[str, Any]]
"""A row as DynamoDB answers it: attribute -> {type: value}."""


class Node(Row):
    """A row that has any attributes beside its name."""

    class Meta:
        table_name = "catalogue"

    node = UnicodeAttribute(hash_key=True)


def read(names: Sequence[str]) -> dict[str, Answer]:
    """The rows that exist, by name, as they are now. A request for 100."""
    table = Node.table()
    rows: dict[str, Answer] = {}
    todo = list(dict.fromkeys(names))
    while todo:
        batch, todo = todo[:_BATCH], todo[_BATCH:]
        keys: Any = [{"node": name} for name in batch]  # its annotation says names alone, which it can't read
        answer = table.batch_get_item(keys, consistent_read=True)
        rows |= {row["node"]["S"]: row for row in answer["Responses"].get(table.table_name, ())}
        unprocessed = answer.get("UnprocessedKeys", {}).get(table.table_name, {}).get("Keys", ())
        todo = [str(key["node"]["S"]) for key in unprocessed] + todo
    return rows


def number(row: Answer, name: str) -> int:
    """An attribute that counts; 0 where the row has none."""
    return int(row[name]["N"]) if name in row else 0
