"""Wakes the items that wait for a slot, as many as may start now (docs/contract/downloads.md 5.7)."""

from collections.abc import Sequence

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.items.item import Item
from dlambda.domain.items.stage import LIVE_LANE, PAST_PAUSE_LANE
from dlambda.domain.messages.queue_messages import DownloadItem
from dlambda.store.items import items, slots

# How far a wake-up that comes to nothing is passed on; the minute's sweep does the rest.
_MOST_PASSED = 10


def dispatch() -> int:
    """Sends a wake-up for each item that a slot is free for, oldest first; answers how many. Idempotent."""
    item_ids = _chosen()
    queue.send_many(DownloadItem(item_id) for item_id in item_ids)
    return len(item_ids)


def pass_on(excluded_ids: Sequence[str]) -> None:
    """For a wake-up that came to nothing: wakes the oldest item that may start instead and is none of `excluded_ids`.

    One for one, and never the same again: what wakes those that are gone or taken ends after a few.
    """
    if len(excluded_ids) > _MOST_PASSED:
        return
    for item_id in _chosen(excluded_ids)[:1]:
        queue.send(DownloadItem(item_id, tuple(excluded_ids)))


def _chosen(excluded_ids: Sequence[str] = ()) -> list[str]:
    """As many items as slots are free, and no more: which one of several gets a slot is left to chance."""
    state = slots.read()
    settings = current().settings
    candidates: list[tuple[int, str]] = []
    unlimited: list[tuple[int, str]] = []
    for lane, waiting in state.waiting.items():
        free = min(waiting, state.free(lane, settings))
        if free > 0:
            rows = [row for row in items.list_waiting(lane, free + len(excluded_ids)) if row[1] not in excluded_ids][
                :free
            ]
            (unlimited if lane in {LIVE_LANE, PAST_PAUSE_LANE} else candidates).extend(rows)
    free_in_all = settings.max_workers - state.taken
    return [item_id for _, item_id in unlimited + sorted(candidates)[: max(0, free_in_all)]]


def wake(item: Item) -> None:
    """After one item began to wait: itself when it is live or forced and needs no slot, else when one may be free."""
    if not item.is_waiting:
        return
    state = slots.read()
    if item.passes_limits and (item.past_pause or state.paused_at is None):
        queue.send(DownloadItem(item.id))
    elif state.free(item.lane, current().settings) > 0:
        dispatch()
