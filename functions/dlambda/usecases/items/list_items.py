"""Items as lists show them: those under way with their newest progress."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dlambda.domain.items.item import ACTIVE, Item, Shelf, Stage
from dlambda.domain.web.answer_size import MOST_LIST_BYTES
from dlambda.store.items import items, leases
from dlambda.store.items.catalogue import Page

_ALL = 100_000
_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class QueueViews:
    """The queue, or its beginning: views by `_id` as JSON, in its order. `total`: how many items it has."""

    views: dict[str, bytes]
    total: int

    @property
    def is_whole(self) -> bool:
        return len(self.views) >= self.total


def read_queue(limit: int = 0, most_bytes: int = MOST_LIST_BYTES, *, owner: str = "") -> QueueViews:
    """Reads the queue with live progress: `limit` items at most (0: all), and `most_bytes` of JSON.

    Those under way are among them wherever they stand. With an `owner` it is the part of that member, as it sees it.
    """
    page = items.page(Shelf.QUEUE, page=1, per_page=_ALL, newest_first=False, owner=owner)
    return _read_views(page, limit, most_bytes, owner)


def _read_views(page: Page, limit: int, most_bytes: int, owner: str) -> QueueViews:
    """The views of `page`, which is the whole queue."""
    if not page.total:
        return QueueViews({}, 0)
    active = items.page(Shelf.QUEUE, page=1, per_page=_ALL, newest_first=False, statuses=ACTIVE, owner=owner)
    running = list(active.ids)[: limit or None]
    waiting_ids = [item_id for item_id in page.ids if item_id not in set(running)]
    waiting = waiting_ids[: limit - len(running)] if limit else waiting_ids
    views: dict[str, bytes] = {}
    for item_id, view in _render(running, waiting, owner):
        most_bytes -= len(view) + len(item_id)
        if most_bytes < 0:
            break
        views[item_id] = view
    return QueueViews({item_id: views[item_id] for item_id in page.ids if item_id in views}, page.total)


def _render(running: Sequence[str], waiting: Sequence[str], owner: str) -> Iterator[tuple[str, bytes]]:
    """The views of items by `_id`, some read at a time; for an admin, those of the waiting ones as they were stored."""
    rendered_here, stored = ([*running, *waiting], ()) if owner else (running, waiting)
    for start in range(0, len(rendered_here), _TOGETHER):
        for view in with_progress(items.find_many(rendered_here[start : start + _TOGETHER]), owner):
            yield view["_id"], json.dumps(view).encode()
    for start in range(0, len(stored), _TOGETHER):
        yield from items.find_views_by_id(stored[start : start + _TOGETHER]).items()


def overview(owner: str = "") -> tuple[list[dict[str, Any]], int, bool]:
    """The queue, oldest first, with live progress, as much of it as an answer has place for; how many items are in the
    history; and whether downloads are paused.
    """
    page, count, paused_at = items.overview(_ALL, owner=owner)
    views = _read_views(page, 0, MOST_LIST_BYTES, owner).views
    return [json.loads(view) for view in views.values()], count, paused_at is not None


def with_progress(listed_items: Sequence[Item], owner: str = "") -> list[dict[str, Any]]:
    """The views of items for an admin, or for the member whose they are."""
    running = [item.id for item in listed_items if item.stage is Stage.RUNNING]
    progress = leases.find_progress(running) if running else {}
    return [item.view_for(owner) | progress.get(item.id, {}) for item in listed_items]
