"""Slots and the pause: who downloads and who waits, with limits that are exact under parallel requests.

A slot is a row of its own: a limit of five is the rows 0 to 4 of its lane, each held by one item or free. An item
needs one of all and one of its extractor's, puts those rows in the transaction that starts it, and names them in its
own row while it runs. Nobody deletes them: a slot is free when its row's item does not name it, or is gone; so it can't
outlive its item (docs/contract/downloads.md 5.7). The next one overwrites the row, on condition that it is the one that
was read. Rows of the table `catalogue`:

    slot/<extractor>/<n>   the item that took a slot last, and that item's version then; no extractor: one of all
    pause                  `paused_at`, while paused

How many hold slots and wait is in the journal, as numbers of lanes: `t~` (taken, in all), `t~<extractor>`,
`s~<share>` (of an owner or a task), `w~<lane>` (`domain/items/lane.py`, or that of live or forced items).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from dlambda.deployment import current, per_deployment
from dlambda.domain.items.item import Item
from dlambda.domain.items.lane import Lane, Share
from dlambda.domain.items.stage import LIVE_LANE, PAST_PAUSE_LANE, Stage
from dlambda.errors import Conflict
from dlambda.settings import Settings
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.items import journal, nodes
from dlambda.store.items.journal import PAUSE, FoldedMeanwhile
from dlambda.store.table import Row, Transaction

NO_SLOT = "no slot is free: "
_OF_ALL = ""
_WAITING, _TAKEN, _SHARE = "w~", "t~", "s~"
_OF_USER = "@"
_FIRST_READ, _READ = 8, 45
"""How many slots of a lane are looked at first, and then at once."""
_MOST_NOTED = 1000
Taking = tuple[str, int | None]
"""The taking of a slot, as its row tells it: the item's id, and its version then. None: an earlier version of ours."""


class _Slot(Row):
    class Meta:
        table_name = "catalogue"

    node = UnicodeAttribute(hash_key=True)
    item_id = UnicodeAttribute()
    version = NumberAttribute(null=True)


class _Pause(Row):
    class Meta:
        table_name = "catalogue"

    node = UnicodeAttribute(hash_key=True, default=PAUSE)
    paused_at = NumberAttribute(null=True)


class NoSlot(Conflict):
    """A limit of downloads.md 5.7 is reached, or downloads are paused."""

    def __init__(self) -> None:
        super().__init__("No slot is free.")


@dataclass(frozen=True, slots=True)
class Slots:
    """How many hold slots and wait at one moment."""

    taken: int = 0
    taken_by: Mapping[str, int] = field(default_factory=dict)
    taken_of: Mapping[Share, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    paused_at: float | None = None

    def waiting_by_extractor(self) -> Counter[str]:
        """How many wait, by extractor; live and forced items by their lane."""
        numbers = Counter[str]()
        for lane, number in self.waiting.items():
            numbers[Lane.parse(lane).extractor] += max(0, number)
        return +numbers

    def free(self, lane: str, settings: Settings) -> int:
        """How many more of `lane` may start now. Live and forced items pass the limits: all that wait may start."""
        if lane == PAST_PAUSE_LANE:
            return max(1, self.waiting.get(lane, 0))
        if self.paused_at is not None:
            return 0
        if lane == LIVE_LANE:
            return max(1, self.waiting.get(lane, 0))
        in_all = settings.max_workers - self.taken
        place = Lane.parse(lane)
        of_extractor = settings.workers_for(place.extractor) - self.taken_by.get(place.extractor, 0)
        return max(0, min(in_all, of_extractor, self.free_of_user(place.share.owner, settings)))

    def free_of_user(self, owner: str, settings: Settings) -> int:
        """How many more of one user may start now."""
        most = settings.max_workers_per_user or settings.max_workers
        return most - sum(number for share, number in self.taken_of.items() if share.owner == owner)


def read() -> Slots:
    """Reads the numbers as they are now, without lanes in which nobody is. One request or two."""
    log, rows = retry_conflicts(lambda: journal.read([PAUSE]), on=FoldedMeanwhile)
    if journal.FOLD not in rows:  # who waited in an earlier version is not in it yet
        journal.begin()
        log, rows = retry_conflicts(lambda: journal.read([PAUSE]), on=FoldedMeanwhile)
    lanes = log.lanes
    taken_by = {
        lane.removeprefix(_TAKEN): number
        for lane, number in lanes.items()
        if lane.startswith(_TAKEN) and not lane.startswith(_TAKEN + _OF_USER)
    }
    return Slots(
        taken=taken_by.pop(_OF_ALL, 0),
        taken_by=taken_by,
        taken_of={
            Share.parse(lane.removeprefix(_SHARE)): number for lane, number in lanes.items() if lane.startswith(_SHARE)
        },
        waiting={lane.removeprefix(_WAITING): number for lane, number in lanes.items() if lane.startswith(_WAITING)},
        paused_at=_paused_at(rows),
    )


def _paused_at(rows: Mapping[str, nodes.Answer]) -> float | None:
    row = rows.get(PAUSE, {})
    return float(row["paused_at"]["N"]) if "paused_at" in row else None


def pause(at: float) -> bool:
    """Stops new starts: those that have not yet looked for a slot. False when it was paused already."""
    return _Pause().update_if(_Pause.paused_at.does_not_exist(), [_Pause.paused_at.set(at)])


def resume() -> bool:
    """False when it was not paused."""
    return _Pause().update_if(_Pause.paused_at.exists(), [_Pause.paused_at.remove()])


def lane_changes(moves: Iterable[tuple[Item | None, Item | None]]) -> dict[str, int]:
    """By how much moves of items, (before, after), change the numbers of lanes."""
    deltas: dict[str, int] = defaultdict(int)
    for before, after in moves:
        for item, sign in ((before, -1), (after, 1)):
            if item is None:
                continue
            if item.is_waiting:
                deltas[_WAITING + item.lane] += sign
            for slot in item.slots:
                deltas[_TAKEN + _lane_of(slot)] += sign
            if item.slots:
                deltas[f"{_SHARE}{item.share}"] += sign
    return {lane: delta for lane, delta in deltas.items() if delta}


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
            if starts and not after.past_pause and _paused_at(nodes.read([PAUSE])) is not None:
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
        limits = {_OF_ALL: self._settings.max_workers, item.extractor: self._settings.workers_for(item.extractor)}
        if self._settings.max_workers_per_user:
            limits[_OF_USER + item.owner] = self._settings.max_workers_per_user
        lanes = {lane: self._names(lane, limit) for lane, limit in limits.items()}
        free: dict[str, str] = {}
        size = _FIRST_READ
        while batch := {lane: [*islice(names, size)] for lane, names in lanes.items() if lane not in free}:
            if not all(batch.values()):
                return None
            rows = nodes.read([PAUSE, *chain.from_iterable(batch.values())])
            if _paused_at(rows) is not None:
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


def _lane_of(slot: str) -> str:
    return slot.removeprefix("slot/").rpartition("/")[0]
