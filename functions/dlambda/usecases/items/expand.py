"""A playlist becomes its entries: each a record of its own, none lost, none doubled (docs/contract/downloads.md 5.4).

The entries lie in the bucket, and the record counts how many have been made. Each batch of entries and the new count
are one transaction, so an invocation that dies, hands over or runs twice continues where the count says. A long
playlist hands over after every few batches: adds that came meanwhile have their turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from dlambda.aws import bucket, queue
from dlambda.deployment import current
from dlambda.domain.events import event
from dlambda.domain.events.event import Name
from dlambda.domain.items import metadata
from dlambda.domain.items.entries import Entry, Plan, plan_entries, told_fields
from dlambda.domain.items.entry_limit import TooManyEntries, at_most
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.items.item_parts import Expansion, Origin
from dlambda.domain.tasks.task import TIMER_SOURCE
from dlambda.errors import Invalid
from dlambda.store.items import archive, leases
from dlambda.store.items.commit import BATCH, Change
from dlambda.usecases.events.apply_changes import apply, update
from dlambda.usecases.items.add_items import new_item
from dlambda.usecases.items.claim_urls import Claim, already_downloaded_event, claim_next
from dlambda.usecases.items.intake_message import entry_message, intake_message

# The playlist's own record and the lists take the rest of the transaction.
_BATCH = BATCH - 5
# Then a message to itself carries the rest on, behind the adds that came meanwhile. The entries wait in another queue.
BATCHES_PER_TURN = 8
_MOST_LISTS = 30  # addresses that led to a list
_NO_ENTRIES = "There is nothing to download: the list has no entries."
_NO_ADDRESS = "There is nothing to download: no entry of the list has an address that leads to something else."


def expand(
    item: Item, lease: leases.Lease, info: Mapping[str, Any] | None = None, rejected: Sequence[str] = (), *,
    limit: int | None = None,
) -> None:  # fmt: skip
    """Makes records of a playlist's entries, from the beginning (`info`) or from where it was left.

    `rejected`: why options left entries out. `limit`: how many entries are looked at, from the first; None: all.
    Raises `Invalid` before anything is made, also for a list without entries.
    """
    if info is not None:
        if len(item.origin.chain) > _MOST_LISTS:
            raise Invalid("The list lies in too many lists.")
        plan = _check(plan_entries(info, {*item.origin.chain, item.posted_url, item.url, item.source_url}), limit)
        if not plan.entries:
            _end_without_entries(item, lease, plan, rejected)
            return
        bucket.put_json(item.info_key, plan.rendered())
        title = metadata.title_of(info, url=item.url)
        item = update(item, item.evolve(title=title, expansion=Expansion(len(plan.entries))), lease)
    plan = Plan.read(bucket.get_json(item.info_key))
    for _ in range(BATCHES_PER_TURN):
        if item.expansion.expanded >= len(plan.entries):
            break
        leases.renew(lease, current().clock.time())
        item = _expand_batch(item, lease, plan, plan.entries[item.expansion.expanded :][:_BATCH])
    if item.expansion.expanded < len(plan.entries):
        leases.release(lease)
        queue.send(intake_message(item))
        return
    _finish(item, lease)


def _check(plan: Plan, maximum: int | None) -> Plan:
    """The first `most` entries. Raises `Invalid` when they are more than a playlist may have."""
    limit = current().settings.max_playlist_entries
    try:
        return replace(plan, entries=at_most(plan.entries[:maximum], limit))
    except TooManyEntries as error:
        raise Invalid(f"{error.message} Add a part of it, such as --playlist-items 1:{limit}.") from None


def _end_without_entries(item: Item, lease: leases.Lease, plan: Plan, rejected: Sequence[str]) -> None:
    """A list whose entries the options leave out ends as `skip`. Raises `Invalid` for one that has no usable entry."""
    total = plan.playlists[0]["playlist_count"]
    if plan.left_out or not (total or rejected):
        raise Invalid(_NO_ADDRESS if plan.left_out else _NO_ENTRIES)
    title = metadata.title_of(plan.playlists[0], url=item.url)
    text = " ".join([f"The options leave out all {total or len(rejected)} entries of the list.", *rejected[:1]])
    expansion = Expansion(brought_nothing=True)
    record = item.ended(Status.SKIP, current().clock.time(), title=title, msg=text, expansion=expansion)
    message = f"'{title}': {text}"
    notice = event.log(Name.LOG_INFO, "Nothing to download", message, owner=item.owner, preset=item.preset)
    update(item, record, lease, first=[notice])


def _expand_batch(item: Item, lease: leases.Lease, plan: Plan, batch: Sequence[Entry]) -> Item:
    """Writes in one transaction the records of `batch`, and the count that says so.

    Takes the first entries alone when more records give way to them than a transaction has place for. One that went
    with them, since they share a record, is met again with the later ones: it is in the queue then.
    """
    usable = [number for number, entry in enumerate(batch) if entry.url]
    children = [_child(item, plan, batch[number]) for number in usable]
    numbers = {child.id: number for child, number in zip(children, usable, strict=True)}

    def changes_of(claims: Sequence[Claim], later: Sequence[Claim]) -> list[Change]:
        new_children = _number([claim.item for claim in claims], item.expansion.queued)
        queued = sum(1 for child in new_children if child.shelf is Shelf.QUEUE)
        size = numbers[later[0].item.id] if later else len(batch)
        after = item.evolve(expansion=item.expansion.advanced(size, queued))
        return [Change(item, after, lease), *(Change(None, child) for child in new_children)]

    parent, *new_items = claim_next(_claims(children), changes_of).items
    queued = [child for child in new_items if child.shelf is Shelf.QUEUE]
    for child in queued:
        if child.info_at:
            bucket.put_json(child.info_key, _whole_info(plan, batch[numbers[child.id]]))
    queue.send_many(entry_message(child) for child in queued)
    return parent


def _number(children: Sequence[Item], before: int) -> list[Item]:
    """The entries with their numbers for `%(autonumber)s`: those that are not downloaded take none, as in yt-dlp."""
    numbers = count(before + 1)
    return [
        child.evolve(extras={**child.extras, "autonumber": next(numbers)}) if child.shelf is Shelf.QUEUE else child
        for child in children
    ]


def _child(item: Item, plan: Plan, entry: Entry) -> Item:
    """The record of one entry: the parent's request with the entry's URL.

    One that is a whole video needs no extraction of its own: it is at hand for the child's intake.
    """
    return new_item(plan.request(entry, item.request())).evolve(
        title=metadata.title_of(entry.info, url=entry.url),
        source_id=str(entry.info.get("id") or ""),
        archive_id=entry.archive_id,
        origin=Origin(
            hinted_url=entry.hinted_url,
            label=entry.label,
            ie_key="" if entry.is_complete else str(entry.info.get("ie_key") or ""),
            told=told_fields(entry.info),
            chain=tuple(dict.fromkeys((*item.origin.chain, item.posted_url, item.url, item.source_url))),
        ),
        info_at=current().clock.time() if entry.is_complete else 0.0,
    )


def _whole_info(plan: Plan, entry: Entry) -> dict[str, Any]:
    """The metadata of an entry that is a whole video; its own values win over the playlist's."""
    playlist = plan.playlists[entry.playlist]
    inherited = {key: playlist[key] for key in ("extractor", "extractor_key", "uploader", "channel") if key in playlist}
    return {**inherited, **entry.info}


def _claims(children: Sequence[Item]) -> list[Claim]:
    """The entries as claims; those that the archive has become `skip` records, or a notice alone."""
    ids = [child.archive_id for child in children if child.archive and child.archive_id]
    key = next((child.archive_key for child in children if child.archive_key), "")
    present = set(archive.find_present(key, ids)) if key and ids else set()
    return [_claim_archived(child) if child.archive_id in present else Claim(child) for child in children]


def _claim_archived(child: Item) -> Claim:
    if _leaves_no_record(child):
        return Claim(child, notice=already_downloaded_event(child, child.archive_id or ""))
    return Claim(_skip(child, current().clock.time()))


def _leaves_no_record(child: Item) -> bool:
    """An archived entry, where the setting says so, or where a watched feed names it, maybe under a new address."""
    is_watched = child.extras.get("source_handler") == TIMER_SOURCE
    return current().settings.ignore_archived_items or (is_watched and child.archive_id == child.entry_archive_id)


def _skip(child: Item, now: float) -> Item:
    message = f"URL is already downloaded. Found in archive '{child.archive}'."
    return child.ended(Status.SKIP, now, is_archivable=True, is_archived=True, msg=message)


def _finish(item: Item, lease: leases.Lease) -> None:
    """All entries are in: the playlist's own record goes."""
    queued = item.expansion.queued
    name, title = (Name.LOG_SUCCESS, "Playlist Added") if queued else (Name.LOG_INFO, "Nothing New")
    message = f"Added {queued} entries of '{item.title}' to the download queue."
    summary = event.log(name, title, message, owner=item.owner, preset=item.preset, count=queued)
    apply([Change(item, None, lease)], last=[summary])
    bucket.delete([item.info_key])
