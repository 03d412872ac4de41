"""Every change of items is one transaction over their rows, their places in the lists, their URLs and their slots.

`commit` takes items before and after and derives from the difference what must be written; so there is one way for an
item to move, whoever moves it, and no half-done state for a crash to leave behind.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dlambda.deployment import current
from dlambda.domain.items.item import Item, Shelf
from dlambda.domain.items.stage import Stage, check_transition
from dlambda.errors import Conflict, StaleWrite
from dlambda.store.items import folding, journal, leases, record_numbers, slot_choice, slots
from dlambda.store.items.item_rows import ItemRow, UrlRow, entries_of, hash_of, list_name, row_of
from dlambda.store.items.items import find_holders, find_many
from dlambda.store.items.leases import Lease
from dlambda.store.items.record import Address, Record
from dlambda.store.table import MAX_OPERATIONS, TABLE_ERRORS, ConditionFailed, Transaction

# An item is its row and its two URLs; what its batch shares (lists, slots) takes the rest of a transaction.
BATCH: Final = 30
_CHANGED = "changed meanwhile"
_URL_TAKEN = "url:"
_OF_WORKERS: Final = frozenset({Stage.AWAITING_EXTRACTION, Stage.EXPANDING, Stage.RUNNING})
_MOST_TRIES = 12  # for a slot that others take at the same moment


@dataclass(frozen=True, slots=True)
class Change:
    """An item before (None: new) and after (None: removed).

    Raises `ValueError` for a transition that `domain.items.stage` does not name, and for a change of the owner: its
    lists, its URLs and its folder are the owner's.
    """

    before: Item | None
    after: Item | None
    lease: Lease | None = None  # of the worker whose change it is: a refusal says `Lost` when it has it no more

    def __post_init__(self) -> None:
        if self.before and self.after:
            check_transition(self.before.stage, self.after.stage)
            if self.before.owner != self.after.owner:
                raise ValueError("an item keeps its owner")

    @property
    def enters_list(self) -> bool:
        return self.after is not None and (self.before is None or self.before.shelf is not self.after.shelf)

    @property
    def leaves_queue(self) -> bool:
        is_queued = self.after is not None and self.after.shelf is Shelf.QUEUE
        return self.before is not None and self.before.shelf is Shelf.QUEUE and not is_queued

    @property
    def may_have_worker(self) -> bool:
        """True if a worker may have the item, other than the one whose change it is."""
        return self.lease is None and self.before is not None and self.before.stage in _OF_WORKERS


class UrlTaken(Conflict):
    """Another item has one of the URLs. `holders` maps the ids of the refused items to those of the holders."""

    def __init__(self, holders: dict[str, str]) -> None:
        super().__init__("The URL is already known.")
        self.holders = holders


def commit(changes: Sequence[Change]) -> list[Change]:
    """Writes all changes or none; answers them as they were stored, in order. At most `BATCH` changes.

    Raises `UrlTaken`, `Lost` or `StaleWrite` for an item that others have changed, `NoSlot`, and `Invalid` for what no
    row can hold.
    """
    changes, address = _place(changes)
    choice = slot_choice.Choice(current().settings, _slots_of)
    for _ in range(_MOST_TRIES):
        chosen = [
            replace(change, after=change.after and choice.place(change.before, change.after)) for change in changes
        ]
        record = _record(chosen)
        address = address or (record_numbers.reserve() if record else None)
        refusals = _write(chosen, choice, record, address)
        if not refusals:
            _follow(chosen, address)
            return chosen
        choice.exclude(reason.removeprefix(slot_choice.NO_SLOT) for reason in refusals)
        if journal.LATE in refusals:
            address = None
    raise slots.NoSlot


def _place(changes: Sequence[Change]) -> tuple[list[Change], Address | None]:
    """The changes with versions, and with a place for whoever enters a list; a member's items enter two.

    With the places comes the one of the record in the journal: of the list of all.
    """
    entering: dict[tuple[Shelf, str], list[int]] = {}
    for number, change in enumerate(changes):
        if change.after and change.enters_list:
            for owner in dict.fromkeys(("", change.after.owner)):
                entering.setdefault((change.after.shelf, owner), []).append(number)
    places: dict[tuple[int, bool], int] = {}
    address = None
    for (shelf, owner), numbers in entering.items():
        first, list_address = record_numbers.reserve_places(list_name(shelf, owner), len(numbers))
        address = address or list_address
        places |= {(number, bool(owner)): first + step for step, number in enumerate(numbers)}
    placed: list[Change] = []
    for number, change in enumerate(changes):
        after = change.after
        if after is not None:
            after = after.evolve(
                seq=places.get((number, False), after.seq),
                owner_seq=places.get((number, True), after.owner_seq),
                version=change.before.version + 1 if change.before else 1,
            )
        placed.append(replace(change, after=after))
    return placed, address


def _record(changes: Sequence[Change]) -> Record:
    """The changes as a record of lists and lanes."""
    moves = [change for change in changes if entries_of(change.before) != entries_of(change.after)]
    return Record(
        leave=[entry for change in moves for entry in entries_of(change.before)],
        enter=[entry for change in moves for entry in entries_of(change.after)],
        lanes=slots.lane_changes((change.before, change.after) for change in changes),
    )


def _slots_of(item_ids: Iterable[str]) -> dict[str, Collection[str]]:
    """Item id -> the slots that it holds, of those that exist."""
    return {item.id: item.slots for item in find_many(item_ids)}


def _write(
    changes: Sequence[Change], choice: slot_choice.Choice, record: Record, address: Address | None
) -> Sequence[str]:
    """Writes the changes; answers why they are to be written again, with other slots or another number."""
    transaction = Transaction()
    for before, after in ((change.before, change.after) for change in changes):
        unchanged = ItemRow.version == before.version if before else ItemRow.id.does_not_exist()
        if after:
            transaction.put(row_of(after), condition=unchanged, error_label=_CHANGED)
        elif before:
            transaction.delete(ItemRow(before.id), condition=unchanged, error_label=_CHANGED)
        choice.write(transaction, before, after)
    _write_urls(transaction, changes)
    if address:
        journal.put(transaction, address, record)
    if len(transaction) > MAX_OPERATIONS:
        raise ValueError(f"{len(changes)} changes are too many for one transaction")
    try:
        transaction.commit()
    except ConditionFailed as refused:
        if not all(reason == journal.LATE or reason.startswith(slot_choice.NO_SLOT) for reason in refused.reasons):
            raise _reason(refused, changes) from None
        return refused.reasons
    except TABLE_ERRORS:  # also when many add the same URL at the same moment, and another one was faster
        if (urls := _new_urls(changes)) and (holders := _holders_of(urls, changes)):
            raise UrlTaken(holders) from None
        raise
    return ()


def _write_urls(transaction: Transaction, changes: Sequence[Change]) -> None:
    """A URL may go from one item to another in the same transaction: that is one write."""
    released: dict[str, str] = {}
    new: dict[str, str] = {}
    for change in changes:
        before = change.before.urls if change.before else frozenset()
        after = change.after.urls if change.after else frozenset()
        if change.before:
            released |= dict.fromkeys(before - after, change.before.id)
        if change.after:
            if not new.keys().isdisjoint(after - before):
                raise ValueError("two changes of a transaction give one URL to two items")
            new |= dict.fromkeys(after - before, change.after.id)
    for url in released.keys() - new.keys():
        transaction.delete(UrlRow(hash_of(url)))
    for url, item_id in new.items():
        owner = released.get(url, item_id)
        free = UrlRow.url_hash.does_not_exist() | (UrlRow.item_id == owner)
        transaction.put(UrlRow(hash_of(url), item_id=item_id), condition=free, error_label=f"{_URL_TAKEN}{url}")


def _follow(changes: Sequence[Change], address: Address | None) -> None:
    """Ends leases and folds the journal after a transaction; may be lost with its process."""
    leaving = [change for change in changes if change.leaves_queue]
    worked_ids = [change.before.id for change in leaving if change.before and change.may_have_worker]
    leases.end_all(worked_ids)
    leases.end_later(change.before.id for change in leaving if change.before and change.before.id not in worked_ids)
    for change in changes:
        slot_choice.note_free(change.before, change.after)
    if address:
        folding.fold_after(address)


def _reason(refused: ConditionFailed, changes: Sequence[Change]) -> Conflict:
    """The error of a refused transaction for its caller: the most telling of its reasons."""
    if _CHANGED in refused.reasons:
        if not all(leases.is_held(change.lease) for change in changes if change.lease):
            return leases.Lost("Another worker has the item.")
        return StaleWrite("The item was changed meanwhile.")
    urls = {reason.removeprefix(_URL_TAKEN) for reason in refused.reasons if reason.startswith(_URL_TAKEN)}
    if urls:
        return UrlTaken(_holders_of(urls, changes))
    return slots.NoSlot()


def _holders_of(urls: Collection[str], changes: Iterable[Change]) -> dict[str, str]:
    """The ids of the changed items for which others have one of `urls`, with the ids of these."""
    holders = find_holders(urls)
    holder_of: dict[str, str] = {}
    for item in (change.after for change in changes if change.after):
        holder_ids = [holders[url] for url in item.urls.intersection(urls) if holders.get(url, item.id) != item.id]
        if holder_ids:
            holder_of[item.id] = holder_ids[0]
    return holder_of


def _new_urls(changes: Iterable[Change]) -> set[str]:
    """URLs that no item of the changes had before."""
    before = [url for change in changes if change.before for url in change.before.urls]
    return {url for change in changes if change.after for url in change.after.urls}.difference(before)
