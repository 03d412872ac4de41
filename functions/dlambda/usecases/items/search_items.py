"""Pages of the items that a search finds (docs/contract/downloads.md 4.1, docs/decisions/search.md)."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from dlambda.domain.items.item import Shelf
from dlambda.domain.items.search_text import Search
from dlambda.store.items import items
from dlambda.store.items.catalogue import Page

_AT_ONCE = 8
MOST_BUCKETS = 16
"""How much of a list is looked through: its newest 262,144 places."""


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what was found; `is_complete`: the whole list was looked through."""

    page: Page
    is_complete: bool


def search_items(
    shelf: Shelf,
    search: Search,
    *,
    page: int,
    per_page: int,
    newest_first: bool,
    statuses: Collection[str] | None = None,
    owner: str = "",
) -> Hits:
    """Looks through the texts of a list, some parts of it at a time; of all, or of a member's (`owner`).

    A change may be found a moment late.
    """
    buckets = items.list_buckets(shelf, statuses, owner=owner)
    searched = buckets[-MOST_BUCKETS:]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        hits = pool.map(lambda bucket: items.find_by_words(shelf, bucket, search.words, owner=owner), searched)
        hit_ids = list(chain.from_iterable(hits))
    if hit_ids and statuses is not None:
        shelf_ids = {item_id for ids in items.iterate_ids(shelf, statuses, owner=owner) for item_id in ids}
        hit_ids = [item_id for item_id in hit_ids if item_id in shelf_ids]
    if newest_first:
        hit_ids.reverse()
    number = min(page, max(1, -(-len(hit_ids) // per_page)))
    ids = hit_ids[(number - 1) * per_page : number * per_page]
    return Hits(Page(ids, number, per_page, len(hit_ids)), len(searched) == len(buckets))
