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
# A file that is taken away as it comes begins where a part of the volume is free, and waits for space then.
_FREE_PART = 4
_LONGEST_WAIT_SECONDS = 120.0


class DiskFull(DownloadCancelled):  # type: ignore[misc]
    """The volume has no space for more. Of yt-dlp's errors the one that no option and no fragment swallows."""


def is_final(info: Mapping[str, Any]) -> bool:
    """True if the file of a format is kept as the site sends it, where no post-processor is asked for."""
    is_direct = info.get("protocol") in ("http", "https")
    is_mended = info.get("container") == "m4a_dash" or info.get("stretched_ratio") not in (None, 1)
    return is_direct and not (is_mended or info.get("section_start") or info.get("section_end"))


READ_ELSEWHERE = "__is_read_elsewhere"
"""The field of a format's metadata that is true when its file need not stay here, as it is saved."""


class DiskWatch:
    """Checks the free space when a file begins, and a few times a second while it grows."""

    def __init__(self, job: DownloadJob) -> None:
        # What was recorded of a live stream cannot be had again: its parent lets it end in order.
        self._reserve = 0 if job.is_live else job.disk_reserve_bytes
        self._workdir = job.workdir
        self._frees_space = job.frees_space
        self._last: tuple[object, float, int] = (None, 0.0, 0)  # file, when, how much of it there was

    def check(self, status: Mapping[str, Any]) -> None:
        """Raises `DiskFull` when the file will not fit, or when there is no space for more of it."""
        if not self._reserve or status.get("status") != "downloading":
            return
        file, now, downloaded = status.get("filename"), time.monotonic(), int(status.get("downloaded_bytes") or 0)
        last_file, checked_at, there = self._last
        if file == last_file and now - checked_at < _CHECK_SECONDS and downloaded - there < self._reserve // 4:
            return
        self._last = (file, now, downloaded)
        info = status.get("info_dict") or {}
        is_taken_away = bool(info.get(READ_ELSEWHERE)) or (self._frees_space and is_final(info))
        if file != last_file:
            total = int(status.get("total_bytes") or downloaded)
            if is_taken_away:
                self._check_for(min(total - downloaded, disk_space_at(self._workdir, 0).total // _FREE_PART))
            else:
                self._check_size(total)
                self._check_for(total - downloaded)
            return
        soon = 2 * max(0, downloaded - there)  # blocks grow: what comes before the next look may be that much
        if disk_space_at(self._workdir, self._reserve).lacks(soon):
            if is_taken_away:
                self._wait_for_space(soon)
            # One that gives up frees space for the others: not all of them at once.
            time.sleep(random.uniform(0, _WAIT_SECONDS))  # noqa: S311 no secret
            self._check_for(soon)

    def check_formats(self, info: Mapping[str, Any]) -> None:
        """Before anything is fetched: raises `DiskFull` for media that the volume could not hold were it empty."""
        formats = info.get("requested_formats") or ()
        sizes = [int(format_.get("filesize") or 0) for format_ in formats]
        # Beside the formats lies what they are put together to.
        self._check_size(2 * sum(sizes))

    def _check_size(self, size_bytes: int) -> None:
        if self._reserve and (text := disk_space_at(self._workdir, self._reserve).never_holds(size_bytes)):
            raise DiskFull(text)

    def _wait_for_space(self, needed_bytes: int) -> None:
        """Lets the parent catch up, which takes away what is there."""
        end = time.monotonic() + _LONGEST_WAIT_SECONDS
        while disk_space_at(self._workdir, self._reserve).lacks(needed_bytes) and time.monotonic() < end:
            time.sleep(_CHECK_SECONDS)

    def _check_for(self, needed_bytes: int) -> None:
        lacks = disk_space_at(self._workdir, self._reserve).lacks(needed_bytes)
        if lacks:
            raise DiskFull(lacks)
