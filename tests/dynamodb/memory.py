"""Tables in the memory of this process: what a simulation of a thousand callers asks in place of the table engine.

Knows what the store asks for. It does one request after another and never refuses for load: that is `DynamoDB`'s part
(`engine.py`), which stands before it. `tests/store/test_memory_tables.py` holds it against the table engine.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.dynamodb.expressions import Row, Scope, condition, update
from tests.dynamodb.rows import Index, Json, Table, size
from tests.dynamodb.throughput import READ_UNIT_BYTES, units

Answer = tuple[int, Json]
_SERVICE = "com.amazonaws.dynamodb.v20120810#"
_FAILED = "ConditionalCheckFailed"
_MOST_READ_BYTES = 1_000_000
Key = tuple[str, ...]


class Memory:
    """The rows of all tables. Safe between threads."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._lock = threading.Lock()
        self._rows: dict[str, dict[Key, Row]] = {name: {} for name in tables}
        # (table, index) -> value of the partition key -> the rows that stand in it
        self._entries: dict[tuple[str, str], dict[str, dict[Key, Row]]] = defaultdict(lambda: defaultdict(dict))

    def ask(self, operation: str, body: Json) -> Answer:
        """Does an operation: (HTTP status, body)."""
        with self._lock:
            operations: dict[str, Callable[[Json], Answer]] = {
                "GetItem": self._get, "BatchGetItem": self._get_many, "Query": self._query, "Scan": self._scan,
                "PutItem": self._write_one, "UpdateItem": self._write_one, "DeleteItem": self._write_one,
                "BatchWriteItem": self._write_many, "TransactWriteItems": self._transact,
            }  # fmt: skip
            if operation in {"PutItem", "UpdateItem", "DeleteItem"}:
                return self._write_one({operation.removesuffix("Item"): body})
            return operations[operation](body)

    # Reads

    def _get(self, body: Json) -> Answer:
        row = self._rows[body["TableName"]].get(self._key(body["TableName"], body["Key"]))
        answer: Json = {"ConsumedCapacity": _consumed(body["TableName"], [row or {}], body)}
        return 200, answer | ({"Item": _projected(row, body)} if row is not None else {})

    def _get_many(self, body: Json) -> Answer:
        responses: Json = {}
        consumed = []
        for name, part in body["RequestItems"].items():
            rows = [self._rows[name].get(self._key(name, key)) for key in part["Keys"]]
            responses[name] = [_projected(row, part) for row in rows if row is not None]
            consumed.append(_consumed(name, [row or {} for row in rows], part))
        return 200, {"Responses": responses, "UnprocessedKeys": {}, "ConsumedCapacity": consumed}

    def _query(self, body: Json) -> Answer:
        table = self._tables[body["TableName"]]
        index = next((index for index in table.indexes if index.name == body.get("IndexName")), None)
        keys = (index or table).keys
        is_in_range = condition(body["KeyConditionExpression"])
        scope = _scope(body)
        rows = self._candidates(table, index, scope)
        in_range = [row for row in rows if is_in_range(row, scope)]
        in_range.sort(key=lambda row: _sort_key(row, keys), reverse=not body.get("ScanIndexForward", True))
        return self._read_in_order(table, keys, in_range, body)

    def _candidates(self, table: Table, index: Index | None, scope: Scope) -> Iterator[Row]:
        """Rows that may be in the queried partition: of those whose key is one of the request's values."""
        texts = [
            str(content) for value in scope.values.values() for content in value.values() if isinstance(content, str)
        ]
        place = (table.name, index.name if index else "")
        for text in dict.fromkeys(texts):
            yield from self._entries[place].get(text, {}).values()

    def _scan(self, body: Json) -> Answer:
        table = self._tables[body["TableName"]]
        return self._read_in_order(table, table.keys, sorted(self._rows[table.name].values(), key=str), body)

    def _read_in_order(self, table: Table, keys: tuple[str, ...], rows: list[Row], body: Json) -> Answer:
        """A page of `rows`: up to `Limit` or 1 MB, and then those of them that the filter lets through."""
        start, scope = body.get("ExclusiveStartKey"), _scope(body)
        names = tuple(dict.fromkeys((*keys, *table.keys)))
        if start:
            after = [all(row[name] == start[name] for name in names) for row in rows].index(True) + 1
            rows = rows[after:]
        page: list[Row] = []
        size_bytes = 0
        for row in rows:
            if len(page) == body.get("Limit", len(rows)) or size_bytes > _MOST_READ_BYTES:
                break
            page.append(row)
            size_bytes += size(row)
        test = condition(body["FilterExpression"]) if "FilterExpression" in body else lambda _row, _scope: True
        matches = [_projected(row, body) for row in page if test(row, scope)]
        answer: Json = {"Items": matches, "Count": len(matches), "ScannedCount": len(page)}
        if len(page) < len(rows):
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in names}
        return 200, answer | {"ConsumedCapacity": _consumed(table.name, [{"rows": {"S": "x" * size_bytes}}], body)}

    # Writes

    def _write_one(self, part: Json) -> Answer:
        if not self._holds(part):
            return 400, {
                "__type": _SERVICE + "ConditionalCheckFailedException",
                "message": "The conditional request failed",
            }
        body = next(iter(part.values()))
        row = self._apply(part)
        answer: Json = {"ConsumedCapacity": {"TableName": body["TableName"], "CapacityUnits": 1.0}}
        return 200, answer | ({"Attributes": row} if body.get("ReturnValues") == "ALL_NEW" else {})

    def _write_many(self, body: Json) -> Answer:
        for name, requests in body["RequestItems"].items():
            for request in requests:
                [(kind, part)] = request.items()
                self._apply({kind.removesuffix("Request"): {"TableName": name, **part}})
        return 200, {"UnprocessedItems": {}}

    def _transact(self, body: Json) -> Answer:
        codes = ["None" if self._holds(part) else _FAILED for part in body["TransactItems"]]
        if _FAILED in codes:
            reasons = [{"Code": code} for code in codes]
            message = (
                f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
            )
            kind = _SERVICE + "TransactionCanceledException"
            return 400, {"__type": kind, "message": message, "CancellationReasons": reasons}
        for part in body["TransactItems"]:
            self._apply(part)
        return 200, {}

    def _holds(self, part: Json) -> bool:
        body = next(iter(part.values()))
        if "ConditionExpression" not in body:
            return True
        key = self._key(body["TableName"], body.get("Item") or body["Key"])
        return condition(body["ConditionExpression"])(self._rows[body["TableName"]].get(key, {}), _scope(body))

    def _apply(self, part: Json) -> Row | None:
        """Does a put, update or delete; the row after it."""
        [(kind, body)] = part.items()
        name = body["TableName"]
        key = self._key(name, body.get("Item") or body["Key"])
        before = self._rows[name].get(key)
        after: Row | None = before
        if kind == "Put":
            after = body["Item"]
        elif kind == "Delete":
            after = None
        elif kind == "Update":
            new = {**(before or {}), **body["Key"]}
            update(body["UpdateExpression"])(before or {}, new, _scope(body))
            after = new
        self._store(name, key, before, after)
        return after

    def _store(self, name: str, key: Key, before: Row | None, after: Row | None) -> None:
        table = self._tables[name]
        for place, keys in (("", table.keys), *((index.name, index.keys) for index in table.indexes)):
            for row, is_new in ((before, False), (after, True)):
                if row is not None and all(part in row for part in keys):
                    entries = self._entries[name, place][_text(row, keys[0])]
                    if is_new:
                        entries[key] = row
                    else:
                        entries.pop(key, None)
        if after is None:
            self._rows[name].pop(key, None)
        else:
            self._rows[name][key] = after

    def _key(self, name: str, attributes: Row) -> Key:
        return tuple(_text(attributes, part) for part in self._tables[name].keys)


def _scope(body: Json) -> Scope:
    return Scope(body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {}))


def _text(row: Row, name: str) -> str:
    [(_, content)] = row[name].items()
    return str(content)


def _sort_key(row: Row, keys: tuple[str, ...]) -> Any:
    if len(keys) < 2:
        return 0
    [(kind, content)] = row[keys[1]].items()
    return float(content) if kind == "N" else str(content)


def _projected(row: Row, body: Json) -> Row:
    if "ProjectionExpression" not in body:
        return row
    scope = _scope(body)
    names = {scope.name(part.strip()) for part in body["ProjectionExpression"].split(",")}
    return {name: value for name, value in row.items() if name in names}


def _consumed(name: str, rows: list[Any], body: Json) -> Json:
    """Read units: half of them where the answer may be old."""
    share = 1.0 if body.get("ConsistentRead") else 0.5
    return {"TableName": name, "CapacityUnits": sum(units(size(row), READ_UNIT_BYTES) for row in rows) * share}
