"""The most that downloads bring in a day: docs/contract/downloads.md 5.7."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from dlambda.deployment import current
from dlambda.store.items import daily_bytes
from dlambda.usecases.items.daily_limit import DailyLimit, DailyLimitReached
from tests.functions.calls import Client
from tests.functions.working import work
from tests.origin import Origin
from tests.stack import Stack

PATH = "/api/history"
TEXT = "Daily limit reached: the 0.001 GB of all users are used up until"


def today() -> str:
    return datetime.fromtimestamp(current().clock.time(), UTC).date().isoformat()


@pytest.fixture(autouse=True)
def _no_bytes(stack: Stack) -> None:
    """Tests of this file share a day."""
    for owner in (None, "", "ann", "bob"):
        daily_bytes.add(today(), owner, -daily_bytes.total(today(), owner), current().clock.time())


def test_an_add_is_refused_when_the_day_is_used_up(history: Client, configure: Callable[..., None]) -> None:
    configure(daily_gb=0.001)
    daily_bytes.add(today(), None, 1_000_000, current().clock.time())
    status, body = history.post(PATH, {"url": "https://example.com/clip.mp4"})
    assert (status, body["code"]) == (429, "TOO_MANY")
    assert body["error"].startswith(TEXT)
    assert 0 < int(history.last.headers["Retry-After"]) <= 86401
    assert history.get(f"{PATH}/live")[1]["queue"] == {}


def test_a_download_counts_what_it_brings(
    history: Client, stack: Stack, origin: Origin, configure: Callable[..., None]
) -> None:
    configure(daily_gb=5, daily_gb_per_user=5)
    history.post(PATH, {"url": origin.url("daily/clip-1.mp4")})
    work(stack)
    size = origin.media("clip.mp4").stat().st_size
    assert size * 0.9 < daily_bytes.total(today(), None) <= size * 1.1
    assert daily_bytes.total(today(), "") == daily_bytes.total(today(), None)


def test_what_waited_ends_with_the_text_when_the_day_is_used_up(
    history: Client, stack: Stack, origin: Origin, configure: Callable[..., None]
) -> None:
    configure(daily_gb=0.001)
    item_id = history.post(PATH, {"url": origin.url("daily/clip-2.mp4")})[1][0]["_id"]
    daily_bytes.add(today(), None, 1_000_000, current().clock.time())
    work(stack)
    record = history.get(f"{PATH}/{item_id}")[1]
    assert (record["status"], record["failure"]["kind"]) == ("error", "limit")
    assert record["error"].startswith(TEXT)


def test_without_a_limit_nothing_is_counted(history: Client, stack: Stack, origin: Origin) -> None:
    history.post(PATH, {"url": origin.url("daily/clip-3.mp4")})
    work(stack)
    assert daily_bytes.total(today(), None) == 0


@pytest.mark.parametrize(
    ("reports", "counted"),
    [
        ((40_000_000, 80_000_000), 80_000_000),
        ((40_000_000, 5_000_000), 45_000_000),  # the sound after the picture
        ((0, 0, 40_000_000), 40_000_000),
    ],
)
def test_bytes_of_all_files_of_a_download_count_once(
    configure: Callable[..., None], reports: tuple[int, ...], counted: int
) -> None:
    configure(daily_gb=1)
    limit = DailyLimit("ann")
    for size in reports:
        limit.note(size)
    limit.count()
    assert daily_bytes.total(today(), None) == counted


def test_users_have_limits_of_their_own(configure: Callable[..., None]) -> None:
    configure(daily_gb_per_user=0.05)
    with pytest.raises(DailyLimitReached, match=r"the 0\.05 GB of a user"):
        DailyLimit("ann").note(60_000_000)
    DailyLimit("bob").check()
    with pytest.raises(DailyLimitReached):
        DailyLimit("ann").check()
