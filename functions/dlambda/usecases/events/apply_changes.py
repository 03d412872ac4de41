"""Stores changes of items, counts them and tells everyone: events follow from the difference, so none is forgotten."""

from collections.abc import Callable, Sequence

from dlambda.deployment import current
from dlambda.domain.events.event import Event
from dlambda.domain.events.item_events import events_of, removal
from dlambda.domain.items.item import Item
from dlambda.domain.items.stage import Stage
from dlambda.store.items.commit import Change, commit
from dlambda.store.items.leases import Lease
from dlambda.usecases.events.measure import count_failed, count_finished
from dlambda.usecases.events.publish import publish


def apply(
    changes: Sequence[Change],
    *,
    first: Sequence[Event] = (),
    last: Sequence[Event] = (),
    removed: Callable[[Item], Event] = removal,
) -> list[Item]:
    """Writes all changes or none and tells everyone; answers the items that are there after it. Raises as `commit`.

    Without changes it tells of the events alone: `first` and `last` are those that stand before and after those of the
    items. `removed` makes the event of an item whose record is gone.
    """
    diff = commit(changes) if changes else []
    publish_changes(diff, first=first, last=last, removed=removed)
    return [change.after for change in diff if change.after]


def update(before: Item, after: Item, lease: Lease | None = None, *, first: Sequence[Event] = ()) -> Item:
    """`apply` of one change; answers the item as stored."""
    return apply([Change(before, after, lease)], first=first)[0]


def publish_changes(
    diff: Sequence[Change],
    *,
    first: Sequence[Event] = (),
    last: Sequence[Event] = (),
    removed: Callable[[Item], Event] = removal,
) -> None:
    """Counts and publishes what `commit` wrote; for who has to do something else before."""
    for before, after in ((change.before, change.after) for change in diff):
        if after and (before is None or before.stage is not after.stage):
            if after.stage is Stage.FAILED:
                count_failed(after)
            elif after.stage is Stage.FINISHED and after.filename:
                count_finished(after, current().clock.time())
    publish(*first, *(event for change in diff for event in events_of(change.before, change.after, removed)), *last)
