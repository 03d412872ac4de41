"""Writes items for tests, without the events that a use case would send."""

from collections.abc import Sequence

from dlambda.domain.items.item import Item
from dlambda.store.items.commit import Change, commit
from dlambda.store.items.items import find, find_holders
from dlambda.store.items.leases import Lease


def add(items: Sequence[Item]) -> list[Item]:
    """Puts new items at the end of their lists, as one transaction. Raises `UrlTaken`."""
    return [change.after for change in commit([Change(None, item) for item in items]) if change.after]


def save(before: Item, after: Item, lease: Lease | None = None) -> Item:
    """Writes one change; answers the item as stored. Raises `Conflict`, `Lost`, `UrlTaken`, `NoSlot`."""
    stored = commit([Change(before, after, lease)])[0].after
    assert stored
    return stored


def find_by_url(url: str) -> Item | None:
    holders = find_holders([url])
    return find(holders[url]) if url in holders else None


def remove(item: Item) -> None:
    """Removes the record. Raises `Conflict` when it has changed."""
    commit([Change(item, None)])
