"""Ends a download: finished, skipped, stopped, failed. Each end moves the item to the history and tells clients.

A cancelled item ends in `change_items.end_cancelled`; one that waits for another try stays in the queue
(`try_again.schedule_retry`).
"""

import logging
from typing import Any

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.items.failure import Failure
from dlambda.domain.items.item import Item, Status
from dlambda.domain.items.remedy import success_words
from dlambda.media.workers.download import Result
from dlambda.media.ytdlp.resume import can_continue
from dlambda.media.ytdlp.work_layout import COOKIES
from dlambda.store.items import leases
from dlambda.usecases.events.apply_changes import update
from dlambda.usecases.items.change_items import end_cancelled
from dlambda.usecases.items.fail_item import fail_item
from dlambda.usecases.items.item_archive import ItemArchive
from dlambda.usecases.items.keep_files import Kept
from dlambda.usecases.items.name_claims import NameClaims
from dlambda.usecases.items.remedies import remember_success
from dlambda.usecases.items.work_folders import read_worker_file, remove_work_folder, work_folder
from dlambda.usecases.rules.cookie_jars import note_success
from dlambda.usecases.workers.saved_state import saved_state

log = logging.getLogger(__name__)

_STOPPED = "The recording was stopped; what was recorded until then is kept."


def end_finished(item: Item, lease: leases.Lease, result: Result, kept: Kept) -> None:
    """Ends an item whose download has worked, and records it in the archive of its options. Raises `Lost`."""
    if archive := ItemArchive.find(item):
        archive.add(result.archive_ids, current().clock.time())
    is_archived = True if item.archive and kept.filename else item.is_archived
    fields = kept.fields() | {"is_archived": is_archived, "warnings": _warnings_of(result)}
    words = success_words(item.tries_after(Status.FINISHED, current().clock.time()))
    if words:
        fields["msg"] = words
        log.info("%s", words, extra={"item_id": item.id, "remedy": item.attempt.remedy})
    update(item, item.ended(Status.FINISHED, current().clock.time(), **fields), lease)
    remember_success(item)
    note_success(item, read_worker_file(work_folder(item), COOKIES))
    clean_up(item)


def end_skipped(item: Item, lease: leases.Lease, result: Result) -> None:
    """Ends an item that was not to be downloaded, with the reason. Raises `Lost`."""
    fields = {"msg": result.skipped_reason, "filename": result.existing}
    update(item, item.ended(Status.SKIP, current().clock.time(), **fields), lease)
    clean_up(item)


def end_stopped(item: Item, lease: leases.Lease, result: Result, kept: Kept, downloaded_bytes: float | None) -> None:
    """Ends a live recording that its user cancelled as cancelled, with what there is of it. Raises `Lost`."""
    if kept.filename is None:
        end_cancelled(item, lease, downloaded_bytes=downloaded_bytes)
        return
    end_cancelled(item, lease, **kept.fields(), msg=_STOPPED, warnings=_warnings_of(result))
    clean_up(item)


def end_failed(
    item: Item, lease: leases.Lease, error: str, failure: Failure, claims: NameClaims, **fields: Any
) -> None:
    """Ends an item whose download has failed. Raises `Lost`.

    What was downloaded stays when another add of the same URL can continue it.
    """
    fail_item(item, lease, error, failure, **fields)
    claims.release_unused()
    if can_continue(work_folder(item)):
        saved_state().forget(item.id)  # another add is another item, and finds the folder of one machine alone
    else:
        clean_up(item)


def _warnings_of(result: Result) -> tuple[dict[str, str], ...]:
    """The item's field `warnings`: steps that failed although the media is there."""
    return tuple(warning.view() for warning in result.warnings)


def clean_up(item: Item) -> None:
    """Removes what no retry needs; the folder of all items stays."""
    if not current().settings.temp_keep:
        remove_work_folder(work_folder(item))
    bucket.delete([item.info_key])
    saved_state().forget(item.id)
