"""A run of a download: yt-dlp's worker, reports, files into the bucket, the end (downloads.md 5.7, 5.8)."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.items.failure import Failure, FailureKind, classify
from dlambda.domain.items.item import Item, Status
from dlambda.domain.messages.queue_messages import DownloadItem
from dlambda.errors import Invalid, NotFound
from dlambda.media.workers import download
from dlambda.store.items import leases
from dlambda.usecases.events.apply_changes import update
from dlambda.usecases.items.change_items import end_cancelled
from dlambda.usecases.items.daily_limit import DailyLimit, DailyLimitReached
from dlambda.usecases.items.disk_watch import DiskFull, DiskWatch, check_space, check_space_to_begin
from dlambda.usecases.items.download_spec import download_spec
from dlambda.usecases.items.early_upload import EarlyUpload, UploadLost
from dlambda.usecases.items.end_download import clean_up, end_failed, end_finished, end_skipped, end_stopped
from dlambda.usecases.items.keep_files import Kept, keep
from dlambda.usecases.items.name_claims import NameClaims
from dlambda.usecases.items.progress_reports import ProgressReports
from dlambda.usecases.items.try_again import schedule_retry
from dlambda.usecases.items.work_folders import open_work_folder, remove_work_folder, work_folder
from dlambda.usecases.workers.early_start import EarlyStart
from dlambda.usecases.workers.leased_run import HandOver, LeasedRun
from dlambda.usecases.workers.saved_state import saved_state
from dlambda.usecases.workers.state_saver import StateSaver
from dlambda.usecases.workers.ytdlp_releases import note_failure, note_success, release_for

log = logging.getLogger(__name__)

_GRACE_SECONDS = 1.0
# An invocation so long counts for so many beginnings (`download_item`).
LONG_SECONDS = 60.0
LONG_BEGINNINGS = 15
_GRACE_LIVE_SECONDS = 2.0
_MOST_FINISHING_SECONDS = 600.0  # joining and repairing a recording of many hours
_STEP_TOO_LONG = (
    "What follows the download (a conversion, putting formats together) takes longer than one function may run."
)
_UNEXPECTED = "Download ended with unexpected status '{}'."


class _Cancelled(Exception):
    """The user wants the download no more."""


class DownloadRun:
    """A run of an item's download: what `LeasedRun` asks of it, and the end that its result leads to."""

    def __init__(self, item: Item, lease: leases.Lease, seconds_left: Callable[[], float]) -> None:
        self._item = item
        self._workdir = work_folder(item)
        self._state = saved_state().of(item.id, self._workdir)
        self._began_at = current().clock.monotonic()
        self._is_long = False
        self._is_merging = False  # in the bucket, part by part
        self._reports = ProgressReports()
        self._run = LeasedRun(lease, seconds_left, self._reports.fields, {"item_id": item.id})
        self._claims = NameClaims(item)
        self._daily = DailyLimit(item.owner)
        self._disk = DiskWatch(is_live=bool(item.is_live))
        message = DownloadItem(item.id, awaits_release=True)
        self._next = EarlyStart(message) if item.is_live and not self._state.is_durable else None
        self._upload = EarlyUpload(item, self._workdir, self._state)
        self._release = release_for(item)
        self._finishing_since = 0.0  # of a live recording that its user cancelled

    def run(self) -> bool:
        """True when the rest must go on in another invocation."""
        running = None
        try:
            if self._run.lease.wanted == leases.CANCEL:
                end_cancelled(self._item, self._run.lease)
                saved_state().forget(self._item.id)
                return False
            check_space_to_begin()
            self._daily.check()
            running = self._start()
            result = self._follow(running)
            if result is None:
                return self._hand_over()
            self._end(result)
        except leases.Lost:
            log.info("lease lost: another worker has the item", extra={"item_id": self._item.id})
        except DiskFull as full:
            self._retry_or_fail(str(full), classify(str(full)))
        except DailyLimitReached as reached:
            self._fail(str(reached), classify(str(reached)))
        except UploadLost:
            return self._begin_anew()
        except Invalid as error:
            self._fail(error.message, classify(error.message))
            if running:  # no name, key or record can hold the file: it would be so again
                clean_up(self._item)
        finally:
            self._upload.close()
        return False

    def _start(self) -> download.Running:
        """Starts the worker. Raises `Invalid` when the item's options don't parse."""
        spec = download_spec(self._item, self._claims, self._release)
        self._state.load()
        self._upload.resume()
        open_work_folder(self._item)
        self._daily.resume(self._workdir)
        can_upload = self._state.can_upload and not bucket.places_files()
        self._upload.is_allowed = can_upload and not spec.params.get("postprocessors")
        can_merge = self._state.merging and not bucket.places_files()
        return download.start_download(
            replace(
                spec,
                frees_space=self._upload.frees_space,
                fill=self._fill,
                merge=self._merge if can_merge else None,
            )
        )

    def _merge(self, target: str, names: Sequence[str]) -> bool:
        """Puts two formats together in the bucket. Raises `HandOver`, `Lost`, `UploadLost`, `_Cancelled`."""
        self.note([download.Postprocessing("started", "Merger")])  # what the worker said before waits for the answer

        def check() -> None:
            self._run.check_time()
            if self._run.is_cancelled:
                raise _Cancelled

        self.heartbeat()
        self._is_merging = True
        is_merged = self._upload.merge(target, names, check)
        self._is_merging = False
        return is_merged

    def _fill(self, name: str) -> None:
        """Brings back what a complete file lacks. Raises `HandOver`, `Lost`, `DiskFull`; `UploadLost`: it is gone."""
        if missing_bytes := self._state.missing_bytes(name):
            check_space(needed_bytes=missing_bytes)
        try:
            self._state.fill(name, self._run.check_time)
        except NotFound:
            raise UploadLost from None

    def _follow(self, running: download.Running) -> download.Result | None:
        """The worker's result; None when the invocation's time is up first."""
        try:
            with StateSaver(self._state, is_live=bool(self._item.is_live)):
                return self._run.follow(running, self)
        except HandOver:  # what a complete file lacks was being brought back, or put together
            return None
        except _Cancelled:
            return running.result

    def _hand_over(self) -> bool:
        """Leaves the item, its slot and what was downloaded to the next invocation. Raises `Lost`.

        False when it ends instead: a step behind the download had a whole invocation, and would have no longer one.
        """
        self._upload.close()
        self._daily.count()
        self._state.save(self._run.renew_if_due)
        is_one_step = self._reports.status is Status.POSTPROCESSING and not self._is_merging
        if is_one_step and not self._state.has_advanced and not self._reports.has_received:
            self._fail(_STEP_TOO_LONG, classify(_STEP_TOO_LONG))
            return False
        self._count_beginnings()
        self._run.renew()  # before the folder goes: another worker may have it by now
        self._state.leave()
        leases.release(self._run.lease)
        return True

    def _begin_anew(self) -> bool:
        """Leaves the item to the next invocation, without what was sent of its file. False when another has it."""
        log.warning("what was uploaded does not fit its file: it begins anew", extra={"item_id": self._item.id})
        try:
            self._run.renew()
        except leases.Lost:
            return False
        self._upload.close()
        self._state.forbid_uploads()
        leases.release(self._run.lease)
        return True

    def _count_beginnings(self) -> None:
        """None when it got further than before. One that takes long counts for more. Raises `Lost`."""
        item = self._item
        becomes_long = not self._is_long and current().clock.monotonic() - self._began_at > LONG_SECONDS
        if not (item.begun or becomes_long):
            return
        self._is_long = self._is_long or becomes_long
        siblings = LONG_BEGINNINGS - 1 if becomes_long else 0
        begun = 0 if self._state.has_advanced else item.begun + siblings
        if begun != item.begun:
            self._item = update(item, item.evolve(begun=begun), self._run.lease)

    # What `LeasedRun.follow` calls

    def note(self, messages: Sequence[download.Message]) -> None:
        """Tells clients, and begins to upload a large file."""
        self._reports.note(self._item, messages)
        self._upload.note(messages)
        merging = self._state.merging
        for message in messages:
            if merging and isinstance(message, download.Progress) and message.is_read_elsewhere and message.tmpfilename:
                merging.expect(message.tmpfilename)
        self._daily.note(int(self._reports.progress.downloaded_bytes or 0))

    def heartbeat(self) -> None:
        """Stores a new status and renews the lease, with the progress. Raises `Lost`."""
        if self._reports.status is not self._item.status:
            self._item = update(self._item, self._item.evolve(status=self._reports.status), self._run.lease)
        self._count_beginnings()
        self._run.renew()

    def check(self, running: download.Running) -> None:
        """Stops a cancelled download. Raises `DiskFull`."""
        if self._next and not self._run.is_cancelled:
            self._next.check(self._run.seconds_left())
        if not self._run.is_cancelled:
            self._disk.check(running)
        elif not self._item.is_live:
            running.stop(_GRACE_SECONDS)
        else:
            self._finish_recording(running)
            self._disk.check(running)

    def _finish_recording(self, running: download.Running) -> None:
        """Asks the worker to finish its file, once; ends it when that takes too long."""
        now = current().clock.monotonic()
        if not self._finishing_since:
            self._finishing_since = now
            running.ask_to_finish()
        elif now - self._finishing_since > _MOST_FINISHING_SECONDS or self._run.seconds_left() < _GRACE_LIVE_SECONDS:
            running.stop(0)

    def _end(self, result: download.Result) -> None:
        item, lease = self._item, self._run.lease
        self._daily.count()
        if self._run.is_cancelled and item.is_live:
            end_stopped(item, lease, result, self._keep(result), self._reports.progress.downloaded_bytes)
        elif self._run.is_cancelled and not (result.ok and result.filepath):
            end_cancelled(item, lease, downloaded_bytes=self._reports.progress.downloaded_bytes)
            saved_state().forget(item.id)
        elif result.stopped:
            end_cancelled(item, lease)
            saved_state().forget(item.id)
        elif result.skipped_reason:
            end_skipped(item, lease, result)
        elif result.ok:
            end_finished(item, lease, result, self._keep(result))
            note_success(item, self._release)
        else:
            self._end_in_error(result)

    def _end_in_error(self, result: download.Result) -> None:
        """Keeps a file that is complete; the item has failed for good then."""
        kept_files = self._keep(result)
        error = result.error or _UNEXPECTED.format(self._reports.progress.status)
        failure = result.failure or classify(error)
        note_failure(self._item, self._release, failure)
        if kept_files.filename:
            self._fail(error, failure, **kept_files.fields())
        else:
            self._retry_or_fail(error, failure, result.retry_after_seconds)

    def _keep(self, result: download.Result) -> Kept:
        return keep(self._item, self._workdir, result, self._run.renew_if_due, self._upload)

    def _retry_or_fail(self, error: str, failure: Failure, asked_seconds: float | None = None) -> None:
        """Puts the item off, or ends it when trying again is of no use.

        On a full disk what it has written goes first: others need the space, the tables that store this among them.
        """
        self._upload.close()
        if failure.kind is FailureKind.DISK and not self._item.is_live:
            remove_work_folder(self._workdir)
            self._reports.restart()
        self._state.save(self._run.renew_if_due)
        if not schedule_retry(self._item, self._run.lease, error, failure, asked_seconds):
            self._fail(error, failure)

    def _fail(self, error: str, failure: Failure, **fields: Any) -> None:
        fields = {"downloaded_bytes": self._reports.progress.downloaded_bytes, **fields}
        end_failed(self._item, self._run.lease, error, failure, self._claims, **fields)
