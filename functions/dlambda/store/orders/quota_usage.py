"""How many bytes the orders of a key, and of all keys, have brought lately: exact, counted while they arrive.

Table `keys`, partition `meters`: a row for each key with `total` and an entry `o~<order>` of `<bytes>~<unix seconds>`
for each order that counts. An order of a key that another key made has an entry `c~<order>` in the row of each of its
makers as well. What all keys together may still bring is in rows of its own (`shared_quota.py`). Every change of an
entry moves all totals in the same transaction. An entry counts until it has not grown for the quota's time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from dlambda.store.orders import shared_quota
from dlambda.store.table import ConditionFailed, Row, Transaction

_METERS = "meters"
_ALL = "*"
_ENTRY = "o~"
_CHILDS = "c~"
_FULL = "the key has no bytes left"
_ALL_FULL = "no bytes are left"
_TRIES = 10


class _Row(Row):
    class Meta:
        table_name = "keys"

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    total = NumberAttribute(null=True)


class OverQuota(Exception):
    """The bytes would be too many: of the key, or with `of_all` of all keys together."""

    def __init__(self, *, of_all: bool) -> None:
        super().__init__("of all keys" if of_all else "of the key")
        self.of_all = of_all


@dataclass(frozen=True, slots=True)
class Meter:
    """The bytes that are counted of an order."""

    key_id: str
    order_id: str
    bytes: int = 0
    entry: str | None = None

    @classmethod
    def of(cls, key_id: str, order_id: str) -> Self:
        """As it stands in the table: a worker that takes over goes on from there."""
        entry = _entries(key_id).get(_ENTRY + order_id)
        return cls(key_id, order_id, _bytes(entry) if entry else 0, entry)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes: of the key, of each of its makers (by id), of all keys together. `seconds`: how long an entry counts."""

    key: int
    all: int
    seconds: float
    makers: Mapping[str, int] = field(default_factory=dict)


def raise_to(meter: Meter, size_bytes: int, now: float, limits: Limits) -> Meter:
    """Counts the order with `size_bytes` in all. Raises `OverQuota`, and then counts nothing more."""
    shared_quota.adopt(limits.all)
    for _ in range(_TRIES):  # each time something has made room, or another worker counted
        growth = size_bytes - meter.bytes
        if growth <= 0:
            return meter
        entry = f"{size_bytes}~{now:.0f}"
        try:
            _change(meter, entry, growth, limits)
        except ConditionFailed as refused:
            if refused.reasons == (_ALL_FULL,) and shared_quota.free_quota(meter.order_id, growth, limits.all):
                continue
            freed = prune(now, limits.seconds)
            after = Meter.of(meter.key_id, meter.order_id)
            if not freed and after.entry == meter.entry:
                raise OverQuota(of_all=_FULL not in refused.reasons) from None
            meter = after
        else:
            return replace(meter, bytes=size_bytes, entry=entry)
    raise OverQuota(of_all=True)


def _change(meter: Meter, entry: str, growth: int, limits: Limits) -> None:
    place = Path([_ENTRY + meter.order_id])
    unchanged: Condition = place.does_not_exist() if meter.entry is None else place == meter.entry
    transaction = Transaction()
    transaction.update(
        _Row(_METERS, meter.key_id),
        [_Row.total.add(growth), place.set(entry)],
        condition=unchanged & _below_limit(limits.key - growth),
        error_label=_FULL,
    )
    for maker, limit in limits.makers.items():
        actions = [_Row.total.add(growth), Path([_CHILDS + meter.order_id]).set(entry)]
        transaction.update(_Row(_METERS, maker), actions, condition=_below_limit(limit - growth), error_label=_FULL)
    shared_quota.take(transaction, meter.order_id, growth, _ALL_FULL)
    transaction.commit()


def _below_limit(limit: int) -> Condition:
    """The condition that the total is at most `limit`; a row without one counts as 0."""
    within: Condition = _Row.total <= limit
    return within | _Row.total.does_not_exist() if limit >= 0 else within


def prune(now: float, seconds: float) -> int:
    """Takes out what counts no more; how many bytes that were."""
    freed = 0
    rows = dict(_all_entries())
    for key_id, entries in rows.items():
        old = {name: entry for name, entry in entries.items() if _is_own(name) and _time(entry) + seconds <= now}
        if old:
            freed += _take_out(key_id, old, rows)
    return freed


def _take_out(key_id: str, old: dict[str, str], rows: Mapping[str, dict[str, str]]) -> int:
    """Takes entries of a key out of its row, and of the rows of its makers: all of one order at once."""
    size = _size(old)
    unchanged: Condition | None = None
    for name, entry in old.items():
        place = Path([name])
        unchanged = place == entry if unchanged is None else unchanged & (place == entry)
    transaction = Transaction()
    transaction.update(_Row(_METERS, key_id), _without(old), condition=unchanged, error_label="it grew meanwhile")
    childs = {_CHILDS + name.removeprefix(_ENTRY) for name in old}
    for maker, entries in rows.items():
        if shared := {name: entry for name, entry in entries.items() if name in childs}:
            transaction.update(_Row(_METERS, maker), _without(shared))
    shared_quota.give_back(transaction, {name.removeprefix(_ENTRY): _bytes(entry) for name, entry in old.items()})
    return size if transaction.try_commit() else 0


def _without(entries: Mapping[str, str]) -> list[Action]:
    return [_Row.total.add(-_size(entries)), *(Path([name]).remove() for name in entries)]


def usage_by_key(key_ids: Iterable[str], now: float, seconds: float) -> dict[str, int]:
    """The bytes that count now, of each key, those of the keys that it made included."""
    entries_of = dict(_all_entries())
    return {
        key_id: _size(
            {name: entry for name, entry in entries_of.get(key_id, {}).items() if _time(entry) + seconds > now}
        )
        for key_id in key_ids
    }


def _entries(key_id: str) -> dict[str, str]:
    return _entries_in(_Row.table().get_item(_METERS, key_id, consistent_read=True).get("Item", {}))


def _all_entries() -> list[tuple[str, dict[str, str]]]:
    """(key id, attribute -> entry) of every key that has any."""
    rows: list[tuple[str, dict[str, str]]] = []
    after: dict[str, Any] | None = None
    while True:
        answer = _Row.table().query(_METERS, consistent_read=True, exclusive_start_key=after)
        rows += [(row["id"]["S"], _entries_in(row)) for row in answer["Items"] if row["id"]["S"] != _ALL]
        after = answer.get("LastEvaluatedKey")
        if not after:
            return rows


def _entries_in(row: dict[str, Any]) -> dict[str, str]:
    return {name: value["S"] for name, value in row.items() if name.startswith((_ENTRY, _CHILDS))}


def _is_own(name: str) -> bool:
    return name.startswith(_ENTRY)


def _size(entries: Mapping[str, str]) -> int:
    return sum(map(_bytes, entries.values()))


def _bytes(entry: str) -> int:
    return int(entry.partition("~")[0])


def _time(entry: str) -> float:
    return float(entry.partition("~")[2])
