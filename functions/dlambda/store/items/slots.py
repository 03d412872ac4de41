"""Slots and the pause: who downloads and who waits, in one row, so that limits are exact under parallel requests.

Attributes: `all`, the ids that hold a slot; `x~<extractor>`, those of one extractor; `w~<lane>`, how many items wait
for a slot there (a lane is an extractor, or that of live or forced items); `paused_at`, set while paused. An item takes
its slot in the transaction that starts it and gives it back in the one that ends it, so a slot can't outlive its item
(docs/contract/downloads.md 5.7).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from dlambda.domain.items.item import Item
from dlambda.domain.items.stage import LIVE_LANE, PAST_PAUSE_LANE, Stage
from dlambda.settings import Settings
from dlambda.store.table import Row, Transaction

NO_SLOT = "no slot is free"
_KEY = "slots"


class _Row(Row):
    class Meta:
        table_name = "state"

    key = UnicodeAttribute(hash_key=True)
    paused_at = NumberAttribute(null=True)


@dataclass(frozen=True, slots=True)
class Slots:
    """The row at one moment."""

    taken: frozenset[str] = frozenset()
    taken_by: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    paused_at: float | None = None

    def free(self, lane: str, settings: Settings) -> int:
        """How many more of `lane` may start now. Live and forced items pass the limits: all that wait may start."""
        if lane == PAST_PAUSE_LANE:
            return max(1, self.waiting.get(lane, 0))
        if self.paused_at is not None:
            return 0
        if lane == LIVE_LANE:
            return max(1, self.waiting.get(lane, 0))
        in_all = settings.max_workers - len(self.taken)
        return max(0, min(in_all, settings.workers_for(lane) - self.taken_by.get(lane, 0)))


def read() -> Slots:
    row = _Row.table().get_item(_KEY, consistent_read=True).get("Item", {})
    return Slots(
        taken=frozenset(row.get("all", {}).get("SS", ())),
        taken_by={name[2:]: len(value["SS"]) for name, value in row.items() if name.startswith("x~")},
        waiting={name[2:]: int(value["N"]) for name, value in row.items() if name.startswith("w~")},
        paused_at=float(row["paused_at"]["N"]) if "paused_at" in row else None,
    )


def pause(at: float) -> bool:
    """Stops new starts. False when it was paused already."""
    return _switch(_Row.paused_at.set(at), _Row.paused_at.does_not_exist())


def resume() -> bool:
    """False when it was not paused."""
    return _switch(_Row.paused_at.remove(), _Row.paused_at.exists())


def _switch(action: Action, condition: Condition) -> bool:
    transaction = Transaction()
    transaction.update(_Row(_KEY), [action], condition=condition, error_label="already so")
    return transaction.try_commit()


def change(transaction: Transaction, moves: Iterable[tuple[Item | None, Item | None]], settings: Settings) -> None:
    """Adds to the transaction the update of the slots' row by these moves, each an item `(before, after)`.

    The row has the ids that hold a slot, in all and by extractor, and the number that waits in each lane. When an item
    starts, the commit fails with the label `NO_SLOT` while paused or with no slot free. No operation without a change.
    """
    deltas: dict[str, int] = defaultdict(int)
    gives: dict[str, set[str]] = defaultdict(set)
    takes: dict[str, set[str]] = defaultdict(set)
    starts = waits_for_pause = False
    for before, after in moves:
        if before is not None and before.is_waiting:
            deltas[f"w~{before.lane}"] -= 1
        if after is not None and after.is_waiting:
            deltas[f"w~{after.lane}"] += 1
        had_slot, holds = before is not None and before.holds_slot, after is not None and after.holds_slot
        if before is not None and had_slot and not holds:
            gives["all"].add(before.id)
            gives[f"x~{before.extractor}"].add(before.id)
        if after is not None and holds and not had_slot:
            takes["all"].add(after.id)
            takes[f"x~{after.extractor}"].add(after.id)
        if after is not None and _starts(before, after):
            starts = True
            waits_for_pause = waits_for_pause or not after.past_pause
    # A start leaves its lane: its condition is checked even when another item takes its place there.
    actions: list[Action] = [Path([name]).add(delta) for name, delta in deltas.items() if delta or starts]
    actions += [UnicodeSetAttribute(attr_name=name).delete(ids) for name, ids in gives.items()]
    actions += [UnicodeSetAttribute(attr_name=name).add(ids) for name, ids in takes.items()]
    if actions:
        condition = _room(takes, settings) if waits_for_pause else None
        transaction.update(_Row(_KEY), actions, condition=condition, error_label=NO_SLOT)


def _starts(before: Item | None, after: Item | None) -> bool:
    return before is not None and before.is_waiting and after is not None and after.stage is Stage.RUNNING


def _room(takes: Mapping[str, set[str]], settings: Settings) -> Condition:
    """The condition that nothing is paused and each set that grows stays within its limit."""
    condition: Condition = _Row.paused_at.does_not_exist()
    for name, ids in takes.items():
        limit = settings.max_workers if name == "all" else settings.workers_for(name[2:])
        path = Path([name])
        condition &= path.does_not_exist() | (size(path) <= limit - len(ids))
    return condition
