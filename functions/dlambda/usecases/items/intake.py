"""From a URL to an item that waits for a slot: options, archive, extraction, routing (downloads.md 5.2)."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dlambda.aws import bucket, queue
from dlambda.deployment import current
from dlambda.domain.events.extraction_outcome import Outcome, describe, outcome_of
from dlambda.domain.items import metadata
from dlambda.domain.items.entries import LIST_TYPES
from dlambda.domain.items.item import Item, Shelf, Stage, Status
from dlambda.domain.rules.preset import Preset
from dlambda.domain.ytdlp.rejection import reject_reason
from dlambda.errors import Conflict, Invalid, NotFound
from dlambda.media.workers.extract import Extraction, extract
from dlambda.media.workers.ytdlp_queries import archive_id_of
from dlambda.store.items import archive, items, leases
from dlambda.store.items.commit import Change
from dlambda.usecases.events.apply_changes import apply, update
from dlambda.usecases.items.claim_urls import Claim, already_downloaded_event, claim_next
from dlambda.usecases.items.dispatch import wake
from dlambda.usecases.items.expand import expand
from dlambda.usecases.items.fail_item import fail_item
from dlambda.usecases.items.follow_conditions import follow_conditions
from dlambda.usecases.items.intake_message import intake_message
from dlambda.usecases.items.remedies import remedied_params
from dlambda.usecases.items.try_again import resume_retry, schedule_retry
from dlambda.usecases.rules.cookies import cookies_for
from dlambda.usecases.rules.presets import preset_for
from dlambda.usecases.workers.ytdlp_releases import note_failure, release_for

log = logging.getLogger(__name__)

# What fails unexpectedly is begun again by each minute's round; a lease's fence counts how often.
MOST_BEGINNINGS = 30


@dataclass(frozen=True, slots=True)
class Intake:
    """An item whose intake is under way, with what is read once for it. `params`: yt-dlp's for its present try."""

    item: Item
    lease: leases.Lease
    preset: Preset
    params: dict[str, Any]

    @property
    def most_entries(self) -> int | None:
        """The option `max_downloads` (downloads.md 5.4); what is no positive number limits nothing."""
        limit = self.params.get("max_downloads")
        return limit if isinstance(limit, int) and limit > 0 else None

    @property
    def leaves_out_media(self) -> bool:
        return bool(self.params.get("skip_download") or self.params.get("simulate"))


def process_intake(item_id: str) -> None:
    """Does the intake of one item, once: the holder of its lease does it, a second message finds it done."""
    item = items.find(item_id)
    if item is None or item.shelf is Shelf.DONE:
        leases.forget(item_id)
        return
    if item.stage is Stage.AWAITING_RETRY:
        item = resume_retry(item, current().clock.time())
    if item is None or item.stage not in {Stage.AWAITING_EXTRACTION, Stage.EXPANDING}:
        return
    try:
        with leases.hold(item.id, leases.Work.INTAKE) as lease:
            try:
                if lease.fence > MOST_BEGINNINGS + item.expansion.expanded // 100:
                    raise Invalid("It could not be read, and was tried too often.")
                if item.stage is Stage.EXPANDING:
                    expand(item, lease)
                else:
                    _extract_item(item, lease)
            except Invalid as error:  # also what no record can hold: it would be so again
                stored_item = items.find(item.id)
                leases.renew(lease, current().clock.time())  # the item was read anew: it may be another worker's
                if stored_item and stored_item.shelf is Shelf.QUEUE:
                    fail_item(stored_item, lease, error.message)
    except leases.Lost:
        return  # another worker is at it, or its user ended it
    except Conflict:
        # Its user changed it meanwhile; the next attempt reads it as it is now.
        queue.send(intake_message(item), delay_seconds=1)


def _extract_item(item: Item, lease: leases.Lease) -> None:
    """Reads its page, or what was read of it before. Raises `Invalid` for what would fail again."""
    preset = preset_for(item.preset)
    intake = Intake(item, lease, preset, remedied_params(item, preset))
    # Of an entry the URL is that of its list.
    static_id = archive_id_of(item.url) if item.archive_key and not item.origin.label else ""
    known_ids = [archive_id for archive_id in (static_id, item.entry_archive_id) if archive_id]
    if known_ids and _skip_archived(item, lease, known_ids, title=static_id or item.title):
        return
    release = release_for(item)
    extraction = _extraction_of(intake, release)
    if extraction.info is None:
        reason = " ".join([extraction.error or "Unable to extract info.", *metadata.telling(extraction.warnings)])
        failure = extraction.failure
        if failure:
            note_failure(item, release, failure)
        # One that used up its whole time would do so again.
        retry_after_seconds = extraction.retry_after_seconds
        if not failure or extraction.timed_out or not schedule_retry(item, lease, reason, failure, retry_after_seconds):
            fail_item(item, lease, reason)
        return
    _route(intake, extraction, extraction.info)


def _extraction_of(intake: Intake, release: str) -> Extraction:
    """The extraction by the list or the sweep that made the item a while ago, with the same options; else a new one."""
    item, settings = intake.item, current().settings
    if not item.attempt.failed_before and current().clock.time() - item.info_at <= settings.download_info_expires:
        with suppress(NotFound):
            return Extraction(bucket.get_json(item.info_key), at=item.info_at)
    log.info("reading the page", extra={"item_id": item.id})
    return extract(
        item.source_url,
        intake.params,
        entry=item.entry,
        cookies=cookies_for(item, intake.preset),
        timeout_seconds=settings.extract_info_timeout,
        allow_internal=settings.allow_internal_urls,
        release=release,
        is_one_of_many=item.is_one_of_many,
    )


def _route(intake: Intake, extraction: Extraction, info: dict[str, Any]) -> None:
    item, lease = intake.item, intake.lease
    kind = str(info.get("_type") or "video")
    own_id, other_ids = metadata.archive_ids(info, item.entry_archive_id)
    ids = [archive_id for archive_id in (own_id, *other_ids) if archive_id]
    if kind.startswith("video") and _skip_archived(item, lease, ids, title=str(info.get("title") or item.url)):
        return
    followed = follow_conditions(item, intake.preset, info)
    if followed.shelf is Shelf.DONE:
        _store(item, Outcome(followed), lease)
        return
    if followed is not item:
        _extract_item(update(item, followed, lease), lease)
        return
    reason = reject_reason(info, intake.params)
    if reason:
        fail_item(item, lease, reason)
    elif kind in LIST_TYPES:
        expand(item, lease, info, extraction.rejected, limit=intake.most_entries)
    elif kind.startswith("video"):
        archive_name = metadata.archive_for(item, info, by_system_preset=intake.preset.default)
        described = describe(item, info, extracted_at=extraction.at, archive=archive_name)
        described = described.evolve(download_skipped=intake.leaves_out_media)
        waits = current().settings.prevent_live_premiere
        outcome = outcome_of(described, info, extraction.warnings, current().clock.time(), waits_for_premieres=waits)
        if outcome.item.extracted:
            bucket.put_json(item.info_key, info)
        _store(item, outcome, lease)
    else:
        fail_item(item, lease, f'Unsupported event type "{kind}".')


def _skip_archived(item: Item, lease: leases.Lease, ids: Sequence[str], *, title: str) -> bool:
    """Ends an item that is in its archive already (downloads.md 5.2 rows 5 and 8). False when it is not."""
    present = archive.find_present(item.archive_key, ids) if item.archive_key and ids else []
    if not present:
        return False
    if current().settings.ignore_archived_items:
        apply([Change(item, None, lease)], first=[already_downloaded_event(item, present[0])])
        return True
    skipped = item.ended(
        Status.SKIP,
        current().clock.time(),
        source_id=present[0].split(maxsplit=1)[1],
        title=title,
        archive_id=present[0],
        is_archivable=True,
        is_archived=True,
        msg=f"URL is already downloaded. Found in archive '{item.archive}'.",
    )
    update(item, skipped, lease)
    return True


def _store(before: Item, outcome: Outcome, lease: leases.Lease) -> None:
    """Stores an extracted item; its page's URL may belong to a record already (contract README, Adding)."""
    result = claim_next(
        [Claim(outcome.item)],
        lambda claims, _: [Change(before, claims[0].item if claims else None, lease)],
        first=[outcome.notice] if outcome.notice else [],
    )
    if result.items and result.items[0].shelf is Shelf.QUEUE:
        log.info("read: %s", outcome.item.title, extra={"item_id": before.id})
        wake(result.items[0])  # the lease is of its intake: it is in no download's way
