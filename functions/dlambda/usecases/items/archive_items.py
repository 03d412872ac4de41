"""Marks a history item in its archive, or takes the mark away (docs/contract/downloads.md 4.10)."""

from dlambda.deployment import current
from dlambda.domain.items.item import Item, Shelf
from dlambda.errors import Conflict, Invalid, NotFound
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.items import archive, items
from dlambda.usecases.events.apply_changes import update


def mark(item_id: str, owner: str = "") -> str:
    """Adds the item to its archive; answers the message. Errors as the contract orders them."""
    item = _markable(item_id, owner, no_archive=NotFound)
    if not archive.add(item.archive_key, [item.archive_id or ""], current().clock.time()):
        raise Conflict(f"item '{item.title}' already archived.")
    _remember(item, archived=True)
    return f"item '{item.archive_id}' archived in file '{item.archive}'."


def unmark(item_id: str, owner: str = "") -> str:
    """Takes the item out of its archive; answers the message."""
    item = _markable(item_id, owner, no_archive=Invalid)
    if not archive.remove(item.archive_key, [item.archive_id or ""]):
        raise NotFound(f"item '{item.title}' not archived.")
    _remember(item, archived=False)
    return f"item '{item.title}' removed from '{item.archive}' archive."


def _markable(item_id: str, owner: str, *, no_archive: type[Invalid | NotFound]) -> Item:
    item = items.find(item_id, owner=owner)
    if item is None or item.shelf is Shelf.QUEUE:
        raise NotFound(f"item '{item_id}' not found.")
    if not item.archive:
        raise no_archive(f"item '{item.title}' does not have an archive file.")
    if not item.archive_id:
        raise Invalid(f"item '{item.title}' does not have an archive ID.")
    return item


def _remember(item: Item, *, archived: bool) -> None:
    def attempt() -> None:
        current = items.find(item.id)
        if current is not None:  # else it was cleared meanwhile; the archive keeps the mark
            update(current, current.evolve(is_archived=archived))

    retry_conflicts(attempt)
