"""Timers: what a cron text means, when it is next due, and how a pasted list of URLs is spread over time.

Rules: docs/contract/tasks.md 2 (staggering) and 4 (cron). Times are aware; a zone is the server's (`TZ`). The clock
that evaluates timers ticks once a minute, so every answer is a whole minute and a six-field timer runs once in each
minute that holds one of its seconds.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Protocol, TypeVar

from cronsim import CronSim, CronSimError

from dlambda.errors import Invalid

_NUMBER = re.compile(r"\d+")
_STEPPED = re.compile(r"(\d+)/(\d+)")
_EVERY_NTH = re.compile(r"\*/(\d+)")
_DAY_RANGE = re.compile(r"(?P<first>\w+)-(?P<last>\w+)")
_SUNDAY = frozenset(("0", "7", "SUN"))
_SLOT_MINUTES = 5
_SLOTS_PER_HOUR = 60 // _SLOT_MINUTES


class Scheduled(Protocol):
    """The fields of a task that `due` needs."""

    @property
    def enabled(self) -> bool: ...
    @property
    def next_run(self) -> datetime | None: ...


S = TypeVar("S", bound=Scheduled)


def check_timer(timer: str) -> str:
    """The trimmed timer. Raises `Invalid` with the reason when it is no cron text, or one that never matches."""
    timer = timer.strip()
    if timer:
        _first_match(timer, datetime(2000, 1, 1, tzinfo=UTC))
    return timer


def next_run(timer: str, after: datetime, zone: tzinfo = UTC) -> datetime | None:
    """The first whole minute behind the minute of `after` in which `timer` matches, in UTC; None for an empty timer.

    Local times that a change to summer time skips run at the end of the gap, those that happen twice run once (timers
    at fixed hours; one with `*` in minute or hour follows the real clock). Raises `Invalid` for a timer that is none.
    """
    if not timer.strip():
        return None
    minute_end = after.astimezone(zone).replace(second=59, microsecond=0)
    return _first_match(timer, minute_end)


def coming_runs(timer: str, after: datetime, count: int, zone: tzinfo = UTC) -> list[datetime]:
    """The first `count` times behind `after` at which `timer` runs, in UTC. Raises `Invalid`."""
    runs: list[datetime] = []
    moment = next_run(timer, after, zone)
    while moment is not None and len(runs) < count:
        runs.append(moment)
        moment = _next_or_none(timer, moment, zone)
    return runs


def _next_or_none(timer: str, after: datetime, zone: tzinfo) -> datetime | None:
    """None too where a timer has no further time: a year that has passed."""
    try:
        return next_run(timer, after, zone)
    except Invalid:
        return None


def due(tasks: Iterable[S], now: datetime) -> list[S]:
    """The enabled tasks whose `next_run` has come. One that was missed several times is in it once."""
    return [task for task in tasks if task.enabled and task.next_run is not None and task.next_run <= now]


def _first_match(timer: str, after: datetime) -> datetime:
    try:
        for match in CronSim(_with_sundays(timer), after):
            # In the hour that a change to winter time repeats, a match may lie before `after`.
            if match.astimezone(UTC) > after.astimezone(UTC):
                return match.astimezone(UTC).replace(second=0, microsecond=0)
    except CronSimError as error:
        raise Invalid(str(error)) from None
    raise Invalid("No date matches")


def _with_sundays(timer: str) -> str:
    """`timer` with Sunday as 7 where it ends a range of days, and as 0 where it begins one: `MON-SUN`, `6-0`, `7-2`."""
    fields = timer.split()
    return " ".join([*fields[:-1], *(_DAY_RANGE.sub(_write_upwards, field) for field in fields[-1:])])


def _write_upwards(days: re.Match[str]) -> str:
    first, last = days["first"].upper(), days["last"].upper()
    if last in _SUNDAY and first not in ("0", "SUN"):
        last = "7"
    return f"{'0' if first == '7' != last else first}-{last}"


def stagger(timer: str, index: int) -> str:
    """`timer` moved by 5 minutes per `index`, so that the tasks of one request do not all start at once.

    Only five-field timers with a movable minute or hour change; the rest is returned as it is.
    """
    fields = timer.split()
    if len(fields) != 5 or index < 1 or fields[:2] == ["*", "*"]:
        return timer
    hours, slot = divmod(index, _SLOTS_PER_HOUR)
    minute, carry = _move_minute(fields[0], slot * _SLOT_MINUTES)
    hour = _move_hour(fields[1], hours + carry)
    return " ".join([minute, hour, *fields[2:]])


def stagger_all(first: str, own: Iterable[str | None]) -> list[str]:
    """The timers of an array: `own` are those of all its elements, the first element's included.

    Without a timer on the first nobody gets one; with one, an element's own timer stays and the others are moved.
    """
    return [(timer or stagger(first, index)) if first else "" for index, timer in enumerate(own)]


def _move_minute(field: str, minutes: int) -> tuple[str, int]:
    """The moved minute field and the hours that it carries."""
    if _NUMBER.fullmatch(field):
        carry, minute = divmod(int(field) + minutes, 60)
        return str(minute), carry
    if stepped := _STEPPED.fullmatch(field):
        return f"{(int(stepped[1]) + minutes) % 60}/{stepped[2]}", 0
    return (str(minutes) if field == "*" else field), 0


def _move_hour(field: str, hours: int) -> str:
    """The moved hour field. `*` stays: a task of every hour must not turn into one of every day."""
    if not hours:
        return field
    if _NUMBER.fullmatch(field):
        return str((int(field) + hours) % 24)
    if stepped := _STEPPED.fullmatch(field):
        return f"{(int(stepped[1]) + hours) % 24}/{stepped[2]}"
    if (nth := _EVERY_NTH.fullmatch(field)) and 0 < (step := int(nth[1])) < 24:
        phase = hours % step
        return f"{phase}-23/{step}" if phase else field
    return field
