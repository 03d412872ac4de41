"""From a URL to an item that waits for a slot: options, archive, extraction, routing (downloads.md 5.2)."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dlambda.aws import bucket, queue
from dlambda.domain.events import event
from dlambda.domain.events.event import Name
from dlambda.domain.items import metadata
from dlambda.domain.items.entries import LIST_TYPES
from dlambda.domain.items.failure import FailureKind, classify
from dlambda.domain.items.item import Item, Shelf, Stage, Status
from dlambda.domain.web.http_date import http_date
from dlambda.errors import Conflict, Invalid, NotFound
from dlambda.media.workers.extract import Extraction, extract
from dlambda.media.ytdlp.archive_ids import archive_id_of_url
from dlambda.media.ytdlp.rejection import reject_reason
from dlambda.settings import get_settings
from dlambda.store.items import archive, items, leases
from dlambda.usecases.events.apply_changes import apply, update
from dlambda.usecases.items.claim_urls import already_downloaded_event, claim_urls
from dlambda.usecases.items.dispatch import wake
from dlambda.usecases.items.expand import expand, info_key
from dlambda.usecases.items.fail_item import fail_item
from dlambda.usecases.items.follow_conditions import follow_conditions
from dlambda.usecases.items.intake_message import intake_message
from dlambda.usecases.items.options import archive_for, item_params
from dlambda.usecases.items.try_again import resume_retry, schedule_retry
from dlambda.usecases.rules.cookies import cookies_for

log = logging.getLogger(__name__)

# What fails unexpectedly is begun again by each minute's round; a lease's fence counts how often.
_MOST_BEGINNINGS = 60
_PREMIERE_SPARE_SECONDS = 300


def process_intake(item_id: str) -> None:
    """Does the intake of one item, once: the holder of its lease does it, a second message finds it done."""
    item = items.find(item_id)
    if item is not None and item.stage is Stage.AWAITING_RETRY:
        item = resume_retry(item, time.time())
    if item is None or item.stage not in {Stage.AWAITING_EXTRACTION, Stage.EXPANDING}:
        return
    try:
        with leases.hold(item.id) as lease:
            try:
                if lease.fence > _MOST_BEGINNINGS + item.expanded // 100:
                    raise Invalid("It could not be read, and was tried too often.")
                if item.stage is Stage.EXPANDING:
                    expand(item, lease)
                else:
                    _extract_item(item, lease)
            except Invalid as error:  # also what no record can hold: it would be so again
                fail_item(items.get(item.id), lease, error.message)
    except leases.Lost:
        return  # another worker is at it, or its user ended it
    except Conflict:
        # Its user changed it meanwhile; the next attempt reads it as it is now.
        queue.send(intake_message(item), delay_seconds=1)


def _extract_item(item: Item, lease: leases.Lease) -> None:
    try:
        params = item_params(item)
    except Invalid as error:
        fail_item(item, lease, error.message)
        return
    static_id = None if item.label else archive_id_of_url(item.url)  # of the list, not of its entry
    known_ids = [archive_id for archive_id in (static_id, item.entry_archive_id) if archive_id]
    if known_ids and _skip_archived(item, lease, known_ids, title=static_id or item.title):
        return
    extraction = _read_before(item) or _read(item, params)
    if extraction.info is None:
        reason, failure = _reason(extraction), extraction.failure
        # One that used up its whole time would do so again.
        retry_after_seconds = extraction.retry_after_seconds
        if not failure or extraction.timed_out or not schedule_retry(item, lease, reason, failure, retry_after_seconds):
            fail_item(item, lease, reason)
        return
    _route(item, lease, extraction, extraction.info, params)


def _read(item: Item, params: dict[str, Any]) -> Extraction:
    settings = get_settings()
    log.info("reading the page", extra={"item_id": item.id})
    return extract(
        item.source_url,
        params,
        entry=item.entry,
        cookies=cookies_for(item),
        timeout_seconds=settings.extract_info_timeout,
        allow_internal=settings.allow_internal_urls,
    )


def _read_before(item: Item) -> Extraction | None:
    """The extraction by the list or the sweep that made the item a while ago, with the same options."""
    if item.attempts or time.time() - item.info_at > get_settings().download_info_expires:
        return None
    try:
        return Extraction(bucket.get_json(info_key(item.id)), at=item.info_at)
    except NotFound:
        return None


def _reason(extraction: Extraction) -> str:
    sentences = metadata.telling(extraction.warnings)
    return " ".join([extraction.error or "Unable to extract info.", *sentences])


def _route(
    item: Item, lease: leases.Lease, extraction: Extraction, info: dict[str, Any], params: dict[str, Any]
) -> None:
    kind = str(info.get("_type") or "video")
    own_id, other_ids = metadata.archive_ids(info, item.entry_archive_id)
    ids = [archive_id for archive_id in (own_id, *other_ids) if archive_id]
    if kind.startswith("video") and _skip_archived(item, lease, ids, title=str(info.get("title") or item.url)):
        return
    followed = follow_conditions(item, info)
    if followed.shelf is Shelf.DONE:
        _store_or_merge_duplicate(item, followed, lease)
        return
    if followed is not item:
        _extract_item(update(item, followed, lease), lease)
        return
    reason = reject_reason(info, params)
    if reason:
        fail_item(item, lease, reason)
    elif kind in LIST_TYPES:
        expand(item, lease, info, extraction.rejected, limit=_most_entries(params))
    elif kind.startswith("video"):
        _apply_extraction(item, lease, extraction, info)
    else:
        fail_item(item, lease, f'Unsupported event type "{kind}".')


def _most_entries(params: Mapping[str, Any]) -> int | None:
    """The option `max_downloads` (downloads.md 5.4); what is no positive number limits nothing."""
    limit = params.get("max_downloads")
    return limit if isinstance(limit, int) and limit > 0 else None


def _skip_archived(item: Item, lease: leases.Lease, ids: Sequence[str], *, title: str) -> bool:
    """Ends an item that is in its archive already (downloads.md 5.2 rows 5 and 8). False when it is not."""
    present = archive.find_present(item.archive, ids) if item.archive and ids else []
    if not present:
        return False
    if get_settings().ignore_archived_items:
        apply([items.Change(item, None, lease)], first=[already_downloaded_event(item, present[0])])
        return True
    skipped = item.ended(
        Status.SKIP,
        time.time(),
        source_id=present[0].split(maxsplit=1)[1],
        title=title,
        archive_id=present[0],
        is_archivable=True,
        is_archived=True,
        msg=f"URL is already downloaded. Found in archive '{item.archive}'.",
    )
    update(item, skipped, lease)
    return True


def _apply_extraction(item: Item, lease: leases.Lease, extraction: Extraction, info: dict[str, Any]) -> None:
    """Gives the item what was extracted and decides where it goes (downloads.md 5.6)."""
    name = archive_for(item, info)
    own_id, other_ids = metadata.archive_ids(info, item.entry_archive_id)
    described = item.evolve(
        **metadata.fields_of(info, url=item.url) | {"archive_id": own_id},
        archive=name,
        extras=metadata.extras_of(info) | dict(item.extras),
        old_archive_ids=other_ids,
        is_archivable=bool(name),
        is_archived=False if name else None,
        info_at=extraction.at,
    )
    warnings = metadata.telling(extraction.warnings)
    if metadata.is_upcoming(info):
        _wait_for_stream(item, described, lease, info, warnings)
    elif not metadata.has_formats(info):
        _no_formats(item, described, lease, info, warnings)
    elif metadata.is_premiere(info) and get_settings().prevent_live_premiere:
        _wait_for_premiere(item, described, lease, info)
    else:
        bucket.put_json(info_key(item.id), info)
        _store_or_merge_duplicate(item, described.evolve(extracted=True), lease)


def _store_or_merge_duplicate(
    before: Item, after: Item, lease: leases.Lease, first: Sequence[event.Event] = ()
) -> None:
    """Stores an extracted item; its page's URL may belong to a record already (contract README, Adding)."""
    stored_items = claim_urls(
        [after],
        lambda claims: [items.Change(before, claims[0].item if claims else None, lease)],
        first=first,
    )
    if stored_items and stored_items[0].shelf is Shelf.QUEUE:
        log.info("read: %s", after.title, extra={"item_id": after.id})
        leases.release(lease)
        wake(stored_items[0])


def _wait_for_stream(
    item: Item, described: Item, lease: leases.Lease, info: dict[str, Any], warnings: Sequence[str]
) -> None:
    subject = "Premiere video" if metadata.is_premiere(info) else "Stream"
    starts = info.get("release_timestamp")
    text = f"{subject} is not available yet."
    lacking = f"No start time is set for {'premiere' if metadata.is_premiere(info) else 'live stream'}."
    after = described.ended(
        Status.NOT_LIVE,
        time.time(),
        is_live=True,
        live_in=http_date(starts) if starts else None,
        start_at=float(starts or 0),
        msg=" ".join([text, *warnings]),
        error=None if starts else lacking,
    )
    title = "Upcoming Premiere" if metadata.is_premiere(info) else "Upcoming Live Stream"
    message = f"{subject} '{described.title}' is not available yet."
    notice = event.log(Name.LOG_INFO, title, message, preset=item.preset, lowPriority=True)
    _store_or_merge_duplicate(item, after, lease, [notice])


def _wait_for_premiere(item: Item, described: Item, lease: leases.Lease, info: dict[str, Any]) -> None:
    """A premiere is recorded better when it is over: five minutes and its length after it began."""
    length = _PREMIERE_SPARE_SECONDS + int(info.get("duration") or 0)
    starts = info.get("release_timestamp")
    if starts:
        ends = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(float(starts) + length))
        error = f"Premiering right now. Download will start at {ends}."
        after = described.ended(
            Status.NOT_LIVE,
            time.time(),
            is_live=True,
            live_in=http_date(starts),
            start_at=float(starts),
            error=error,
        )
    else:
        error = f"Premiering right now. Delaying download by '{length}' seconds."
        after = described.ended(Status.NOT_LIVE, time.time(), is_live=True, start_at=time.time() + length, error=error)
    message = f"'{described.title}': '{error}'"
    notice = event.log(Name.LOG_INFO, "Premiering right now", message, preset=item.preset)
    _store_or_merge_duplicate(item, after, lease, [notice])


def _no_formats(
    item: Item, described: Item, lease: leases.Lease, info: dict[str, Any], warnings: Sequence[str]
) -> None:
    availability = info.get("availability")
    error = "No formats."
    if availability and availability != "public":
        error += f" Availability is set for '{availability}'."
    if info.get("_has_drm"):
        error += " The media is DRM protected."
    error = " ".join([error, *warnings])
    kind = FailureKind.DRM if info.get("_has_drm") else FailureKind.NO_FORMATS
    after = described.failed(error, replace(classify(error), kind=kind), time.time())
    message = f"No formats for '{described.title}'. {' '.join(warnings)}".strip()
    notice = event.log(Name.LOG_WARNING, "Download Error", message, preset=item.preset, logs=list(warnings))
    _store_or_merge_duplicate(item, after, lease, [notice])
