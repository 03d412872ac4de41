"""Folding: takes the journal's records into the nodes of the lists, hundreds in one transaction.

Nobody else writes nodes, and a fold is conditional on the one before it: of several at once one comes through, and the
others leave it at that. An entry that entered and left since the last fold costs no node a write.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dlambda.deployment import current
from dlambda.service_absence import warn
from dlambda.store.items import catalogue, journal, nodes, record_numbers
from dlambda.store.items.entry import Entry
from dlambda.store.items.journal import Folded, Journal
from dlambda.store.items.nodes import Answer
from dlambda.store.items.record import Address, Record
from dlambda.store.table import MAX_OPERATIONS, TABLE_ERRORS, Row, Transaction

log = logging.getLogger(__name__)

_LOOK_EVERY: Final = 16
"""The writers of every so manieth number of a stream look whether the journal has become long."""
_LONG: Final = 64
_MOST_RECORDS: Final = 400
_MOST_NODES: Final = 85
_DEAD_SECONDS: Final = 10.0
"""After this a number that nobody used is given up. A writer that is slower takes another one."""
_BUSY_SECONDS: Final = 10.0
_BUSY: Final = "folder"


class _Folder(Row):
    """The claim of the process that folds: no other begins with the same fold meanwhile."""

    class Meta:
        table_name = "catalogue"

    node = UnicodeAttribute(hash_key=True, default=_BUSY)
    fold = NumberAttribute(null=True)
    until = NumberAttribute(null=True)


def fold_after(address: Address) -> None:
    """Folds when the journal has become long; called after the record at `address` was written. Does not fail."""
    if address.number % _LOOK_EVERY:
        return
    try:
        fold_if_long()
    except (*TABLE_ERRORS, journal.FoldedMeanwhile) as error:
        warn(log, "The journal could not be folded", error)


def fold_if_long() -> None:
    """Folds when there is much to fold, and nobody else does it."""
    if _is_due():
        fold()


def _is_due() -> bool:
    """True when the journal is long and nobody else folds it."""
    progress, rows = journal.read([_BUSY], most=0)
    if progress.length < _LONG:
        return False
    row, now = rows.get(_BUSY, {}), current().clock.time()
    if nodes.number(row, "fold") == progress.fold and float(row.get("until", {}).get("N", 0)) > now:
        return False
    is_over = _Folder.fold.does_not_exist() | (_Folder.fold != progress.fold) | (_Folder.until < now)
    return _Folder().update_if(is_over, [_Folder.fold.set(progress.fold), _Folder.until.set(now + _BUSY_SECONDS)])


def fold() -> bool:
    """Folds what there is, up to a bound. False when there was nothing to fold, or another fold was faster."""
    current_journal, rows = journal.read(most=_MOST_RECORDS)
    if journal.FOLD not in rows:
        journal.begin()
        current_journal, rows = journal.read(most=_MOST_RECORDS)
    records = _within_bounds(current_journal.records)
    leaves = nodes.read([*_leaves(records.values())])
    batch = _Batch(leaves)
    batch.add_all(records)
    most_buried = MAX_OPERATIONS - 1 - len({name for entry in batch.net for name in _nodes(entry)})
    folded, buried = _progress(current_journal, batch.applied, current().clock.time(), most_buried)
    if folded == current_journal.folded:
        return False
    transaction = Transaction()
    lanes = journal.add_lanes(current_journal.folded_lanes, batch.applied.values())
    number = journal.put_fold(transaction, current_journal, folded, lanes)
    catalogue.change(transaction, batch.net, leaves, number)
    for address in buried:
        journal.bury(transaction, address)
    if not transaction.try_commit():
        return False
    record_numbers.release(current_journal, folded)
    return True


def _within_bounds(records: Mapping[Address, Record]) -> dict[Address, Record]:
    """The first of the records, as many as touch no more nodes than a transaction takes."""
    touched: set[str] = set()
    folded_records: dict[Address, Record] = {}
    for address, record in records.items():
        names = {name for entry in (*record.leave, *record.enter) for name in _nodes(entry)}
        if len(touched | names) <= _MOST_NODES:
            touched |= names
            folded_records[address] = record
    return folded_records


def _nodes(entry: Entry) -> tuple[str, str, str]:
    return entry.list_name, entry.top_node, entry.leaf_node


def _leaves(records: Iterable[Record]) -> set[str]:
    return {entry.leaf_node for record in records for entry in (*record.leave, *record.enter)}


@dataclass(slots=True)
class _Batch:
    """The records that a fold takes. An entry leaves after it entered, in whatever order records are read."""

    leaves: Mapping[str, Answer]
    net: dict[Entry, int] = field(default_factory=lambda: defaultdict(int))
    applied: dict[Address, Record] = field(default_factory=dict)

    def add_all(self, records: Mapping[Address, Record]) -> None:
        """Takes all but those whose entries are not there yet: the record by which they entered was read too early."""
        todo = dict(records)
        while ready := {address: record for address, record in todo.items() if self._add(record)}:
            self.applied |= ready
            todo = {address: record for address, record in todo.items() if address not in ready}

    def _add(self, record: Record) -> bool:
        if not all(self._has(entry) for entry in record.leave):
            return False
        for entry in record.leave:
            self.net[entry] -= 1
        for entry in record.enter:
            self.net[entry] += 1
        return True

    def _has(self, entry: Entry) -> bool:
        members = self.leaves.get(entry.leaf_node, {}).get(entry.status, {}).get("SS", ())
        return (entry.member in members) + self.net[entry] > 0


def _progress(
    before: Journal, applied: Mapping[Address, Record], now: float, most_buried: int
) -> tuple[dict[str, Folded], Sequence[Address]]:
    """How far the streams are folded afterwards, and the numbers that are given up: no more than `most_buried`."""
    folded: dict[str, Folded] = {}
    buried: list[Address] = []
    for stream in before.numbers:
        old = before.folded.get(stream, Folded())
        applied_numbers = {address.number for address in applied if address.stream == stream}
        to = max(applied_numbers | {old.to})
        holes = {hole: since for hole, since in old.holes.items() if hole not in applied_numbers}
        holes |= {hole: now for hole in range(old.to + 1, to) if hole not in applied_numbers}
        for hole, since in list(holes.items()):
            address = Address(stream, hole)
            if since + _DEAD_SECONDS < now and address not in before.records and len(buried) < most_buried:
                buried.append(address)
                del holes[hole]
        folded[stream] = Folded(to, holes)
    return folded, buried
