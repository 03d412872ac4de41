"""Moves waiting items within the queue (docs/contract/downloads.md 4.13, docs/decisions/queue-order.md)."""

from collections.abc import Mapping, Sequence

from dlambda.domain.events import event
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.errors import Conflict, Invalid
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.items import items
from dlambda.store.items.batches import batches
from dlambda.store.items.commit import Change
from dlambda.usecases.events.apply_changes import apply
from dlambda.usecases.events.publish import publish

FRONT, BACK = "front", "back"
_WORDS = {FRONT: "moved_front", BACK: "moved_back"}
# Of a transaction's hundred operations, a move takes its row and the leaf that it leaves.
_TOGETHER = 20
_TOGETHER_OF_MEMBERS = 10
"""They stand in lists of their own as well."""
MOST_MOVED = 1000
"""Items that one request moves; also those beside them that change places for a move in between."""
_MOST_TOLD = 1000


def move_to_end(ids: Sequence[str], end: str) -> dict[str, str]:
    """Moves the waiting ones of `ids` to `FRONT` or `BACK`, in the order that they have; answers each id's word."""
    words, moved = _movable(ids)
    if moved:
        _move(moved, front=end == FRONT)
        _tell(moved)
    return words | {item.id: _WORDS[end] for item in moved}


def move_before(ids: Sequence[str], target_id: str) -> dict[str, str]:
    """Moves the waiting ones of `ids` to just before the waiting item `target_id`; answers each id's word.

    Those that wait before it go to the front with them, or those from it on to the end, whichever are fewer. Raises
    `Invalid` for another target, `Conflict` where both are more than `MOST_MOVED`.
    """
    if target_id in ids:
        raise Invalid("before must not be one of ids.")
    target = items.find(target_id)
    if target is None or target.status is not Status.PENDING:
        raise Invalid("before must be the id of an item that waits in the queue.")
    words, moved_items = _movable(ids)
    if not moved_items:
        return words
    moved_ids = {item.id for item in moved_items}
    before = _neighbours(target_id, moved_ids, newest_first=False)
    if before is not None:
        _move([*before[:-1], *moved_items], front=True)
    else:
        behind = _neighbours(target_id, moved_ids, newest_first=True)
        if behind is None:
            raise Conflict(f"More than {MOST_MOVED} items wait before '{target_id}', and as many behind it.")
        _move([*moved_items, *reversed(behind)], front=False)
    _tell(moved_items)
    return words | dict.fromkeys(moved_ids, "moved_before")


def _movable(ids: Sequence[str]) -> tuple[dict[str, str], list[Item]]:
    """The words of the ids that cannot be moved, and the items of the others in the order of the queue."""
    by_id = {item.id: item for item in items.find_many(ids)}
    words: dict[str, str] = {}
    movable_items: list[Item] = []
    for item_id in dict.fromkeys(ids):
        item = by_id.get(item_id)
        if item is None or item.shelf is Shelf.DONE:
            words[item_id] = f"not found: no item with id '{item_id}' in the queue."
        elif item.status is not Status.PENDING:
            words[item_id] = "already started"
        else:
            movable_items.append(item)
    return words, sorted(movable_items, key=lambda item: item.seq)


def _neighbours(target_id: str, moved_ids: set[str], *, newest_first: bool) -> list[Item] | None:
    """The waiting items from an end of the queue up to the target, without the moved ones; None where they are many."""
    maximum = MOST_MOVED + len(moved_ids)
    page = items.page(Shelf.QUEUE, page=1, per_page=maximum, newest_first=newest_first, statuses=[Status.PENDING])
    if target_id not in page.ids:
        return None
    ids = list(page.ids[: page.ids.index(target_id) + 1])
    return items.find_many(item_id for item_id in ids if item_id not in moved_ids)


def _move(ordered: Sequence[Item], *, front: bool) -> None:
    """Gives `ordered` new places at an end of the queue, some in each transaction, the innermost ones first.

    When this is killed on the way, those that were moved stand together, in order, and none is lost.
    """
    placed = items.at_end(ordered, front=front)
    most = _TOGETHER_OF_MEMBERS if any(item.owner for item in ordered) else _TOGETHER
    parts = list(batches(ordered, most))
    for batch in reversed(parts) if front else parts:
        _move_batch({item.id: item for item in batch}, placed)


def _move_batch(batch: Mapping[str, Item], placed: Mapping[str, Item]) -> None:
    def attempt() -> None:
        # Another request may have moved one meanwhile: it keeps the place that it has by that.
        waiting = [item for item in items.find_many(batch) if _waits_at(item, batch[item.id].seq)]
        if waiting:
            apply([Change(item, _at(item, placed[item.id])) for item in waiting])

    retry_conflicts(attempt)


def _at(item: Item, placed: Item) -> Item:
    return item.evolve(seq=placed.seq, owner_seq=placed.owner_seq)


def _waits_at(item: Item, seq: int) -> bool:
    return item.status is Status.PENDING and item.seq == seq


def _tell(items_moved: Sequence[Item]) -> None:
    order = items.page(Shelf.QUEUE, page=1, per_page=_MOST_TOLD, newest_first=False).ids
    publish(event.queue_reordered([item.id for item in items_moved], order))
