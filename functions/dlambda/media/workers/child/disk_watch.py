"""Inside a worker process: ends a download before the disk is full, which others need as well."""

import random
import time
from collections.abc import Mapping
from typing import Any

from yt_dlp.utils import DownloadCancelled

from dlambda.media.machine.disk import disk_space_at
from dlambda.media.ytdlp.worker_jobs import DownloadJob

_CHECK_SECONDS = 0.3
_WAIT_SECONDS = 2.0


class DiskFull(DownloadCancelled):  # type: ignore[misc]
    """The volume has no room for more. Of yt-dlp's errors the one that no option and no fragment swallows."""


class DiskWatch:
    """Checks the free space when a file begins, and a few times a second while it grows."""

    def __init__(self, job: DownloadJob) -> None:
        # What was recorded of a live stream cannot be had again: its parent lets it end in order.
        self._reserve = 0 if job.is_live else job.disk_reserve_bytes
        self._workdir = job.workdir
        self._last: tuple[object, float, int] = (None, 0.0, 0)  # file, when, how much of it there was

    def check(self, status: Mapping[str, Any]) -> None:
        """Raises `DiskFull` when the file will not fit, or when there is no room for more of it."""
        if not self._reserve or status.get("status") != "downloading":
            return
        file, now, downloaded = status.get("filename"), time.monotonic(), int(status.get("downloaded_bytes") or 0)
        last_file, checked_at, there = self._last
        if file == last_file and now - checked_at < _CHECK_SECONDS and downloaded - there < self._reserve // 4:
            return
        self._last = (file, now, downloaded)
        if file != last_file:
            self._check_for(int(status.get("total_bytes") or downloaded) - downloaded)
            return
        soon = 2 * max(0, downloaded - there)  # blocks grow: what comes before the next look may be that much
        if disk_space_at(self._workdir, self._reserve).lacks(soon):
            # One that gives up makes room for the others: not all of them at once.
            time.sleep(random.uniform(0, _WAIT_SECONDS))  # noqa: S311 no secret
            self._check_for(soon)

    def _check_for(self, needed_bytes: int) -> None:
        lacks = disk_space_at(self._workdir, self._reserve).lacks(needed_bytes)
        if lacks:
            raise DiskFull(lacks)
