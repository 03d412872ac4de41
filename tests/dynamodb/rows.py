"""Rows as DynamoDB counts them: which of them a request names, their size, and where they stand in indexes."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from local import template

Json = dict[str, Any]
Image = Mapping[str, Mapping[str, Any]]
"""A row as DynamoDB writes it: attribute -> {type: value}."""


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index. `projected`: the attributes that it has beside keys; None for all."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None

    def entry(self, row: Image | None, table_keys: Iterable[str]) -> Image | None:
        """The entry of a row; None when it has none, as the row lacks one of its keys."""
        if row is None or any(key not in row for key in self.keys):
            return None
        if self.projected is None:
            return row
        names = self.projected.union(self.keys, table_keys)
        return {name: value for name, value in row.items() if name in names}


@dataclass(frozen=True, slots=True)
class Table:
    """A table's keys, the partition's first, and its indexes."""

    name: str
    keys: tuple[str, ...]
    indexes: tuple[Index, ...]


class RowKey(NamedTuple):
    """A row of a table: the values of its keys, as JSON."""

    table: str
    values: tuple[str, ...]


class Write(NamedTuple):
    """One write of a request. `item`: the row that a put brings."""

    kind: str
    row: RowKey
    key: Json
    item: Json | None = None


def tables(plan: template.Map) -> dict[str, Table]:
    """The template's tables, by the names that they have in the engine."""
    found = {}
    for table in plan.tables:
        name = f"{template.STACK}-{table.name}"
        indexes = table.definition.get("GlobalSecondaryIndexes", ())
        found[name] = Table(name, _keys(table.definition), tuple(_index(index) for index in indexes))
    return found


def _keys(definition: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in definition["KeySchema"])


def _index(definition: Mapping[str, Any]) -> Index:
    projection = definition["Projection"]
    projected = frozenset(projection.get("NonKeyAttributes", ()))
    is_whole = projection["ProjectionType"] == "ALL"
    return Index(definition["IndexName"], _keys(definition), None if is_whole else projected)


def row_key(table: Table, attributes: Mapping[str, Any]) -> RowKey:
    """The row that `attributes`, a key or a whole row, are of."""
    return RowKey(table.name, tuple(json.dumps(attributes[name], sort_keys=True) for name in table.keys))


_KINDS = {"Put": "put", "Update": "update", "Delete": "delete", "ConditionCheck": "check"}
_SINGLE = {"PutItem": "put", "UpdateItem": "update", "DeleteItem": "delete"}


def writes(tables_by_name: Mapping[str, Table], operation: str, body: Json) -> list[Write]:
    """The writes of a request, in its order; condition checks are among them."""
    if operation in _SINGLE:
        return [_write(tables_by_name, _SINGLE[operation], body)]
    if operation == "TransactWriteItems":
        return [
            _write(tables_by_name, _KINDS[kind], part) for item in body["TransactItems"] for kind, part in item.items()
        ]
    if operation == "BatchWriteItem":
        return [
            _write(tables_by_name, "put" if "PutRequest" in request else "delete", {"TableName": name, **part})
            for name, requests in body["RequestItems"].items()
            for request in requests
            for part in request.values()
        ]
    return []


def _write(tables_by_name: Mapping[str, Table], kind: str, part: Json) -> Write:
    table = tables_by_name[part["TableName"]]
    attributes = part.get("Item") or part["Key"]
    key = {name: attributes[name] for name in table.keys}
    return Write(kind, row_key(table, key), key, part.get("Item"))


def size(row: Image | None) -> int:
    """Bytes of a row: names and values, by DynamoDB's rules."""
    return sum(len(name.encode()) + _value_size(value) for name, value in (row or {}).items())


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    return sum(_part_sizes(kind, content))


def _part_sizes(kind: str, content: Any) -> Iterator[int]:
    if kind in {"SS", "NS", "BS"}:
        for part in content:
            yield from _part_sizes(kind[0], part)
    elif kind == "S":
        yield len(content.encode())
    elif kind == "N":
        yield len(content.lstrip("-").replace(".", "")) // 2 + 2
    elif kind == "B":
        yield len(base64.b64decode(content))
    elif kind == "L":
        yield 3 + sum(1 + _value_size(part) for part in content)
    elif kind == "M":
        yield 3 + sum(1 + len(name.encode()) + _value_size(part) for name, part in content.items())
    else:
        yield 1
