"""Items as lists show them: those under way with their newest progress."""

from collections.abc import Sequence
from typing import Any

from dlambda.domain.items.item import Item, Shelf, Stage
from dlambda.store.items import items, leases

_ALL = 100_000


def queue_views(owner: str = "") -> list[dict[str, Any]]:
    """The queue, oldest first, with live progress; with an `owner` the part of that member, as it sees it."""
    page = items.page(Shelf.QUEUE, page=1, per_page=_ALL, newest_first=False, owner=owner)
    return with_progress(items.find_many(page.ids), owner)


def with_progress(listed_items: Sequence[Item], owner: str = "") -> list[dict[str, Any]]:
    """The views of items for an admin, or for the member whose they are."""
    running = [item.id for item in listed_items if item.stage is Stage.RUNNING]
    progress = leases.find_progress(running) if running else {}
    return [item.view_for(owner) | progress.get(item.id, {}) for item in listed_items]
