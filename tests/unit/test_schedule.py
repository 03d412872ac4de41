"""Timers: docs/contract/tasks.md 2 (staggering) and 4 (cron, time zone)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dlambda.domain.tasks.schedule import check_timer, due, next_run, stagger, stagger_all
from dlambda.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    "timer",
    [
        "5 */2 * * *",
        "5/15 * * * *",
        "*/5 * * * * *",
        "0 12 * * MON",
        "0 12 * JAN mon",
        "0 12 L * *",
        "0 0 * * 1#2",
        "0 0 * * 5L",
        "0 0 * * 7",
        "0 0 * * 0",
        "0,30 8-18/2 1,15 * 1-5",
        "0 7 * * MON-SUN",
        "0 0 7 * * sat-sun",
        "  5 4 * * *  ",
        "",
    ],
)
def test_a_timer_is_accepted(timer: str) -> None:
    assert check_timer(timer) == timer.strip()


@pytest.mark.parametrize(
    ("timer", "why"),
    [
        ("@daily", "Wrong number of fields"),
        ("bad", "Wrong number of fields"),
        ("60 * * * *", "Bad minute"),
        ("0 24 * * *", "Bad hour"),
        ("0 0 31 2 *", "Bad day-of-month"),
        ("0 0 * * 8", "Bad day-of-week"),
        ("1 2 3 4 5 6 7", "Wrong number of fields"),
    ],
)
def test_a_timer_is_refused_with_its_reason(timer: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        check_timer(timer)


@pytest.mark.parametrize(
    ("timer", "after", "expected"),
    [
        ("5 */2 * * *", utc(2026, 1, 1, 0, 5, 0), utc(2026, 1, 1, 2, 5)),
        ("5 */2 * * *", utc(2026, 1, 1, 0, 4, 59), utc(2026, 1, 1, 0, 5)),
        ("5/15 * * * *", utc(2026, 1, 1, 0, 50, 30), utc(2026, 1, 1, 1, 5)),
        ("0 12 * * MON", utc(2026, 1, 1), utc(2026, 1, 5, 12)),
        ("0 12 L * *", utc(2026, 2, 1), utc(2026, 2, 28, 12)),
        ("0 0 * * 1#2", utc(2026, 1, 1), utc(2026, 1, 12)),
        ("0 0 * * 5L", utc(2026, 1, 1), utc(2026, 1, 30)),
        ("0 0 29 2 *", utc(2026, 1, 1), utc(2028, 2, 29)),
    ],
)
def test_the_next_run_is_the_next_matching_minute(timer: str, after: datetime, expected: datetime) -> None:
    assert next_run(timer, after) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("MON-SUN", "Mon Tue Wed Thu Fri Sat Sun"),
        ("1-0", "Mon Tue Wed Thu Fri Sat Sun"),
        ("fri-Sun", "Fri Sat Sun"),
        ("MON,FRI-SUN", "Mon Fri Sat Sun"),
        ("MON-SUN/2", "Mon Wed Fri Sun"),
        ("5-7", "Fri Sat Sun"),
        ("SUN-TUE", "Mon Tue Sun"),
        ("7-2", "Mon Tue Sun"),
        ("SUN-SUN", "Sun"),
        ("7-SUN", "Sun"),
        ("0-7", "Mon Tue Wed Thu Fri Sat Sun"),
        ("SUN#2", "Sun"),
        ("MON-FRI", "Mon Tue Wed Thu Fri"),
    ],
)
def test_sunday_ends_a_range_and_begins_one(days: str, expected: str) -> None:
    """Five weeks from a Monday on."""
    monday = utc(2026, 1, 5)
    runs, at = [], next_run(f"0 7 * * {days}", monday - timedelta(minutes=1))
    while at and at < monday + timedelta(weeks=5):
        runs.append(at)
        at = next_run(f"0 7 * * {days}", at)
    assert (
        " ".join(dict.fromkeys(day.strftime("%a") for day in sorted(runs, key=lambda day: day.weekday()))) == expected
    )


def test_a_range_that_runs_backwards_stays_refused() -> None:
    with pytest.raises(Invalid, match="Bad day-of-week"):
        check_timer("0 7 * * FRI-MON")


def test_a_task_without_timer_has_no_next_run() -> None:
    assert next_run("", utc(2026, 1, 1)) is None


def test_a_six_field_timer_runs_once_in_each_matching_minute() -> None:
    runs = [utc(2026, 1, 1, 0, 0, 3)]
    for _ in range(3):
        runs.append(next_run("*/5 * * * * *", runs[-1]) or runs[-1])
    assert runs[1:] == [utc(2026, 1, 1, 0, minute) for minute in (1, 2, 3)]
    assert next_run("30 10 * * * *", utc(2026, 1, 1, 0, 10)) == utc(2026, 1, 1, 1, 10)


def test_a_timer_is_read_in_the_zone_of_the_server() -> None:
    assert next_run("0 12 * * *", utc(2026, 1, 1), BERLIN) == utc(2026, 1, 1, 11)
    assert next_run("0 12 * * *", utc(2026, 7, 1), BERLIN) == utc(2026, 7, 1, 10)


def test_a_time_that_summer_time_skips_runs_at_the_end_of_the_gap() -> None:
    # 2026-03-29 in Berlin: 02:00 becomes 03:00 (01:00 UTC).
    assert next_run("30 2 * * *", utc(2026, 3, 28, 12), BERLIN) == utc(2026, 3, 29, 1, 0)
    assert next_run("30 2 * * *", utc(2026, 3, 29, 1, 0), BERLIN) == utc(2026, 3, 30, 0, 30)


def test_a_time_that_winter_time_repeats_runs_once() -> None:
    # 2026-10-25 in Berlin: 03:00 becomes 02:00 (01:00 UTC); 02:30 is 00:30 and again 01:30 UTC.
    first = next_run("30 2 * * *", utc(2026, 10, 24, 12), BERLIN)
    assert first == utc(2026, 10, 25, 0, 30)
    assert next_run("30 2 * * *", first, BERLIN) == utc(2026, 10, 26, 1, 30)
    assert next_run("30 2 * * *", utc(2026, 10, 25, 1, 10), BERLIN) == utc(2026, 10, 26, 1, 30)


def test_every_hour_means_every_real_hour_over_a_change_of_the_clock() -> None:
    moment = utc(2026, 10, 24, 23, 30)
    for hour in range(4):
        moment = next_run("30 * * * *", moment, BERLIN) or moment
        assert moment == utc(2026, 10, 25, hour, 30)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_the_next_run_is_always_later(zone: str) -> None:
    moment = utc(2026, 3, 1)
    for _ in range(600):
        later = next_run("*/40 1,2,3 * * *", moment, ZoneInfo(zone))
        assert later is not None
        assert later > moment
        moment = later


@dataclass(frozen=True)
class _Job:
    enabled: bool
    next_run: datetime | None


def test_after_an_outage_a_due_task_runs_once() -> None:
    now = utc(2026, 1, 10)
    missed = _Job(True, utc(2026, 1, 1))
    later = _Job(True, now + timedelta(minutes=1))
    assert due([missed, later, _Job(False, utc(2026, 1, 1)), _Job(True, None)], now) == [missed]
    assert next_run("0 * * * *", now) == utc(2026, 1, 10, 1)


@pytest.mark.parametrize(
    ("timer", "index", "expected"),
    [
        ("5 */2 * * *", 0, "5 */2 * * *"),
        ("5 */2 * * *", 1, "10 */2 * * *"),
        ("5 */2 * * *", 2, "15 */2 * * *"),
        ("0 12 * * *", 1, "5 12 * * *"),
        ("0 12 * * *", 11, "55 12 * * *"),
        ("0 12 * * *", 12, "0 13 * * *"),
        ("0 12 * * *", 13, "5 13 * * *"),
        ("30 23 * * *", 6, "0 0 * * *"),
        ("30 23 * * *", 12, "30 0 * * *"),
        ("50 8 * * 1-5", 2, "0 9 * * 1-5"),
        ("5/15 * * * *", 1, "10/15 * * * *"),
        ("0 0/6 * * *", 12, "0 1/6 * * *"),
        ("*/15 * * * *", 1, "*/15 * * * *"),
        ("0,30 * * * *", 1, "0,30 * * * *"),
        ("0-10 4 * * *", 1, "0-10 4 * * *"),
        ("@daily", 1, "@daily"),
        ("0 4 * * * *", 1, "0 4 * * * *"),
        ("", 3, ""),
        # An hour of `*` stays, every minute stays, and `*/n` moves as a whole.
        ("0 * * * *", 12, "0 * * * *"),
        ("55 * * * *", 1, "0 * * * *"),
        ("* * * * *", 1, "* * * * *"),
        ("5 */2 * * *", 11, "0 1-23/2 * * *"),
        ("5 */2 * * *", 12, "5 1-23/2 * * *"),
        ("5 */2 * * *", 24, "5 */2 * * *"),
        ("50/15 * * * *", 3, "5/15 * * * *"),
        ("* 4 * * *", 1, "5 4 * * *"),
    ],
)
def test_a_timer_is_moved_by_five_minutes_per_index(timer: str, index: int, expected: str) -> None:
    assert stagger(timer, index) == expected


def test_every_moved_timer_is_still_a_timer() -> None:
    for timer in ("5 */2 * * *", "0 12 * * *", "5/15 3/4 * * *", "* 3 * * *", "55 */7 * * MON"):
        for index in range(400):
            check_timer(stagger(timer, index))


def test_elements_without_timer_get_the_moved_timer_of_the_first() -> None:
    assert stagger_all("0 12 * * *", ["0 12 * * *", None, "", "1 1 * * *"]) == [
        "0 12 * * *",
        "5 12 * * *",
        "10 12 * * *",
        "1 1 * * *",
    ]


def test_without_a_timer_on_the_first_no_element_has_one() -> None:
    assert stagger_all("", [None, "1 1 * * *"]) == ["", ""]
