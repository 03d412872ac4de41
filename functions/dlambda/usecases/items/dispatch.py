"""Wakes items that wait for a slot, as many as may start now, each user in turn (docs/contract/downloads.md 5.7)."""

from collections.abc import Sequence

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.items.item import Item
from dlambda.domain.items.lane import Lane
from dlambda.domain.items.stage import LIVE_LANE, PAST_PAUSE_LANE
from dlambda.domain.items.turns import FreeSlots, Waiting, choose_in_turn
from dlambda.domain.messages.queue_messages import DownloadItem
from dlambda.store.items import items, slots

# How far a wake-up that comes to nothing is passed on; the minute's sweep does the rest.
_MOST_PASSED = 10


def dispatch() -> int:
    """Sends a wake-up for each item that a slot is free for, in turn; answers how many. Idempotent."""
    item_ids = _choose(slots.read())
    queue.send_many(map(DownloadItem, item_ids))
    return len(item_ids)


def pass_on(excluded_ids: Sequence[str]) -> None:
    """For a wake-up that came to nothing: wakes the oldest item that may start instead and is none of `excluded_ids`.

    One for one, and never the same again: what wakes those that are gone or taken ends after a few.
    """
    if len(excluded_ids) > _MOST_PASSED:
        return
    for item_id in _choose(slots.read(), excluded_ids)[:1]:
        queue.send(DownloadItem(item_id, tuple(excluded_ids)))


def _choose(state: slots.Slots, excluded_ids: Sequence[str] = ()) -> list[str]:
    """As many items as slots are free, and no more: which one of several gets a slot is left to chance."""
    settings = current().settings
    free = {lane: min(waiting, state.free(lane, settings)) for lane, waiting in state.waiting.items()}
    waiting_ids: dict[Lane, list[Waiting]] = {}
    unlimited: list[str] = []

    def oldest(lane: str, count: int) -> list[Waiting]:
        rows = items.list_waiting(lane, count + len(excluded_ids))
        return [row for row in rows if row[1] not in excluded_ids][:count]

    def oldest_of(lane: Lane) -> list[Waiting]:
        if lane not in waiting_ids:
            waiting_ids[lane] = oldest(str(lane), free[str(lane)])
        return waiting_ids[lane]

    for lane, count in free.items():
        if count > 0 and lane in {LIVE_LANE, PAST_PAUSE_LANE}:
            unlimited += [item_id for _, item_id in oldest(lane, count)]
    lanes = [Lane.parse(lane) for lane in free if free[lane] > 0 and lane not in {LIVE_LANE, PAST_PAUSE_LANE}]
    extractors = {lane.extractor for lane in lanes}
    free_slots = FreeSlots(
        in_all=settings.max_workers - state.taken,
        of_extractor={name: state.free(name, settings) for name in extractors},
        of_user={lane.share.owner: state.free_of_user(lane.share.owner, settings) for lane in lanes},
    )
    return unlimited + choose_in_turn(lanes, free_slots, state.taken_of, oldest_of, current().random.random)


def wake(item: Item) -> None:
    """After one item began to wait: itself when it is live or forced and needs no slot, else when one may be free."""
    if not item.is_waiting:
        return
    state = slots.read()
    if item.passes_limits and (item.past_pause or state.paused_at is None):
        queue.send(DownloadItem(item.id))
    elif state.free(item.lane, current().settings) > 0:
        queue.send_many(map(DownloadItem, _choose(state)))
