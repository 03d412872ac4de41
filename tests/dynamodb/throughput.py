"""What partitions bear a second, and what a write costs them."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from tests.dynamodb.rows import Image, Table, size

WRITE_UNITS_PER_SECOND = 1000.0
READ_UNITS_PER_SECOND = 3000.0
WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096


class Partition(NamedTuple):
    """The rows of a table or an index (`table/index`) that share a partition key, its value as JSON."""

    place: str
    key: str


class Throughput:
    """Units of each partition: so many come back each second, and no more than a second's gather."""

    def __init__(self, units_per_second: float, monotonic: Callable[[], float]) -> None:
        self._rate, self._monotonic = units_per_second, monotonic
        self._left: dict[Partition, tuple[float, float]] = {}

    def is_exhausted(self, partition: Partition) -> bool:
        """True when nothing is left: the next request of this partition is refused."""
        return self._now(partition) <= 0

    def take(self, partition: Partition, units: float) -> None:
        """Takes what a request costs, also more than is left: its size is known when it is done."""
        self._left[partition] = (self._now(partition) - units, self._monotonic())

    def _now(self, partition: Partition) -> float:
        left, at = self._left.get(partition, (self._rate, 0.0))
        return min(self._rate, left + (self._monotonic() - at) * self._rate)


def units(byte_count: int, unit_bytes: int) -> int:
    """Units of so many bytes; nothing costs one as well."""
    return max(1, -(-byte_count // unit_bytes))


def base_partition(table: Table, key: Image) -> Partition:
    """The partition of a row in its table."""
    return Partition(table.name, _text(key, table.keys[0]))


def index_partitions(table: Table, row: Image | None) -> Iterator[Partition]:
    """The partitions of the indexes in which a row stands."""
    for index in table.indexes:
        if entry := index.entry(row, table.keys):
            yield Partition(f"{table.name}/{index.name}", _text(entry, index.keys[0]))


def write_costs(
    table: Table, key: Image, before: Image | None, after: Image | None, factor: int
) -> Mapping[Partition, float]:
    """Write units by partition of the row of `key`, that was `before` and is `after`; `factor` 2 in a transaction.

    An index pays for the entry that goes and for the one that comes, and once where an entry keeps its keys.
    """
    larger = max(size(before), size(after))
    costs: dict[Partition, float] = {base_partition(table, key): float(factor * units(larger, WRITE_UNIT_BYTES))}
    for index in table.indexes:
        old, new = index.entry(before, table.keys), index.entry(after, table.keys)
        if old == new:
            continue
        is_moved = old and new and any(old[key] != new[key] for key in index.keys)
        for entry in (old, new) if is_moved else (new or old,):
            if entry:
                partition = Partition(f"{table.name}/{index.name}", _text(entry, index.keys[0]))
                entry_bytes = size(entry) if is_moved else max(size(old), size(new))
                costs[partition] = costs.get(partition, 0) + units(entry_bytes, WRITE_UNIT_BYTES)
    return costs


def _text(row: Image, name: str) -> str:
    [(_, value)] = row[name].items()
    return str(value)
