"""The progress of a download: taken from its worker's messages, told to clients, and noted in the log."""

import logging
from collections.abc import Sequence
from typing import Any

from dlambda.deployment import current
from dlambda.domain.events import event
from dlambda.domain.items.item import Item, Status
from dlambda.domain.items.progress import Progress
from dlambda.media.workers import download
from dlambda.usecases.events.publish import publish

log = logging.getLogger(__name__)

_PUBLISH_SECONDS = 1.0


class ProgressReports:
    """Keeps the progress of one download, from one report of its worker to the next."""

    def __init__(self) -> None:
        self.progress = Progress(Status.PREPARING.value)
        self.has_received = False
        """True once bytes of a file have come, which may not be saved yet."""
        self._first_sizes: dict[str, float] = {}  # by the file's name, as its first report told
        self._published_at = 0.0
        self._logged_quarter = 0

    @property
    def status(self) -> Status:
        return Status(self.progress.status)

    def fields(self) -> dict[str, Any]:
        """The item fields that the progress decides."""
        return self.progress.fields()

    def note(self, item: Item, messages: Sequence[download.Message]) -> None:
        """Takes reports over; tells clients of a new status at once and of bytes about once a second."""
        before = self.progress
        for message in messages:
            self._take(item, message)
        now = current().clock.monotonic()
        has_new_status = self.progress.status != before.status
        if self.progress != before and (has_new_status or now - self._published_at >= _PUBLISH_SECONDS):
            self._published_at = now
            fields = self.fields()
            updated = event.item_updated(item, fields, is_progress=not has_new_status)
            publish(updated, event.item_progress(item, fields))

    def _take(self, item: Item, message: download.Message) -> None:
        if isinstance(message, download.Progress):
            size = message.downloaded_bytes or 0
            self.has_received = self.has_received or size > self._first_sizes.setdefault(message.filename or "", size)
            self.progress = self.progress.after({**vars(message), "status": Status.DOWNLOADING.value})
            self._log_quarter(item)
        elif isinstance(message, download.Postprocessing) and message.status == "started":
            report = {"status": Status.POSTPROCESSING.value, "postprocessor": message.name}
            before, self.progress = self.progress, self.progress.after(report)
            if self.progress != before:
                log.info("post-processing: %s", message.name, extra={"item_id": item.id})
        elif isinstance(message, download.Log):
            log.warning(message.text, extra={"item_id": item.id})

    def _log_quarter(self, item: Item) -> None:
        """Writes a line for each quarter of a download."""
        quarter = int(self.progress.percent // 25) if self.progress.percent else 0
        if quarter > self._logged_quarter:
            self._logged_quarter = quarter
            log.info("downloaded %d %%", quarter * 25, extra={"item_id": item.id})

    def restart(self) -> None:
        """Forgets the progress: what was downloaded is gone."""
        self.progress = Progress(Status.PREPARING.value)
