"""The events that a change of an item makes (docs/contract/websocket.md 5): they follow from the item before and after.

docs/item-life.md shows them. What a client hears beside them (a reason, a list that was added) its cause adds.
"""

from collections.abc import Callable

from dlambda.domain.events import event
from dlambda.domain.events.event import Event
from dlambda.domain.items.item import Item, Shelf
from dlambda.domain.items.stage import Stage


def removal(item: Item) -> Event:
    """`item_deleted` of a record that goes by itself, or gives way to another one."""
    if item.stage is Stage.EXPANDING:
        return event.item_deleted(item, "Playlist Expanded", f"'{item.title}' was replaced by its entries.")
    return event.item_deleted(item, "Download Cleared", f"Cleared '{item.title}' from history.")


def events_of(before: Item | None, after: Item | None, removed: Callable[[Item], Event] = removal) -> list[Event]:
    """The events of one change, in order. `before` is None for a new item, `after` for one that `removed` tells of."""
    if after is None:
        return [removed(before)] if before else []
    if before is None:
        return [event.item_added(after) if after.shelf is Shelf.QUEUE else event.item_moved(after, was_queued=False)]
    if after.shelf is Shelf.QUEUE:
        return _in_queue(before, after)
    return _end_events(before, after) if before.shelf is Shelf.QUEUE else [event.item_updated(after)]


def _in_queue(before: Item, after: Item) -> list[Event]:
    """No events for the steps in between of intake and downloads: their result and their progress are told instead."""
    if after.auto_start is not before.auto_start:
        return [event.item_updated(after), event.item_held(after, held=not after.auto_start)]
    is_taken_over = after.stage is Stage.RUNNING and after.begun > before.begun
    is_changed = (after.force_start, after.seq) != (before.force_start, before.seq)
    is_shown = is_taken_over or is_changed or after.stage not in {before.stage, Stage.EXPANDING}
    return [event.item_updated(after)] if is_shown else []


def _end_events(before: Item, after: Item) -> list[Event]:
    move = event.item_moved(after)
    if after.stage is Stage.CANCELLED:
        return [event.item_cancelled(after), move]
    if after.stage is Stage.FINISHED:
        return [event.item_completed(after), move] if after.filename else [move]
    by_condition = after.requeued and not before.requeued
    is_described = after.stage in {Stage.FAILED, Stage.UPCOMING} or by_condition
    return [event.item_updated(after), move] if is_described else [move]
