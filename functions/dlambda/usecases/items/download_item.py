"""Downloads one item: takes it, runs yt-dlp, reports, brings files to the bucket, ends it (downloads.md 5.7, 5.8)."""

import logging
import time
import uuid
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dlambda.aws import bucket
from dlambda.aws.growing import GrowingUpload
from dlambda.domain.events import event
from dlambda.domain.files.content_type import content_type
from dlambda.domain.files.sidecar import is_partial
from dlambda.domain.items.failure import Failure, FailureKind, classify
from dlambda.domain.items.item import Item, Stage, Status
from dlambda.domain.items.progress import Progress
from dlambda.domain.messages.queue_messages import DownloadItem
from dlambda.domain.paths.paths import object_key
from dlambda.errors import Conflict, Invalid, NotFound
from dlambda.media.machine.disk import disk_space_at, tightest_room
from dlambda.media.workers import download
from dlambda.media.ytdlp.resume import can_continue
from dlambda.media.ytdlp.work_layout import HOME, TEMP
from dlambda.settings import get_settings
from dlambda.store.files import filename_claims
from dlambda.store.items import archive, items, leases
from dlambda.usecases.events.apply_changes import update
from dlambda.usecases.events.publish import publish
from dlambda.usecases.files.folders import find_media, holds_stem
from dlambda.usecases.items import keep_files
from dlambda.usecases.items.change_items import CANCEL, end_cancelled
from dlambda.usecases.items.dispatch import dispatch, pass_on
from dlambda.usecases.items.fail_item import fail_item
from dlambda.usecases.items.options import item_params
from dlambda.usecases.items.try_again import resume_retry, schedule_retry
from dlambda.usecases.items.work_folders import clear_work_folders, open_work_folder, remove_work_folder, work_folder
from dlambda.usecases.rules.cookies import cookies_for
from dlambda.usecases.runs.saved_state import HANDOVER_SECONDS, forget_state, load_state, save_state

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.5
_RENEW_SECONDS = 1.0
_GRACE_SECONDS = 1.0
# What fails unexpectedly is begun again by each minute's round; an hour of that is enough.
_MOST_BEGINNINGS = 60
_GRACE_LIVE_SECONDS = 2.0
_MOST_FINISHING_SECONDS = 600.0  # joining and repairing a recording of many hours
_STOPPED = "The recording was stopped; what was recorded until then is kept."
_LARGE_BYTES = 64 * 1024 * 1024
_UNEXPECTED = "Download ended with unexpected status '{}'."
_EXISTS = "Item has already been downloaded."


def download_item(
    item_id: str, *, seconds_left: Callable[[], float], excluded: Sequence[str] = ()
) -> DownloadItem | None:
    """Downloads an item when a slot and its lease can be had. Answers the message for what is left over.

    `seconds_left` tells how long this invocation may run on; what is unfinished then is kept for the next. `excluded`:
    the items that were woken for the same slot before and did not take it.
    """
    item = items.find(item_id)
    if item is not None and item.stage is Stage.AWAITING_RETRY:
        item = resume_retry(item, time.time())
    claimed = _claim(item) if item is not None and item.stage in {Stage.AWAITING_SLOT, Stage.RUNNING} else None
    if claimed is None:
        pass_on([*excluded, item_id])
        return None
    item, lease = claimed
    log.info("downloading", extra={"item_id": item.id})
    run = _Download(item, lease, seconds_left)
    if item.begun > _MOST_BEGINNINGS:
        run.give_up()
        return None
    with leases.released_on_failure(lease):
        handed_over = run.run()
    if not get_settings().work_durable:
        clear_work_folders(time.time())  # the minute's round does not see this machine's disk
    if handed_over:
        return DownloadItem(item_id)
    dispatch()
    return None


def _claim(item: Item) -> tuple[Item, leases.Lease] | None:
    """The item as this worker's own, with its slot. None when another has it, no slot is free, or it was changed."""
    lease = leases.acquire(item.id, uuid.uuid4().hex, time.time())
    if lease is None:
        return None
    begun = item.begun + 1 if item.stage is Stage.RUNNING else 0
    try:
        return update(item, item.evolve(status=Status.PREPARING, begun=begun), lease), lease
    except Conflict:
        leases.release(lease)  # it waits on, and the next free slot wakes it
        return None


class _Names(Container[str]):
    """The names in use in the item's folder. Asking for one that is free takes it; `give_back` is for a download that
    brought no file.

    Somebody else's file, which no download of ours has claimed, is found in the bucket. What this source has claimed
    before is its own to replace, also what it left when it crashed. Raises `Invalid` for
    a name that no object can have.
    """

    def __init__(self, item: Item) -> None:
        self._folder = item.folder.strip("/")
        self._source = item.source_key
        self._taken: set[str] = set()

    def __contains__(self, stem: object) -> bool:
        path = f"{self._folder}/{stem}" if self._folder else str(stem)
        object_key(path)
        # Looked at before it is claimed: else a crash in between would leave the file for one of ours.
        if holds_stem(path):
            return not filename_claims.is_of(path, self._source)
        if not filename_claims.claim(path, self._source):
            return True
        self._taken.add(path)
        return False

    def give_back(self) -> None:
        """The names that this download has taken and used for no file."""
        filename_claims.release(path for path in self._taken if not holds_stem(path))
        self._taken.clear()


class _Archive(Container[str]):
    """Asks the archive's table as yt-dlp asks its file. `own_id` stands for what yt-dlp takes from a file's name."""

    def __init__(self, name: str, own_id: str | None) -> None:
        self._name = name
        self._own_id = own_id

    def __contains__(self, archive_id: object) -> bool:
        return bool(archive.find_present(self._name, [self._own_id or str(archive_id)]))


class _DiskFull(Exception):
    """The volume of the scratch folder is full; the text says so."""


@dataclass
class _Download:
    """A run of an item's download."""

    item: Item
    lease: leases.Lease
    seconds_left: Callable[[], float]
    names: _Names = field(init=False)
    progress: Progress = field(default_factory=lambda: Progress(Status.PREPARING.value))
    growing: GrowingUpload | None = None
    changes_file: bool = False  # a post-processor will
    renewed_at: float = field(default_factory=time.monotonic)
    published_at: float = 0.0
    disk_checked_at: float = 0.0
    logged_quarter: int = 0
    cancelled: bool = False
    cancelled_at: float = 0.0

    def __post_init__(self) -> None:
        self.names = _Names(self.item)

    @property
    def workdir(self) -> Path:
        return work_folder(self.item)

    @property
    def _own_id(self) -> str | None:
        """The archive id that its feed gave it, where that is its own."""
        return self.item.archive_id if self.item.archive_id == self.item.entry_archive_id else None

    def run(self) -> bool:
        """True when the rest must go on elsewhere."""
        try:
            if leases.find_wanted(self.item.id) == CANCEL:
                end_cancelled(self.item, self.lease)
                return False
            self._check_room_to_begin()
            running = download.start_download(self._spec())
        except leases.Lost:
            return False
        except _DiskFull as full:
            self._retry_or_fail(str(full), classify(str(full)))
            return False
        except Invalid as error:
            self._fail(error.message, classify(error.message))
            return False
        try:
            return self._follow(running)
        finally:
            if running.alive:
                running.stop(0)
            if self.growing:
                self.growing.abort()

    def give_up(self) -> None:
        """Ends a download that no worker ever ended: whatever stops them would stop the next one too."""
        error = f"The download was begun {self.item.begun} times and never ended."
        self._fail(error, classify(error))
        dispatch()

    def _spec(self) -> download.DownloadSpec:
        item, settings = self.item, get_settings()
        params = item_params(item)
        self.changes_file = bool(params.get("postprocessors"))
        load_state(item.id, self.workdir)
        open_work_folder(item)
        return download.DownloadSpec(
            item_id=item.id,
            url=item.source_url,
            params=params,
            workdir=self.workdir,
            entry=item.entry,
            info=self._fresh_info(),
            cookies=cookies_for(item),
            extras=item.extras,
            is_live=bool(item.is_live),
            allow_internal=settings.allow_internal_urls,
            archive=_Archive(item.archive, self._own_id) if item.archive else None,
            taken=self.names,
            existing=self._find_existing if params.get("overwrites") is False else None,
        )

    def _find_existing(self, name: str) -> str | None:
        """The media file of that name (without extension) in the item's folder."""
        folder = self.item.folder.strip("/")
        return find_media(f"{folder}/{name}" if folder else name, below=folder)

    def _fresh_info(self) -> Mapping[str, Any] | None:
        """The extraction, while it may be reused (setting `download_info_expires`)."""
        if time.time() - self.item.info_at > get_settings().download_info_expires:
            return None
        try:
            info: Mapping[str, Any] = bucket.get_json(self.item.info_key)
        except NotFound:
            return None
        return info

    def _follow(self, running: download.Running) -> bool:
        """Listens until the end; renews the lease meanwhile. True when time ran out first."""
        try:
            while (result := running.result) is None:
                self._note(running.messages(_TICK_SECONDS))
                if running.result is not None:
                    continue
                if self._heartbeat() and self.item.is_live:
                    self._finish_recording(running)
                elif self.cancelled:
                    last_result = running.stop(_GRACE_SECONDS)
                    if last_result.ok and last_result.filepath:
                        self._end(last_result)  # an end just before the stop
                    else:
                        end_cancelled(self.item, self.lease, downloaded_bytes=self.progress.downloaded_bytes)
                    return False
                self._watch_room(running)
                if self.seconds_left() < HANDOVER_SECONDS and not self.cancelled:
                    running.suspend()
                    self.item = update(self.item, self.item.evolve(begun=0), self.lease)
                    save_state(self.item.id, self.workdir)
                    leases.release(self.lease)
                    return True
            if self.cancelled:
                self._end_recording(result)
            else:
                self._end(result)
        except leases.Lost:
            log.info("lease lost: another worker has the item", extra={"item_id": self.item.id})
        except _DiskFull as full:
            running.stop(0)
            self._retry_or_fail(str(full), classify(str(full)))
        except Invalid as error:  # no name, key or record can hold it: it would be so again
            self._fail(error.message, classify(error.message))
            self._clean()
        return False

    def _finish_recording(self, running: download.Running) -> None:
        """Asks the worker to finish its file, once; ends it when that takes too long."""
        now = time.monotonic()
        if not self.cancelled_at:
            self.cancelled_at = now
            running.ask_to_finish()
        elif now - self.cancelled_at > _MOST_FINISHING_SECONDS or self.seconds_left() < _GRACE_LIVE_SECONDS:
            running.stop(0)

    def _end_recording(self, result: download.Result) -> None:
        """A live recording that its user cancelled is cancelled, and what there is of it is kept."""
        kept = self._keep(result)
        if kept.filename is None:
            end_cancelled(self.item, self.lease, downloaded_bytes=self.progress.downloaded_bytes)
            return
        warnings = tuple(one.view() for one in result.warnings)
        end_cancelled(self.item, self.lease, **kept.fields(), msg=_STOPPED, warnings=warnings)
        self._clean()

    def _watch_room(self, running: download.Running) -> None:
        """About once a second. The worker watches what it writes itself; ffmpeg and live recordings are watched here.

        A live recording ends in order, so that what there is of it is kept.
        """
        if time.monotonic() - self.disk_checked_at < _RENEW_SECONDS:
            return
        self.disk_checked_at = time.monotonic()
        try:
            self._check_room(1 if self.item.is_live else 2)
        except _DiskFull:
            if not self.item.is_live or not running.stop(_GRACE_LIVE_SECONDS).ok:
                raise

    def _check_room_to_begin(self) -> None:
        """Raises `_DiskFull` where `/api/system/ready` says that the disk is full."""
        settings = get_settings()
        room = tightest_room(settings.download_folders, settings.disk_reserve_bytes)
        if lacks := room.lacks(room.least):
            raise _DiskFull(lacks)

    def _check_room(self, part: int = 1, needed_bytes: int = 0) -> None:
        """Raises `_DiskFull` when less than that `part` of the reserve would be free."""
        settings = get_settings()
        room = disk_space_at(settings.scratch, settings.disk_reserve_bytes)
        lacks = replace(room, reserve=room.reserve // part).lacks(needed_bytes)
        if lacks:
            raise _DiskFull(lacks)

    def _note(self, messages: list[download.Message]) -> None:
        """Takes reports over; tells clients of a new status at once and of bytes about once a second."""
        before = self.progress
        for message in messages:
            if isinstance(message, download.Progress):
                self.progress = self.progress.after({**vars(message), "status": Status.DOWNLOADING.value})
                self._log_quarter()
                self._upload_beside(message)
            elif isinstance(message, download.Postprocessing) and message.status == "started":
                report = {"status": Status.POSTPROCESSING.value, "postprocessor": message.name}
                self.progress = self.progress.after(report)
                log.info("post-processing: %s", message.name, extra={"item_id": self.item.id})
            elif isinstance(message, download.Log):
                log.warning(message.text, extra={"item_id": self.item.id})
        now = time.monotonic()
        new_status = self.progress.status != before.status
        if self.progress != before and (new_status or now - self.published_at >= _RENEW_SECONDS):
            self.published_at = now
            publish(event.item_updated(self.item, self.progress.fields()))

    def _log_quarter(self) -> None:
        """A line for each quarter of a download."""
        quarter = int(self.progress.percent // 25) if self.progress.percent else 0
        if quarter > self.logged_quarter:
            self.logged_quarter = quarter
            log.info("downloaded %d %%", quarter * 25, extra={"item_id": self.item.id})

    def _upload_beside(self, report: download.Progress) -> None:
        """A large file that nothing will change is uploaded while it is downloaded."""
        if self.growing or self.changes_file or not (report.filename and report.tmpfilename):
            return
        path = Path(report.filename)
        if not path.is_relative_to(TEMP):
            return
        name = path.relative_to(TEMP).as_posix()
        large = (report.total_bytes or report.total_bytes_estimate or 0) >= _LARGE_BYTES
        if large and not is_partial(name):
            key = keep_files.key_of(self.item, name)
            log.info("uploading %s while it grows", name, extra={"item_id": self.item.id})
            self.growing = GrowingUpload(self.workdir / report.tmpfilename, key, content_type(name), self.item.id)

    def _keep(self, result: download.Result) -> keep_files.Kept:
        growing, self.growing = self.growing, None
        try:
            return keep_files.keep(self.item, self.workdir, result, self._renew, growing)
        except (leases.Lost, Invalid):
            raise
        except Exception:
            # On one machine the bucket is folders beside the scratch folder: there has to be room for the file twice.
            if get_settings().work_durable and result.filepath:
                keep_files.check_place(self.item, result.filepath)
                self._check_room(needed_bytes=(self.workdir / HOME / result.filepath).stat().st_size)
            raise

    def _heartbeat(self) -> bool:
        """Renews the lease about once a second; that write also brings what the user wants."""
        if time.monotonic() - self.renewed_at < _RENEW_SECONDS:
            return self.cancelled
        self.renewed_at = time.monotonic()
        if self.progress.status != self.item.status:
            self.item = update(self.item, self.item.evolve(status=Status(self.progress.status)), self.lease)
        self.cancelled = leases.renew(self.lease, time.time(), self.progress.fields()) == CANCEL or self.cancelled
        return self.cancelled

    def _end(self, result: download.Result) -> None:
        if result.stopped:
            end_cancelled(self.item, self.lease)
        elif result.skipped_reason:
            skipped = {"msg": result.skipped_reason or _EXISTS, "filename": result.existing}
            self._finish(self.item.ended(Status.SKIP, time.time(), **skipped))
        elif result.ok:
            files = self._keep(result)
            self._record_archived(result)
            archived = True if self.item.archive and files.filename else self.item.is_archived
            warnings = tuple(one.view() for one in result.warnings)
            fields = files.fields() | {"is_archived": archived, "warnings": warnings}
            finished_item = self.item.ended(Status.FINISHED, time.time(), **fields)
            self._finish(finished_item)
        else:
            files = self._keep(result)
            error = result.error or _UNEXPECTED.format(self.progress.status)
            failure = result.failure or classify(error)
            if files.filename:
                self._fail(error, failure, **files.fields())
            else:
                self._retry_or_fail(error, failure, result.retry_after_seconds)

    def _retry_or_fail(self, error: str, failure: Failure, asked_seconds: float | None = None) -> None:
        """Puts the item off, or ends it when trying again is of no use.

        On a full disk what it has written goes first: others need the room, the tables that store this among them.
        """
        if failure.kind is FailureKind.DISK and not self.item.is_live:
            if self.growing:
                self.growing.abort()
                self.growing = None
            remove_work_folder(self.workdir)
            self.progress = Progress(Status.PREPARING.value)
        if not schedule_retry(self.item, self.lease, error, failure, asked_seconds):
            self._fail(error, failure)

    def _renew(self) -> None:
        """Called during uploads, which may take long."""
        if time.monotonic() - self.renewed_at >= _RENEW_SECONDS:
            self.renewed_at = time.monotonic()
            leases.renew(self.lease, time.time(), self.progress.fields())

    def _record_archived(self, result: download.Result) -> None:
        if self.item.archive and result.archive_ids:
            own = [self._own_id] if self._own_id else result.archive_ids
            archive.add(self.item.archive, [*own, *self.item.old_archive_ids], time.time())

    def _fail(self, error: str, failure: Failure, **fields: Any) -> None:
        fields = {"downloaded_bytes": self.progress.downloaded_bytes} | fields
        fail_item(self.item, self.lease, error, failure, **fields)
        self.names.give_back()
        if not can_continue(self.workdir):
            self._clean()

    def _finish(self, finished_item: Item) -> None:
        update(self.item, finished_item, self.lease)
        self._clean()

    def _clean(self) -> None:
        """Removes what no retry needs; the folder of all items stays."""
        if not get_settings().temp_keep:
            remove_work_folder(self.workdir)
        bucket.delete([self.item.info_key])
        forget_state(self.item.id)
