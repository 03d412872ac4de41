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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dlambda.domain.items.item import Item
from dlambda.domain.items.lane import Lane, Share
from dlambda.domain.items.stage import LIVE_LANE, PAST_PAUSE_LANE
from dlambda.errors import Conflict
from dlambda.settings import Settings
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.items import journal, nodes
from dlambda.store.items.journal import PAUSE, FoldedMeanwhile
from dlambda.store.table import Row

OF_ALL = ""
_WAITING, _TAKEN, _SHARE = "w~", "t~", "s~"
OF_USER = "@"


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
        if lane.startswith(_TAKEN) and not lane.startswith(_TAKEN + OF_USER)
    }
    return Slots(
        taken=taken_by.pop(OF_ALL, 0),
        taken_by=taken_by,
        taken_of={
            Share.parse(lane.removeprefix(_SHARE)): number for lane, number in lanes.items() if lane.startswith(_SHARE)
        },
        waiting={lane.removeprefix(_WAITING): number for lane, number in lanes.items() if lane.startswith(_WAITING)},
        paused_at=read_pause(rows),
    )


def paused_at() -> float | None:
    """Since when downloads are paused; None when they are not. One row, for who asks for nothing else."""
    return read_pause(nodes.read([PAUSE]))


def read_pause(rows: Mapping[str, nodes.Answer]) -> float | None:
    """Since when downloads are paused, by the row `PAUSE` among `rows`; None when they are not."""
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


def _lane_of(slot: str) -> str:
    return slot.removeprefix("slot/").rpartition("/")[0]
