"""Wakes the items that wait for a slot, as many as may start now (docs/contract/downloads.md 5.7)."""

from dlambda.aws import queue
from dlambda.domain.items.item import Item
from dlambda.settings import get_settings
from dlambda.store import items, slots

# Beyond the free slots, so that one whose claim is lost to another worker leaves no slot empty.
_SPARE = 2


def dispatch() -> int:
    """Sends a wake-up for each item that a slot is free for, oldest first; answers how many. Doubling does no harm."""
    state = slots.read()
    settings = get_settings()
    candidates: list[tuple[int, str]] = []
    live: list[tuple[int, str]] = []
    for lane, waiting in state.waiting.items():
        free = min(waiting, state.free(lane, settings))
        if free > 0:
            found = items.find_waiting(lane, free + _SPARE)
            (live if lane == items.LIVE else candidates).extend(found)
    free_in_all = settings.max_workers - len(state.taken)
    chosen = live + sorted(candidates)[: max(0, free_in_all)]
    queue.send_many("download", ({"id": item_id} for _, item_id in chosen))
    return len(chosen)


def wake(item: Item) -> None:
    """After one item began to wait: itself when it is live and needs no slot, else when a slot may be free."""
    if not item.is_waiting:
        return
    state = slots.read()
    if item.is_live and state.paused_at is None:
        queue.send("download", {"id": item.id})
    elif state.free(item.lane, get_settings()) > 0:
        dispatch()
