"""The journal: what changed in the counted lists, and in the numbers of those that wait and run, since the last fold.

A list's nodes are shared by all its entries, and DynamoDB refuses transactions that meet on a row. So a transaction
over items writes no node; it puts one record, in a row that nobody else writes. A fold (`folding.py`) takes hundreds
of records at once into the nodes. Who reads a list adds up its nodes and the records that are not folded yet
(docs/decisions/list-journal.md). Rows of the table `catalogue`:

    counter/<stream>         `number`: of records that were asked for; a list's counter also has its places
    journal/<stream>/<slot>  a record. A stream has `RING` rows, and record n lies in row n % RING
    fold                     how many folds there were, up to where each stream is folded, and the lanes' numbers

A record's number comes from a plain update, which conflicts with no other. There are several streams, since a row takes
a thousand writes a second. A process that writes much takes several numbers at once. A number that nobody used, since
its writer died or was refused, stays a hole until a fold gives it an empty record; a writer that comes later than that
takes another number.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.operand import Path

from dlambda.deployment import per_deployment
from dlambda.errors import StaleWrite
from dlambda.store.items import nodes
from dlambda.store.items.entry import Entry, net
from dlambda.store.items.nodes import Answer, number
from dlambda.store.items.record import MOST_SUPPLY, STREAMS, Address, Record, counter_of
from dlambda.store.table import Row, Transaction

LATE: Final = "the record's number has gone"
FOLD: Final = "fold"
PAUSE: Final = "pause"
_MOST_GUESSED: Final = 92
_MOST_REMEMBERED: Final = 512


class _Record(Row):
    class Meta:
        table_name = "catalogue"

    node = UnicodeAttribute(hash_key=True)
    number = NumberAttribute()
    changes = BinaryAttribute(legacy_encoding=False)


class _Fold(Row):
    class Meta:
        table_name = "catalogue"

    node = UnicodeAttribute(hash_key=True, default=FOLD)
    fold = NumberAttribute(default=0)
    state = BinaryAttribute(legacy_encoding=False)


class _OldSlots(Row):
    """The numbers of waiting items, in deployments from before the journal (`w~<lane>`), and `paused_at`."""

    class Meta:
        table_name = "state"

    key = UnicodeAttribute(hash_key=True)


@dataclass(frozen=True, slots=True)
class Folded:
    """How far a stream is folded: up to `to`, without the `holes` (number -> unix seconds of the fold that met it)."""

    to: int = 0
    holes: Mapping[int, float] = field(default_factory=dict)

    @property
    def reusable(self) -> int:
        """The highest number up to which there is no hole."""
        return min(self.holes, default=self.to + 1) - 1


@dataclass(frozen=True, slots=True)
class Journal:
    """The records that are not folded, and what they are added to. `numbers`: the highest one of each stream."""

    fold: int
    folded: Mapping[str, Folded]
    numbers: Mapping[str, int]
    folded_lanes: Mapping[str, int]
    records: Mapping[Address, Record]

    @property
    def lanes(self) -> dict[str, int]:
        """How many wait and run in each lane, without the zeros."""
        return add_lanes(self.folded_lanes, self.records.values())

    def changes(self) -> Mapping[Entry, int]:
        """The entries to add to the lists' nodes."""
        return net((record.leave, record.enter) for record in self.records.values())

    @property
    def length(self) -> int:
        """How many numbers are not folded."""
        return sum(1 for _ in _addresses(self.folded, self.numbers))


class FoldedMeanwhile(StaleWrite):
    """Nodes are newer than the journal that was read: both are to be read again."""


def put(transaction: Transaction, address: Address, record: Record) -> None:
    """Adds a record to the transaction, which fails with the label `LATE` when its number is too old."""
    row = _Record(address.node, number=address.number, changes=record.encode())
    is_newer = _Record.number.does_not_exist() | (_Record.number < address.number)
    transaction.put(row, condition=is_newer, error_label=LATE)


def read(
    beside: Sequence[str] = (), then: Callable[[Answer | None], Sequence[str]] = lambda _: (), most: int | None = None
) -> tuple[Journal, dict[str, Answer]]:
    """The journal, and other rows of its table: `beside` it, or read `then`, after it. One request, or two.

    `then` gets the row of folds, and names the rows to read. `most`: no more records than so many, oldest first. What
    a caller has written before is in it. A process asks in its first request for the records that it expects to be
    there, and once for each. Raises `FoldedMeanwhile`.
    """
    guessed = _expectation().addresses if most is None else ()
    rows = nodes.read([FOLD, *map(counter_of, STREAMS), *beside, *(address.node for address in guessed)])
    fold, folded, lanes = _state(rows.get(FOLD))
    numbers = {stream: number(rows.get(counter_of(stream), {}), "number") for stream in STREAMS}
    addresses = list(islice(_addresses(folded, numbers), most))
    records = dict(_expectation().records_since(fold))
    missing = set(addresses).difference(guessed, records)
    rows |= nodes.read([*then(rows.get(FOLD)), *(address.node for address in missing)])
    for address in addresses:
        if address not in records and (record := _record(rows.get(address.node), address)):
            records[address] = record
    records = {address: records[address] for address in addresses if address in records}
    if most is None:
        _expect(addresses, numbers, fold, records)
    return Journal(fold, folded, numbers, lanes, records), rows


def _record(row: Answer | None, address: Address) -> Record | None:
    """None: it is not written yet, or never."""
    if row is None or number(row, "number") < address.number:
        return None
    if number(row, "number") > address.number:
        raise FoldedMeanwhile("The record's row has been used again.")
    return Record.decode(row["changes"]["B"])


def _addresses(folded: Mapping[str, Folded], numbers: Mapping[str, int]) -> Iterator[Address]:
    """The places of all records that are not folded, those first that waited longest."""
    places: list[tuple[int, Address]] = []
    for stream, highest in numbers.items():
        progress = folded.get(stream, Folded())
        numbers_of_stream = chain(progress.holes, range(progress.to + 1, highest + 1))
        places += ((stream_number - progress.to, Address(stream, stream_number)) for stream_number in numbers_of_stream)
    return (address for _, address in sorted(places, key=lambda place: place[0]))


@dataclass(slots=True)
class _Expectation:
    """Records that the next reader of this process has already, and those that it asks for in its first request.

    `numbers`: of the streams, when one read last; `steps`: how many came to a stream from one reader to the next, the
    most of late (a row that is not there costs as much as one that is).
    `records`: those that were not folded at the fold `fold`. No record changes once it is written.
    """

    addresses: Sequence[Address] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    fold: int = 0
    records: Mapping[Address, Record] = field(default_factory=dict)

    def records_since(self, fold: int) -> Mapping[Address, Record]:
        """The records; none where there were more folds before than now, since these are other tables then."""
        return self.records if fold >= self.fold else {}


def _expect(
    addresses: Sequence[Address], numbers: Mapping[str, int], fold: int, records: Mapping[Address, Record]
) -> None:
    """Notes for the next reader the records of now, and of each stream as many more as came between two readers."""
    now = _expectation()
    following: list[Address] = []
    for stream, highest in numbers.items():
        step_count = highest - now.numbers.get(stream, highest)
        now.steps[stream] = max(1, now.steps.get(stream, 1) - 1, min(step_count, MOST_SUPPLY))
        following += [Address(stream, highest + step) for step in range(1, now.steps[stream] + 1)]
    now.addresses = [*following, *(address for address in addresses if address not in records)][:_MOST_GUESSED]
    now.numbers = numbers
    now.fold, now.records = fold, dict(islice(records.items(), _MOST_REMEMBERED))


@per_deployment
def _expectation() -> _Expectation:
    return _Expectation()


def add_lanes(lanes: Mapping[str, int], records: Iterable[Record]) -> dict[str, int]:
    """The lanes' numbers and those of records, without zeros."""
    sums: dict[str, int] = defaultdict(int, lanes)
    for record in records:
        for lane, delta in record.lanes.items():
            sums[lane] += delta
    return {lane: count for lane, count in sums.items() if count}


# How far the journal is folded


def _state(row: Answer | None) -> tuple[int, dict[str, Folded], dict[str, int]]:
    if row is None:
        return 0, {}, {}
    state = json.loads(row["state"]["B"])
    folded = {
        stream: Folded(to, {int(hole): since for hole, since in holes.items()})
        for stream, (to, holes) in state["folded"].items()
    }
    return number(row, "fold"), folded, state["lanes"]


def _state_row(fold: int, folded: Mapping[str, Folded], lanes: Mapping[str, int]) -> _Fold:
    progress = {stream: (part.to, part.holes) for stream, part in folded.items()}
    state = json.dumps({"folded": progress, "lanes": lanes}, separators=(",", ":")).encode()
    return _Fold(fold=fold, state=state)


def begin() -> None:
    """Makes the row of folds where there is none: in a new deployment, or one from before the journal."""
    old = _OldSlots.table().get_item("slots", consistent_read=True).get("Item", {})
    lanes = {name: int(value["N"]) for name, value in old.items() if name.startswith("w~") and value["N"] != "0"}
    if "paused_at" in old:
        pause = nodes.Node(PAUSE)
        pause.update_if(Path("paused_at").does_not_exist(), [Path("paused_at").set(float(old["paused_at"]["N"]))])
    _state_row(0, {}, lanes).save_if(_Fold.fold.does_not_exist())


def put_fold(transaction: Transaction, journal: Journal, folded: Mapping[str, Folded], lanes: Mapping[str, int]) -> int:
    """Adds the next fold's row to the transaction, which fails when there was another fold. The fold's number."""
    row = _state_row(journal.fold + 1, folded, lanes)
    transaction.put(row, condition=_Fold.fold == journal.fold, error_label="folded meanwhile")
    return journal.fold + 1


def bury(transaction: Transaction, address: Address) -> None:
    """Adds an empty record for a number that nobody used, so that nobody can use it later."""
    put(transaction, address, Record())
