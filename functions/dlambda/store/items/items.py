"""Reading items: one, many, pages and parts of their lists. `store.items.commit` writes them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial, reduce
from itertools import chain
from operator import and_
from typing import Any

from dlambda.deployment import current
from dlambda.domain.items.item import ACTIVE, Item, Shelf
from dlambda.errors import NotFound
from dlambda.store.items import catalogue, journal, record_numbers, slots
from dlambda.store.items.item_rows import (
    BUCKET_PLACES,
    ItemRow,
    UrlRow,
    bucket_name,
    hash_of,
    item_of,
    list_name,
    partitions,
)
from dlambda.store.items.packing import unpack
from dlambda.store.table import may_be_key

_READ_AT_ONCE = 100


def find(item_id: str, *, owner: str = "") -> Item | None:
    """The item; None when there is none, and for what a member (`owner`) may not see."""
    items = find_many([item_id], owner=owner)
    return items[0] if items else None


def get(item_id: str, *, owner: str = "") -> Item:
    item = find(item_id, owner=owner)
    if item is None:
        raise NotFound("Item not found.")
    return item


def find_many(ids: Iterable[str], *, owner: str = "") -> list[Item]:
    """Items that exist, in the order asked for; with an `owner`, those of that member alone. One request for 100."""
    keys = _keys(ids)
    rows = {row.id: row for row in ItemRow.batch_get(keys, consistent_read=True)} if keys else {}
    items = (item_of(rows[key]) for key in keys if key in rows)
    return [item for item in items if item.is_visible_to(owner)]


def find_views(ids: Iterable[str]) -> list[bytes]:
    """Reads the rendered JSON of items, in the order of `ids`, without those that do not exist; 100 a request."""
    return list(find_views_by_id(ids).values())


def find_views_by_id(ids: Iterable[str]) -> dict[str, bytes]:
    """Reads what `find_views` reads, by the items' ids."""
    keys = _keys(ids)
    if not keys:
        return {}
    rows = ItemRow.batch_get(keys, consistent_read=True, attributes_to_get=["id", "view"])
    views = {row.id: unpack(row.view) for row in rows}
    return {key: views[key] for key in keys if key in views}


def _keys(ids: Iterable[str]) -> list[str]:
    """Texts that may be ids: they come from clients, and DynamoDB refuses any other key."""
    return [item_id for item_id in dict.fromkeys(ids) if may_be_key(item_id) and item_id.isprintable()]


def find_holders(urls: Collection[str]) -> dict[str, str]:
    """URL -> id of the item that has it. One request for 100."""
    by_hash = {hash_of(url): url for url in urls}
    return {by_hash[row.url_hash]: row.item_id for row in UrlRow.batch_get(list(by_hash), consistent_read=True)}


def page(
    shelf: Shelf,
    *,
    page: int,
    per_page: int,
    newest_first: bool,
    statuses: Collection[str] | None = None,
    owner: str = "",
) -> catalogue.Page:
    """A page of the ids in a list: of all items, or of a member's (`owner`) at the same cost."""
    return catalogue.page(
        list_name(shelf, owner), page=page, per_page=per_page, newest_first=newest_first, statuses=statuses
    )


def iterate(
    shelf: Shelf, statuses: Collection[str] | None = None, *, after: int | None = None, owner: str = ""
) -> Iterator[Item]:
    """All items of a list, oldest first, which may be removed on the way; what enters meanwhile may be missed.

    `after`: those alone whose place in that list is higher.
    """
    for ids in catalogue.iterate(list_name(shelf, owner), statuses, after=after):
        for start in range(0, len(ids), _READ_AT_ONCE):
            yield from find_many(ids[start : start + _READ_AT_ONCE])


def iterate_ids(shelf: Shelf, statuses: Collection[str] | None = None, *, owner: str = "") -> Iterator[list[str]]:
    """All ids of a list, of all or of a member's, oldest first, some at a time."""
    return catalogue.iterate(list_name(shelf, owner), statuses)


def list_buckets(shelf: Shelf, statuses: Collection[str] | None = None, *, owner: str = "") -> list[int]:
    """The parts of a list that have items with `statuses`, in list order."""
    places = catalogue.list_leaves(list_name(shelf, owner), statuses)
    return sorted({place // BUCKET_PLACES for place in places})


def find_by_words(shelf: Shelf, bucket: int, words: Sequence[str], *, owner: str = "") -> list[str]:
    """The ids of the items in a part of a list whose search texts have all `words`, in list order.

    The table looks through 1 MB of texts a request, and answers what matches. May be a moment old.
    """
    has_all = reduce(and_, (ItemRow.text.contains(word) for word in words))
    index = ItemRow.by_own_bucket if owner else ItemRow.by_bucket
    query: dict[str, Any] = {
        "index_name": index.Meta.index_name,
        "filter_condition": has_all,
        "attributes_to_get": ["id", "seq"],
    }
    matches: list[tuple[int, str]] = []
    for key in partitions(bucket_name(shelf, owner, bucket)):
        start: Any = {}
        while start is not None:
            answer = ItemRow.table().query(key, exclusive_start_key=start or None, **query)
            matches += [(int(row["seq"]["N"]), str(row["id"]["S"])) for row in answer["Items"]]
            start = answer.get("LastEvaluatedKey")
    return [item_id for _, item_id in sorted(matches)]


def count(shelf: Shelf, statuses: Collection[str] | None = None, *, owner: str = "") -> int:
    """How many items are in a list: of all, or of a member's (`owner`)."""
    return catalogue.count(list_name(shelf, owner), statuses)


def overview(per_page: int, *, owner: str = "") -> tuple[catalogue.Page, int, float | None]:
    """The first page of the queue, how many items are in the history (of all, or of a member), and since when downloads
    are paused, at one moment.
    """
    lists = list_name(Shelf.QUEUE, owner), per_page, list_name(Shelf.DONE, owner)
    page, done_count, rows = catalogue.first_and_count(*lists, beside=[journal.PAUSE])
    return page, done_count, slots.read_pause(rows)


def at_end(moved: Sequence[Item], *, front: bool) -> dict[str, Item]:
    """Items of the queue by id, with new places in this order: before all others of their lists, or behind them.

    A `commit` can bring each of `moved`, as it was read, to its new places, together with others of them.
    """
    first, _ = record_numbers.reserve_places(list_name(Shelf.QUEUE, ""), len(moved), front=front)
    placed = {item.id: item.evolve(seq=first + number) for number, item in enumerate(moved)}
    for owner in dict.fromkeys(item.owner for item in moved if item.owner):
        own = [item for item in moved if item.owner == owner]
        first, _ = record_numbers.reserve_places(list_name(Shelf.QUEUE, owner), len(own), front=front)
        placed |= {item.id: placed[item.id].evolve(owner_seq=first + number) for number, item in enumerate(own)}
    return placed


def place_in(item: Item, owner: str) -> int:
    """The place of an item in the list that a member (`owner`) or an admin sees."""
    return item.owner_seq if owner else item.seq


def list_waiting(lane: str, limit: int) -> list[tuple[int, str]]:
    """(place, id) of the oldest items that wait in `lane`: for a slot, a retry or intake. May lag: a claim decides."""
    parts = current().clock.together(
        [partial(_list_waiting_in, partition, limit) for partition in partitions(lane)],
    )
    return sorted(chain.from_iterable(parts))[:limit]


def _list_waiting_in(partition: str, limit: int) -> list[tuple[int, str]]:
    rows = ItemRow.by_waiting.query(partition, limit=limit, page_size=limit)
    return [(int(row.seq), row.id) for row in rows]


def list_active() -> list[Item]:
    """Items that workers have, or had when they died."""
    page = catalogue.page(Shelf.QUEUE, page=1, per_page=1000, newest_first=False, statuses=ACTIVE)
    return find_many(page.ids)
