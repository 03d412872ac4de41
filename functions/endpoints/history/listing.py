"""Lists of items: pages whose JSON was rendered when the items were written (docs/contract/downloads.md 4.1, 4.2)."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

from flask import Response

from dlambda.deployment import current
from dlambda.domain.accounts.principal import Principal
from dlambda.domain.items.search_text import Search
from dlambda.domain.items.stage import Shelf, statuses_of
from dlambda.domain.paths.home import item_from_home
from dlambda.domain.web.answer_size import MOST_LIST_BYTES, fitting
from dlambda.entry.pages import pagination, read_page
from dlambda.errors import Invalid
from dlambda.store.items import items
from dlambda.usecases.items.list_items import read_queue, with_progress
from dlambda.usecases.items.search_items import search_items
from endpoints.history.schemas import ListQuery, LiveQuery


class _PageRequest(TypedDict):
    """The part of a list that a client asks for."""

    page: int
    per_page: int
    newest_first: bool
    statuses: frozenset[str] | None
    owner: str


_TYPES = ("all", "queue", "done")
_ORDERS = ("ASC", "DESC")
_SHELVES = {"queue": Shelf.QUEUE, "done": Shelf.DONE}


def list_items(query: ListQuery, principal: Principal) -> Response:
    """A page, or everything with `type=all`, of what `principal` may see.

    Raises `Invalid` in the documented order of checks.
    """
    kind = (query.type or "all").strip().lower()
    if kind not in _TYPES:
        raise Invalid("type must be one of all, queue, done.")
    if kind == "all":
        return _everything(principal)
    paging = read_page(query.page, query.per_page)
    order = _read_order(query.order)
    shelf = _SHELVES[kind]
    search = Search.read(query.search or "")
    request: _PageRequest = {
        "page": paging.page,
        "per_page": paging.per_page,
        "newest_first": order == "DESC",
        "statuses": wanted_statuses(shelf, query.status),
        "owner": principal.owner,
    }
    head: dict[str, Any] = {"type": kind}
    if search:
        hits = search_items(shelf, search, **request)
        page, head["search_complete"] = hits.page, hits.is_complete
    else:
        page = items.page(shelf, **request)
    head["pagination"] = pagination(page.page, page.per_page, page.total)
    return _list_answer(head, list(_views(shelf, page.ids, principal)))


def _read_order(text: str | None) -> str:
    order = (text or "DESC").strip().upper()
    if order not in _ORDERS:
        raise Invalid("order must be ASC or DESC.")
    return order


def _list_answer(head: dict[str, Any], views: Sequence[bytes]) -> Response:
    """`head` with the first of the rendered entries that an answer has place for."""
    fitting_views = fitting(views)
    is_cut = len(fitting_views) < len(views)
    if is_cut:
        head["truncated"] = True
    return _json(json.dumps(head)[:-1].encode(), b'"items"', fitting_views, is_truncated=is_cut)


def wanted_statuses(shelf: Shelf, text: str | None) -> frozenset[str] | None:
    """Statuses that a `status` filter lets through: `x`, `!x`, or a comma list of either; None for all of them."""
    parts = [part.strip().lower() for part in (text or "").split(",") if part.strip()]
    if not parts:
        return None
    existing = frozenset(status.value for status in statuses_of(shelf))
    included = frozenset(part for part in parts if not part.startswith("!"))
    unwanted = {part[1:].strip() for part in parts if part.startswith("!")}
    return ((included & existing) if included else existing) - unwanted


def live(query: LiveQuery, owner: str) -> Response:
    """The queue by `_id`, in its order, with live progress; the part of a member (`owner`), or all."""
    limit = _limit(query.limit)
    queue = read_queue(limit, owner=owner)
    counts = {
        "history_count": items.count(Shelf.DONE, owner=owner),
        "queue_count": queue.total,
        "queue_loaded": len(queue.views),
        "queue_limit": limit,
        "truncated": len(queue.views) < min(limit or queue.total, queue.total),
    }
    views = b", ".join(json.dumps(item_id).encode() + b": " + view for item_id, view in queue.views.items())
    body = b'{"queue": {' + views + b"}, " + json.dumps(counts)[1:].encode()
    return Response(body, mimetype="application/json")


def _limit(text: str | None) -> int:
    if text is None:
        return current().settings.queue_display_limit
    try:
        limit = int(text)
    except ValueError:
        raise Invalid("limit must be a valid integer.") from None
    if limit < 0:
        raise Invalid("limit must be >= 0.")
    return limit


def _views(shelf: Shelf, ids: Sequence[str], principal: Principal) -> Iterable[bytes]:
    """The rendered items; of the queue, those under way with their progress."""
    if shelf is Shelf.DONE:
        return _render(ids, principal)
    listed_items = items.find_many(ids, owner=principal.owner)
    return [json.dumps(view).encode() for view in with_progress(listed_items, principal.owner)]


def _render(ids: Sequence[str], principal: Principal) -> Iterable[bytes]:
    """The items as they were rendered when they were written; for a member, with its paths beginning at its home."""
    views = items.find_views(ids)
    if not principal.owner:
        return views
    return [json.dumps(item_from_home(principal.home, json.loads(view))).encode() for view in views]


def _everything(principal: Principal) -> Response:
    limit = current().settings.history_all_limit
    newest = items.page(Shelf.DONE, page=1, per_page=limit, newest_first=True, owner=principal.owner)
    queue = read_queue(most_bytes=MOST_LIST_BYTES // 2, owner=principal.owner)
    head = b'{"queue": [' + b", ".join(queue.views.values()) + b"]"
    history = fitting(_render(newest.ids, principal), MOST_LIST_BYTES - len(head))
    is_whole = queue.is_whole and len(history) == newest.total
    return _json(head, b'"history"', history, is_truncated=not is_whole)


def _json(head: bytes, key: bytes, views: Iterable[bytes], *, is_truncated: bool) -> Response:
    """`head` (an object without its closing brace) with `key` and its array of rendered items."""
    body = b"".join((head, b", ", key, b": [", b", ".join(views), b"]}"))
    headers = {"X-Truncated": "true"} if is_truncated else {}
    return Response(body, mimetype="application/json", headers=headers)
