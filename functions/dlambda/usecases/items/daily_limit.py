"""The most that downloads bring in a day, of all and of each user (docs/contract/downloads.md 5.7).

A day begins at midnight of `YTP_TZ`. Without a limit nothing is counted.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from dlambda.deployment import current
from dlambda.errors import TooMany
from dlambda.store.items import daily_bytes

_GIGABYTE: Final = 10**9
# A write a second of each download would double what its lease costs.
_STEP_BYTES: Final = 32 * 1024 * 1024


class DailyLimitReached(Exception):
    """No download may bring more today; the text says of whom, and until when."""


def check_daily_limit(owners: Iterable[str]) -> None:
    """Raises `TooMany` when one of them may bring nothing more today."""
    try:
        for owner in sorted(set(owners)):
            DailyLimit(owner).check()
    except DailyLimitReached as reached:
        headers = {"Retry-After": str(int(_next_midnight().timestamp() - current().clock.time()) + 1)}
        raise TooMany(str(reached), headers=headers) from None


class DailyLimit:
    """Counts the bytes of one download against the daily limits of its user and of all users."""

    def __init__(self, owner: str) -> None:
        settings = current().settings
        self._limits = [
            (user, int(gigabytes * _GIGABYTE), text)
            for user, gigabytes, text in (
                (None, settings.daily_gb, f"{settings.daily_gb:g} GB of all users"),
                (owner, settings.daily_gb_per_user, f"{settings.daily_gb_per_user:g} GB of a user"),
            )
            if gigabytes
        ]
        self._uncounted = 0
        self._seen = 0

    def check(self) -> None:
        """Raises `DailyLimitReached` when nothing is left of the day."""
        day = _today()
        self._compare((daily_bytes.total(day, user), limit, text) for user, limit, text in self._limits)

    def resume(self, workdir: Path) -> None:
        """Leaves out what an earlier run has brought to `workdir`, and counted."""
        if self._limits:
            self._seen = sum(path.stat().st_size for path in workdir.rglob("*.part"))

    def note(self, downloaded_bytes: int) -> None:
        """Counts on, now and then. `downloaded_bytes`: of the file that is being fetched, 0 before it begins; a smaller
        number than before is another file's. Raises `DailyLimitReached`.
        """
        if not (self._limits and downloaded_bytes):
            return
        self._uncounted += downloaded_bytes - (self._seen if downloaded_bytes >= self._seen else 0)
        self._seen = downloaded_bytes
        if self._uncounted >= _STEP_BYTES:
            self._compare(self.count())

    def count(self) -> list[tuple[int, int, str]]:
        """Counts what is not counted yet. The sums of the day, each with its limit and the limit's text."""
        if not (self._limits and self._uncounted):
            return []
        size_bytes, self._uncounted, day = self._uncounted, 0, _today()
        now = current().clock.time()
        return [(daily_bytes.add(day, user, size_bytes, now), limit, text) for user, limit, text in self._limits]

    @staticmethod
    def _compare(sums: Iterable[tuple[int, int, str]]) -> None:
        for size_bytes, limit, text in sums:
            if size_bytes >= limit:
                raise DailyLimitReached(
                    f"Daily limit reached: the {text} are used up until {_next_midnight():%Y-%m-%d %H:%M %Z}."
                )


def _today() -> str:
    return _now().date().isoformat()


def _next_midnight() -> datetime:
    tomorrow = _now().date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=current().settings.zone)


def _now() -> datetime:
    deployment = current()
    return datetime.fromtimestamp(deployment.clock.time(), deployment.settings.zone)
