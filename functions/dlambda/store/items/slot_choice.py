"""Chooses slots (`store.items.slots`) for a transaction, so that limits are exact under parallel requests."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain, islice

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from dlambda.deployment import current, per_deployment
from dlambda.domain.items.item import Item
from dlambda.domain.items.stage import Stage
from dlambda.settings import Settings
from dlambda.store.items import nodes
from dlambda.store.items.journal import PAUSE
from dlambda.store.items.slots import OF_ALL, OF_USER, NoSlot, read_pause
from dlambda.store.table import Row, Transaction

NO_SLOT = "no slot is free: "
_FIRST_READ = 8  # slots of a lane, and then so many at once
_READ = 45
_MOST_NOTED = 1000
Taking = tuple[str, int | None]
"""The taking of a slot, as its row tells it: the item's id, and its version then. None: an earlier version of ours."""


class _Slot(Row):
    class Meta:
        table_name = "catalogue"

    node = UnicodeAttribute(hash_key=True)
    item_id = UnicodeAttribute()
    version = NumberAttribute(null=True)


def note_free(before: Item | None, after: Item | None) -> None:
    """Remembers in this process what a change gave back, so that the next start need not look for its item."""
    given_back = set(before.slots if before else ()).difference(after.slots if after else ())
    if not given_back:
        return
    free = _free()
    if len(free) > _MOST_NOTED:
        free.clear()
    assert before is not None
    free |= dict.fromkeys(given_back, (before.id, before.version + 1))


@per_deployment
def _free() -> dict[str, tuple[str, int]]:
    """Slot -> the item that gave it back, and its version then. Another one may have it by now."""
    return {}


def _is_given_back(name: str, taking: Taking) -> bool:
    """True if this process knows that the item that took the slot has it no more."""
    item_id, version = _free().get(name, ("", 0))
    return taking[0] == item_id and (taking[1] or 0) < version


class Choice:
    """Chooses free slots for the items of one transaction."""

    def __init__(
        self, settings: Settings, slots_of: Callable[[Collection[str]], Mapping[str, Collection[str]]]
    ) -> None:
        """`slots_of`: reads which slots items hold, by their ids."""
        self._settings = settings
        self._slots_of = slots_of
        self._busy: set[str] = set()
        self._takings: dict[str, Taking] = {}

    def exclude(self, names: Iterable[str]) -> None:
        """Takes slots as busy that others were faster to take."""
        self._busy |= set(names)

    def write(self, transaction: Transaction, before: Item | None, after: Item | None) -> None:
        """Adds to the transaction that an item takes slots. What it gives back takes no write but its own row's.

        It fails with the label `NO_SLOT` and a slot's name when another item has taken that slot since it was read.
        """
        if after is None:
            return
        for name in set(after.slots).difference(before.slots if before else ()):
            row = _Slot(name, item_id=after.id, version=after.version)
            condition = _is_still(self._takings.get(name))
            transaction.put(row, condition=condition, error_label=NO_SLOT + name)

    def place(self, before: Item | None, after: Item) -> Item:
        """The item with the slots that it has from now on. Raises `NoSlot` when it may not start.

        A slot is kept for as long as the item runs within the limits. Running items of an earlier version have none,
        and take one when one is free.
        """
        starts = before is not None and before.is_waiting and after.stage is Stage.RUNNING
        if not after.holds_slot:
            if starts and not after.past_pause and read_pause(nodes.read([PAUSE])) is not None:
                raise NoSlot
            return after.evolve(slots=()) if after.slots else after
        if after.slots:
            return after
        names = self._find_free(after)
        if names is None and starts:
            raise NoSlot
        if names is None:
            return after
        self._busy |= set(names)
        return after.evolve(slots=names)

    def _find_free(self, item: Item) -> tuple[str, ...] | None:
        """A free slot of each limit that counts for an item, at random; None while paused or when one has none."""
        limits = {OF_ALL: self._settings.max_workers, item.extractor: self._settings.workers_for(item.extractor)}
        if self._settings.max_workers_per_user:
            limits[OF_USER + item.owner] = self._settings.max_workers_per_user
        lanes = {lane: self._names(lane, limit) for lane, limit in limits.items()}
        free: dict[str, str] = {}
        size = _FIRST_READ
        while batch := {lane: [*islice(names, size)] for lane, names in lanes.items() if lane not in free}:
            if not all(batch.values()):
                return None
            rows = nodes.read([PAUSE, *chain.from_iterable(batch.values())])
            if read_pause(rows) is not None:
                return None
            free |= self._choose(batch, {name: row for name, row in rows.items() if name != PAUSE})
            size = _READ
        return tuple(free[lane] for lane in limits)

    def _choose(self, batch: Mapping[str, Collection[str]], rows: Mapping[str, nodes.Answer]) -> dict[str, str]:
        """A free slot of each lane that has one among those of `batch`, whose rows are given. None or one request."""
        self._takings |= {name: _taking(row) for name, row in rows.items()}
        never_taken = {lane: [name for name in names if name not in rows] for lane, names in batch.items()}
        free = {
            lane: never_taken[lane] or [name for name in names if _is_given_back(name, self._takings[name])]
            for lane, names in batch.items()
        }
        if in_question := [name for lane, names in batch.items() if not free[lane] for name in names]:
            holders = self._slots_of({self._takings[name][0] for name in in_question})
            for lane, names in batch.items():
                free[lane] = free[lane] or [
                    name for name in names if name not in holders.get(self._takings[name][0], ())
                ]
        return {lane: current().random.choice(names) for lane, names in free.items() if names}

    def _names(self, lane: str, limit: int) -> Iterator[str]:
        """A lane's slots, from any of them on, without those that are known to be taken."""
        start = current().random.randrange(limit)
        names = (f"slot/{lane}/{(start + step) % limit}" for step in range(limit))
        return (name for name in names if name not in self._busy)


def _taking(row: nodes.Answer) -> Taking:
    return row["item_id"]["S"], nodes.number(row, "version") if "version" in row else None


def _is_still(taking: Taking | None) -> Condition:
    """The condition that a slot's row is as it was read; it did not exist when there is no `taking`."""
    if taking is None:
        return _Slot.node.does_not_exist()
    item_id, version = taking
    same_version: Condition = _Slot.version.does_not_exist() if version is None else _Slot.version == version
    same_taking: Condition = (_Slot.item_id == item_id) & same_version
    return same_taking
