"""A playlist becomes its entries: each a record of its own, none lost, none doubled (docs/contract/downloads.md 5.4).

The entries lie in the bucket, and the record counts how many have been made. Each batch of entries and the new count
are one transaction, so an invocation that dies, hands over or runs twice continues where the count says. A long
playlist hands over after every few batches: adds that came meanwhile have their turn.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from dlambda.aws import bucket, queue
from dlambda.domain import event
from dlambda.domain.event import Name
from dlambda.domain.items import metadata
from dlambda.domain.items.entry_limit import TooManyEntries, at_most
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.items.request import Request
from dlambda.domain.places.urls import check_syntax
from dlambda.errors import Conflict, Invalid
from dlambda.settings import get_settings
from dlambda.store import archive, items, leases
from dlambda.usecases.items.add_items import already_downloaded, deleted, known, new_item
from dlambda.usecases.items.dispatch import dispatch
from dlambda.usecases.items.intake_queue import ENTRIES, intake_queue
from dlambda.usecases.publish import publish

# The playlist's own record and the lists take the rest of the transaction.
_BATCH = items.BATCH - 5
# Then a message to itself carries the rest on, behind the adds that came meanwhile. The entries wait in another queue.
BATCHES_PER_TURN = 8


def info_key(item_id: str) -> str:
    """Where an item's extraction lies."""
    return f"info/{item_id}"


def expand(item: Item, lease: leases.Lease, info: Mapping[str, Any] | None = None, most: int | None = None) -> None:
    """Makes records of a playlist's entries, from the beginning (`info`) or from where it was left.

    `most`: how many entries are looked at, from the first; None: all. Raises `Invalid` before anything is made.
    """
    if info is not None:
        entries = _wanted(info)
        playlist = {**_head(info), "playlist_count": info.get("playlist_count") or len(entries)}
        entries = _allowed(entries[:most])
        bucket.put_json(info_key(item.id), {"playlist": playlist, "entries": entries})
        title = metadata.title_of(info, url=item.url)
        item = items.save(item, item.but(title=title, entries=len(entries)), lease)
    stored = bucket.get_json(info_key(item.id))
    playlist, entries = stored["playlist"], stored["entries"]
    for _ in range(BATCHES_PER_TURN):
        if item.expanded >= len(entries):
            break
        leases.renew(lease, time.time())
        batch = entries[item.expanded : item.expanded + _BATCH]
        item = _expand_batch(item, lease, playlist, batch)
    if item.expanded < len(entries):
        leases.release(lease)
        queue.send(intake_queue(item), {"id": item.id})
        return
    _finish(item, lease)


def _wanted(info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries that have a URL, in order."""
    entries = [entry for entry in info.get("entries") or () if isinstance(entry, dict)]
    return [entry for entry in entries if entry.get("url") or entry.get("webpage_url")]


def _allowed(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    most = get_settings().max_playlist_entries
    try:
        return list(at_most(entries, most))
    except TooManyEntries as error:
        raise Invalid(f"{error.message} Add a part of it, such as --playlist-items 1:{most}.") from None


def _head(info: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in info.items() if key != "entries"}


def _expand_batch(
    item: Item, lease: leases.Lease, playlist: Mapping[str, Any], batch: Sequence[Mapping[str, Any]]
) -> Item:
    """One transaction: the records of `batch`, and the count that says so."""
    first = item.expanded + 1
    made = [
        child
        for number, entry in enumerate(batch, start=first)
        if (child := _child(item, playlist, entry, number)) is not None
    ]
    made = _without_archived(_distinct(made))
    while True:
        queued = sum(child.shelf is Shelf.QUEUE for child in made)
        after = item.but(expanded=item.expanded + len(batch), queued=item.queued + queued)
        changes = [items.Change(item, after, lease), *(items.Change(None, child) for child in made)]
        try:
            stored = items.commit(changes)
            break
        except items.UrlTaken as taken:
            made = _make_way(made, taken.holders)
    children = stored[1:]
    publish(*(event.item_moved(child) if child.shelf is Shelf.DONE else event.item_added(child) for child in children))
    queue.send_many(
        ENTRIES, ({"id": child.id} for child in children if not child.extracted and child.shelf is Shelf.QUEUE)
    )
    if any(child.extracted for child in children):
        dispatch()
    return stored[0]


def _distinct(made: Sequence[Item]) -> list[Item]:
    """Without those that have a URL of one before them."""
    seen: set[str] = set()
    kept: list[Item] = []
    for child in made:
        if seen.isdisjoint(child.urls):
            kept.append(child)
            seen |= child.urls
    return kept


def _make_way(made: list[Item], holders: Mapping[str, str]) -> list[Item]:
    """The entries that can be made: history records of their URLs are cleared away, those that stay win."""
    by_id = {holder.id: holder for holder in items.find_many(holders.values())}
    kept: list[Item] = []
    for child in made:
        holder = by_id.get(holders.get(child.id, ""))
        if holder is None:
            kept.append(child)
        elif notice := known(holder, child):
            publish(notice)
        else:
            try:
                items.remove(holder)
            except Conflict:
                continue  # it is being changed: whoever changes it has the URL
            publish(deleted(holder))
            kept.append(child)
    return kept


def _child(item: Item, playlist: Mapping[str, Any], entry: Mapping[str, Any], number: int) -> Item | None:
    """The record of one entry: the parent's request with the entry's URL; None for what is no web address."""
    hinted = str(entry.get("url") or entry["webpage_url"])
    url = metadata.plain_url(str(entry.get("webpage_url") or hinted))
    try:
        check_syntax(url)
    except Invalid:
        return None
    if url in item.chain or url == item.posted_url:
        return None  # a playlist that holds itself
    extras = {**item.extras, **metadata.playlist_extras(playlist, entry, number, item.entries)}
    request = Request(
        url=url,
        preset=item.preset,
        folder=item.folder,
        cookies=item.cookies,
        template=item.template,
        cli=item.cli,
        auto_start=item.auto_start,
        extras=extras,
        requeued=item.requeued,
    )
    child = new_item(request).but(
        title=metadata.title_of(entry, url=url),
        source_id=str(entry.get("id") or ""),
        archive_id=metadata.archive_id(entry),
        hinted_url=hinted if hinted != url else "",
        chain=(*item.chain, item.posted_url),
    )
    return _complete(child, playlist, entry) if metadata.is_complete(entry) else child


def _complete(child: Item, playlist: Mapping[str, Any], entry: Mapping[str, Any]) -> Item:
    """An entry that is a whole video needs no extraction of its own; its own values win over the playlist's."""
    inherited = {key: playlist[key] for key in ("extractor", "extractor_key", "uploader", "channel") if key in playlist}
    info = {**inherited, **entry}
    bucket.put_json(info_key(child.id), info)
    return child.but(
        **metadata.fields_of(info, url=child.url),
        extras=metadata.extras_of(info) | dict(child.extras),
        is_archivable=bool(child.archive),
        info_at=time.time(),
        extracted=True,
    )


def _without_archived(made: list[Item]) -> list[Item]:
    """Entries that the archive has become `skip` records, or nothing where the setting says so."""
    ids = [child.archive_id for child in made if child.archive and child.archive_id]
    name = next((child.archive for child in made if child.archive), None)
    present = set(archive.find_present(name, ids)) if name and ids else set()
    if not present:
        return made
    if get_settings().ignore_archived_items:
        publish(*(already_downloaded(child, child.archive_id or "") for child in made if child.archive_id in present))
        return [child for child in made if child.archive_id not in present]
    now = time.time()
    return [_skipped(child, now) if child.archive_id in present else child for child in made]


def _skipped(child: Item, now: float) -> Item:
    message = f"URL is already downloaded. Found in archive '{child.archive}'."
    return child.ended(Status.SKIP, now, is_archivable=True, is_archived=True, msg=message)


def _finish(item: Item, lease: leases.Lease) -> None:
    """All entries are in: the playlist's own record goes."""
    items.commit([items.Change(item, None, lease)])
    bucket.delete([info_key(item.id)])
    message = f"Added {item.queued} entries of '{item.title}' to the download queue."
    publish(
        event.item_deleted(item, "Playlist Expanded", f"'{item.title}' was replaced by its entries."),
        event.log(Name.LOG_SUCCESS, "Playlist Added", message, preset=item.preset, count=item.queued),
    )
