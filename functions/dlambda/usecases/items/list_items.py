"""Items as lists show them: those under way with their newest progress."""

from collections.abc import Sequence
from typing import Any

from dlambda.domain.items.item import Item, Shelf, Stage
from dlambda.store.items import items, leases

_ALL = 100_000


def queue_views() -> list[dict[str, Any]]:
    """The queue, oldest first, with live progress."""
    page = items.page(Shelf.QUEUE, page=1, per_page=_ALL, newest_first=False)
    return with_progress(items.find_many(page.ids))


def with_progress(listed_items: Sequence[Item]) -> list[dict[str, Any]]:
    running = [item.id for item in listed_items if item.stage is Stage.RUNNING]
    progress = leases.find_progress(running) if running else {}
    return [item.view() | progress.get(item.id, {}) for item in listed_items]
