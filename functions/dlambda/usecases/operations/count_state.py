"""Counts how things stand, each minute, where nobody asks for it: for the dashboard of the cloud (docs/runbook.md)."""

from dlambda.domain.items.item import IN_QUEUE, Shelf
from dlambda.store.items import items, slots
from dlambda.usecases.events.measure import count, metrics


def count_state(_now: float) -> None:
    """Counts the items of the queue by status, those of the history, and the downloads under way."""
    if not metrics().is_told_state:
        return
    for status in IN_QUEUE:
        count("queue_items", items.count(Shelf.QUEUE, [status]), status=status.value)
    count("history_items", items.count(Shelf.DONE))
    count("workers_busy", slots.read().taken)
