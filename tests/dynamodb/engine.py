"""The table engine of one machine, made to refuse what DynamoDB refuses.

The engine does one request after another, so that no two ever meet. In front of it, `DynamoDB` gives each request the
time that a network and three copies take, and refuses as the documentation of DynamoDB says:

- a transaction, condition checks included, that meets another one at a row: `TransactionConflict`;
- a single write that meets a transaction: `TransactionConflictException`; in a batch it stays unprocessed;
- a transaction of reads that meets one of writes: `TransactionConflict`;
- more than 1,000 write units or 3,000 read units a second of one partition key, of a table or an index.

A failed condition and everything else is the engine's own answer. What is refused before the engine is asked costs no units.
"""

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.dynamodb import throughput
from tests.dynamodb.rows import Image, Json, RowKey, Table, Write, row_key, writes
from tests.dynamodb.throughput import Partition, Throughput

Answer = tuple[int, Json]
Ask = Callable[[str, Json], Answer]
"""Has the engine do an operation: `ask("GetItem", body)` -> (HTTP status, body)."""
_SERVICE = "com.amazonaws.dynamodb.v20120810#"
_TOO_MUCH = "Throughput exceeds the current capacity of your table or index."
_CONFLICT = "Transaction is ongoing for the item"
_REFUSALS = {
    "TransactionConflict", "TransactionConflictException", "ThrottlingError", "ProvisionedThroughputExceededException",
}  # fmt: skip
_READ_AT_ONCE = 100
_HASH_CONDITION = r"(?:^|[\s(])({name})\s*=\s*(:\w+)"


@dataclass
class Account:
    """What was asked for, refused and consumed."""

    requests: Counter[str] = field(default_factory=Counter)
    conflicts: Counter[str] = field(default_factory=Counter)
    throttles: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    conflicting_rows: Counter[RowKey] = field(default_factory=Counter)
    write_units: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    read_units: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    units_by_partition: defaultdict[Partition, float] = field(default_factory=lambda: defaultdict(float))


class DynamoDB:
    """The state of one database. Safe between threads."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        *,
        sleep: Callable[[float], object],
        monotonic: Callable[[], float],
        random: Random,
        latency_seconds: tuple[float, float] = (0.005, 0.012),
        is_empty: bool = False,
    ) -> None:
        """`latency_seconds`: the shortest and the longest time that a request takes, and a transaction has its rows.

        `is_empty`: no row was there before, so none has to be read before its first write.
        """
        self._is_empty = is_empty
        self._tables, self._sleep, self._random, self._latency = tables, sleep, random, latency_seconds
        self._lock = threading.Lock()
        self._in_transactions: Counter[RowKey] = Counter()
        self._writing = Throughput(throughput.WRITE_UNITS_PER_SECOND, monotonic)
        self._reading = Throughput(throughput.READ_UNITS_PER_SECOND, monotonic)
        self._images: dict[RowKey, Image | None] = {}
        self.account = Account()

    def answer(self, operation: str, body: Json, ask: Ask) -> Answer:
        """Does an operation in the engine that `ask` reaches, or refuses it."""
        status, answer = self._answer(operation, body | {"ReturnConsumedCapacity": "INDEXES"}, ask)
        with self._lock:
            self.account.requests[operation] += 1
            self.account.refused[operation] += _is_refusal(answer)
        return status, answer

    def _answer(self, operation: str, body: Json, ask: Ask) -> Answer:
        if operation == "TransactWriteItems":
            return self._transact(operation, body, ask)
        self._sleep(self._random.uniform(*self._latency))
        if operation in {"PutItem", "UpdateItem", "DeleteItem"}:
            return self._write_one(operation, body, ask)
        if operation == "BatchWriteItem":
            return self._write_batch(operation, body, ask)
        if operation == "TransactGetItems":
            return self._transact_get(operation, body, ask)
        return self._read(operation, body, ask)

    def _transact(self, operation: str, body: Json, ask: Ask) -> Answer:
        changes = writes(self._tables, operation, body)
        self._remember(changes, ask)
        with self._hold(changes) as codes:
            self._sleep(self._random.uniform(*self._latency))
            if any(codes):
                return _cancelled(codes)
            answer = ask(operation, body)
            self._settle(changes, answer, ask, 2)
            return answer

    @contextmanager
    def _hold(self, changes: Sequence[Write]) -> Iterator[list[str]]:
        """Has the rows, unless one is another's or its partition gives no more: then a code says which, in order."""
        with self._lock:
            codes = [self._refusal(write) for write in changes]
            held = [] if any(codes) else [write.row for write in changes]
            self._in_transactions.update(held)
        try:
            yield codes
        finally:
            with self._lock:
                self._in_transactions -= Counter(held)

    def _refusal(self, write: Write) -> str:
        """`""` for a write that a transaction may make now."""
        if self._in_transactions[write.row]:
            self.account.conflicts["TransactWriteItems"] += 1
            self.account.conflicting_rows[write.row] += 1
            return "TransactionConflict"
        return "ThrottlingError" if self._is_throttled(write) else ""

    def _is_throttled(self, write: Write) -> bool:
        table = self._tables[write.row.table]
        partitions = {throughput.base_partition(table, write.key)}
        for image in (self._images.get(write.row), write.item):
            partitions.update(throughput.index_partitions(table, image))
        if exhausted := [partition for partition in partitions if self._writing.is_exhausted(partition)]:
            self.account.throttles.update(partition.place for partition in exhausted)
        return bool(exhausted)

    def _write_one(self, operation: str, body: Json, ask: Ask) -> Answer:
        [write] = writes(self._tables, operation, body)
        self._remember([write], ask)
        with self._lock:
            if self._in_transactions[write.row]:
                self.account.conflicts[operation] += 1
                self.account.conflicting_rows[write.row] += 1
                return _error("TransactionConflictException", _CONFLICT)
            if self._is_throttled(write):
                return _error("ProvisionedThroughputExceededException", _TOO_MUCH)
        answer = ask(operation, body)
        self._settle([write], answer, ask, 1)
        return answer

    def _write_batch(self, operation: str, body: Json, ask: Ask) -> Answer:
        changes = writes(self._tables, operation, body)
        self._remember(changes, ask)
        now: dict[str, list[Json]] = {}
        later: dict[str, list[Json]] = {}
        order = iter(changes)
        done: list[Write] = []
        with self._lock:
            for name, requests in body["RequestItems"].items():
                for request in requests:
                    write = next(order)
                    is_refused = self._in_transactions[write.row] > 0 or self._is_throttled(write)
                    (later if is_refused else now).setdefault(name, []).append(request)
                    done += [] if is_refused else [write]
        if not now:
            return _error("ProvisionedThroughputExceededException", _TOO_MUCH)
        status, answer = ask(operation, body | {"RequestItems": now})
        self._settle(done, (status, answer), ask, 1)
        if status == 200:
            answer["UnprocessedItems"] = later
        return status, answer

    def _transact_get(self, operation: str, body: Json, ask: Ask) -> Answer:
        gets = [part["Get"] for part in body["TransactItems"]]
        with self._lock:
            rows = [row_key(self._tables[part["TableName"]], part["Key"]) for part in gets]
            codes = ["TransactionConflict" if self._in_transactions[row] else "" for row in rows]
            self.account.conflicts[operation] += sum(map(bool, codes))
        return _cancelled(codes) if any(codes) else self._read(operation, body, ask)

    def _read(self, operation: str, body: Json, ask: Ask) -> Answer:
        partitions = list(self._read_partitions(operation, body))
        with self._lock:
            if any(self._reading.is_exhausted(partition) for partition in partitions):
                self.account.throttles.update(partition.place for partition in partitions)
                return _error("ProvisionedThroughputExceededException", _TOO_MUCH)
        status, answer = ask(operation, body)
        with self._lock:
            for table, consumed in _consumed(answer):
                self.account.read_units[table] += consumed
                of_table = [partition for partition in partitions if partition.place.startswith(table)]
                for partition in of_table:
                    self._reading.take(partition, consumed / len(of_table))
        return status, answer

    def _read_partitions(self, operation: str, body: Json) -> Iterator[Partition]:
        if operation == "GetItem":
            yield throughput.base_partition(self._tables[body["TableName"]], body["Key"])
        elif operation == "BatchGetItem":
            for name, part in body["RequestItems"].items():
                yield from (throughput.base_partition(self._tables[name], key) for key in part["Keys"])
        elif operation == "Query":
            yield self._queried(body)

    def _queried(self, body: Json) -> Partition:
        """The partition that a query reads."""
        table = self._tables[body["TableName"]]
        index = next((index for index in table.indexes if index.name == body.get("IndexName")), None)
        hash_name = (index or table).keys[0]
        names = [alias for alias, name in body.get("ExpressionAttributeNames", {}).items() if name == hash_name]
        pattern = _HASH_CONDITION.format(name="|".join(map(re.escape, [hash_name, *names])))
        match = re.search(pattern, body["KeyConditionExpression"])
        value = body["ExpressionAttributeValues"][match[2]] if match else {"S": ""}
        [text] = value.values()
        return Partition(f"{table.name}/{index.name}" if index else table.name, str(text))

    def _remember(self, changes: Sequence[Write], ask: Ask) -> None:
        """Learns the rows that are to be written and were not seen before."""
        if not self._is_empty:
            self._look([write for write in changes if write.row not in self._images], ask)

    def _look(self, changes: Sequence[Write], ask: Ask) -> None:
        """Reads rows as they are: a write is measured by the larger one of before and after."""
        unique = list({write.row: write for write in changes}.values())
        for start in range(0, len(unique), _READ_AT_ONCE):
            batch = unique[start : start + _READ_AT_ONCE]
            keys: dict[str, Any] = {}
            for write in batch:
                keys.setdefault(write.row.table, {"Keys": [], "ConsistentRead": True})["Keys"].append(write.key)
            _, answer = ask("BatchGetItem", {"RequestItems": keys})
            images = {
                row_key(self._tables[name], image): image
                for name, rows in answer.get("Responses", {}).items()
                for image in rows
            }
            self._images |= {write.row: images.get(write.row) for write in batch}

    def _settle(self, changes: Sequence[Write], answer: Answer, ask: Ask, factor: int) -> None:
        """Books what a write has cost; a failed condition costs as much as a write that changes nothing."""
        before = {write.row: self._images.get(write.row) for write in changes}
        if answer[0] == 200:
            self._images |= {write.row: write.item for write in changes if write.kind in {"put", "delete"}}
            self._look([write for write in changes if write.kind == "update"], ask)
        with self._lock:
            for write in changes:
                table, after = self._tables[write.row.table], self._images.get(write.row)
                for partition, units in throughput.write_costs(
                    table, write.key, before[write.row], after, factor
                ).items():
                    self._writing.take(partition, units)
                    self.account.units_by_partition[partition] += units
                    self.account.write_units[partition.place.partition("/")[0]] += units


def _consumed(answer: Json) -> Iterator[tuple[str, float]]:
    """The read units of an answer, by table."""
    consumed = answer.get("ConsumedCapacity", [])
    for part in consumed if isinstance(consumed, list) else [consumed]:
        yield part["TableName"], float(part["CapacityUnits"])


def _is_refusal(answer: Json) -> bool:
    """True for what was refused before the engine was asked."""
    codes = {answer.get("__type", "").removeprefix(_SERVICE)}
    codes.update(reason.get("Code") for reason in answer.get("CancellationReasons", ()))
    return not codes.isdisjoint(_REFUSALS)


def _error(code: str, message: str, **more: Any) -> Answer:
    return 400, {"__type": _SERVICE + code, "message": message, **more}


def _cancelled(codes: Sequence[str]) -> Answer:
    reasons = [{"Code": code, "Message": _CONFLICT} if code else {"Code": "None"} for code in codes]
    text = ", ".join(code or "None" for code in codes)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{text}]"
    return _error("TransactionCanceledException", message, CancellationReasons=reasons)
