"""Ends downloads before the scratch folder's volume is full (docs/contract/system.md 10, `disk_reserve_mb`)."""

from dataclasses import replace

from dlambda.deployment import current
from dlambda.media.machine.disk import disk_space_at, least_space
from dlambda.media.workers.download import Running

_LOOK_SECONDS = 1.0
_GRACE_LIVE_SECONDS = 2.0


class DiskFull(Exception):
    """The volume of the scratch folder is full; the text says so, in words that `classify` knows."""


def check_space_to_begin() -> None:
    """Raises `DiskFull` where `/api/system/ready` says that the disk is full."""
    settings = current().settings
    space = least_space(settings.download_folders, settings.disk_reserve_bytes)
    if text := space.lacks(space.least):
        raise DiskFull(text)


def check_space(part: int = 1, needed_bytes: int = 0) -> None:
    """Raises `DiskFull` when less than that `part` of the reserve would be free."""
    settings = current().settings
    space = disk_space_at(settings.scratch, settings.disk_reserve_bytes)
    if text := replace(space, reserve=space.reserve // part).lacks(needed_bytes):
        raise DiskFull(text)


class DiskWatch:
    """Looks about once a second. The worker watches what it writes itself; this is for ffmpeg and live recordings."""

    def __init__(self, *, is_live: bool) -> None:
        self._is_live = is_live
        self._checked_at = 0.0

    def check(self, running: Running) -> None:
        """Raises `DiskFull`; a live recording ends in order instead, where it can, so that what there is is kept."""
        if current().clock.monotonic() - self._checked_at < _LOOK_SECONDS:
            return
        self._checked_at = current().clock.monotonic()
        try:
            check_space(1 if self._is_live else 2)
        except DiskFull:
            if not self._is_live or not running.stop(_GRACE_LIVE_SECONDS).ok:
                raise
