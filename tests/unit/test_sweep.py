"""Which entries a sweep queues: docs/contract/tasks.md 5."""

from datetime import UTC, datetime, timedelta

import pytest

from dlambda.domain.tasks.feed import FeedItem
from dlambda.domain.tasks.sweep import MAX_ATTEMPTS, Known, Memory, Record, Verdict, choose, delays, judge, pause_after

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ITEM = FeedItem("https://a.example/1", "One", "site 1")


def failed(hours_ago: float) -> dict[str, Record]:
    return {ITEM.url: Record(failed=True, ended_at=NOW - timedelta(hours=hours_ago))}


@pytest.mark.parametrize(
    ("item", "known", "verdict"),
    [
        (ITEM, Known(), Verdict.QUEUE),
        (FeedItem("", "x", "site 1"), Known(), Verdict.NO_URL),
        (FeedItem(ITEM.url, "x"), Known(), Verdict.NO_ARCHIVE_ID),
        (ITEM, Known(archived={"site 1"}), Verdict.ARCHIVED),
        (ITEM, Known(records={ITEM.url: Record(failed=False)}), Verdict.KNOWN),
        (ITEM, Known(records=failed(0)), Verdict.QUEUE),
        (ITEM, Known(memories={"site 1": Memory(1)}), Verdict.QUEUED_BEFORE),
        (ITEM, Known(records=failed(0.5), memories={"site 1": Memory(1)}), Verdict.RESTING),
        (ITEM, Known(records=failed(1), memories={"site 1": Memory(1)}), Verdict.QUEUE),
        (ITEM, Known(records=failed(9), memories={"site 1": Memory(1, held=True)}), Verdict.QUEUED_BEFORE),
        (ITEM, Known(records=failed(3), memories={"site 1": Memory(3)}), Verdict.RESTING),
        (ITEM, Known(records=failed(4), memories={"site 1": Memory(3)}), Verdict.QUEUE),
        (ITEM, Known(records=failed(9999), memories={"site 1": Memory(MAX_ATTEMPTS)}), Verdict.GIVEN_UP),
        (ITEM, Known(memories={"site 1": Memory(1, failed_at=NOW.timestamp() - 1800)}), Verdict.RESTING),
        (ITEM, Known(memories={"site 1": Memory(1, failed_at=NOW.timestamp() - 3600)}), Verdict.QUEUE),
        (ITEM, Known(memories={"site 1": Memory(MAX_ATTEMPTS, failed_at=1)}), Verdict.GIVEN_UP),
    ],
)
def test_an_entry_is_queued_only_when_all_rules_hold(item: FeedItem, known: Known, verdict: Verdict) -> None:
    assert judge(item, known, NOW) is verdict


def test_any_form_of_an_archive_id_counts() -> None:
    item = FeedItem("https://www.twitch.tv/videos/5", "x", "twitchvod 5", other_archive_ids=("twitchvod v5",))
    assert judge(item, Known(archived={"twitchvod v5"}), NOW) is Verdict.ARCHIVED


@pytest.mark.parametrize(
    ("url", "identity"),
    [
        ("https://a.example/s/1/audio.mp3?token=5", "generic audio a.example/s/1/audio.mp3"),
        ("https://a.example/play.php?id=5", "generic audio a.example/play.php?id=5"),
        ("https://a.example/play/5", "generic audio a.example/play/5"),
        ("http://[bad/x", "generic audio http://[bad/x"),
    ],
)
def test_a_files_name_alone_identifies_nothing(url: str, identity: str) -> None:
    assert FeedItem(url, "x", "generic audio").identity == identity


def test_entries_whose_files_have_one_name_are_all_queued() -> None:
    entries = [FeedItem(f"https://a.example/{number}/audio.mp3", "x", "generic audio") for number in range(3)]
    first = entries[0].identity or ""
    assert choose(entries, Known(memories={first: Memory(1)}), NOW).items == tuple(entries[1:])


def test_pauses_grow_to_two_days() -> None:
    hours = [pause_after(attempts) / timedelta(hours=1) for attempts in range(1, 9)]
    assert hours == [1, 2, 4, 8, 16, 32, 48, 48]


def test_one_entry_twice_in_a_feed_is_queued_once() -> None:
    twin = FeedItem("https://a.example/other", "Twin", "site 1")
    same_url = FeedItem(ITEM.url, "Same", "site 2")
    nameless = FeedItem("https://a.example/3", "?")
    choice = choose([ITEM, twin, same_url, nameless], Known(), NOW)
    assert choice.items == (ITEM,)
    assert choice.without_archive_id == (nameless,)


def test_the_first_task_of_each_handler_goes_at_once() -> None:
    names = ["Rss", "Rss", "Twitch", "Rss", "Twitch"]
    assert delays(names, 60, lambda: 0.5) == [0, 30, 0, 30, 30]
    assert delays(names, 60, lambda: 0.0)[1] == 1
    assert delays(names, 60, lambda: 0.9999)[1] == 60
    assert delays(names, 1, lambda: 0.9)[1] == 1
