"""Records of the history that are added again. docs/contract/downloads.md 4.14."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.messages.queue_messages import RetryItems
from dlambda.store.items import archive, items
from dlambda.usecases.files.sweep_files import wake_jobs
from dlambda.usecases.items import retry_items
from tests.clock import FakeClock
from tests.functions.calls import Client, Heard, error
from tests.functions.working import handle
from tests.stack import Stack
from tests.store import records
from tests.store.samples import T0, done

COOKIES = "# Netscape HTTP Cookie File\n.video.example\tTRUE\t/\tFALSE\t0\tn\tv\n"
NEITHER = "either 'ids' or 'status' is required."
ARRAY = "ids must be an array."
TEXT = "status must be a non-empty string."
Turn = Callable[[], list[str]]


@pytest.fixture
def turn(stack: Stack) -> Turn:
    """Handles the messages of retries that wait; answers the ids of the items whose page is to be read."""

    def run() -> list[str]:
        for message in stack.messages("task"):
            assert handle(RetryItems(message["id"])) == {"batchItemFailures": []}
        return [message["id"] for message in stack.messages("entries")]

    return run


def failed(name: str, **values: Any) -> Item:
    return done(name, Status.ERROR, error="e", failure={"kind": "network"}, **values)


def queued() -> dict[str, Item]:
    """URL -> the item of the queue."""
    return {item.url: item for item in items.iterate(Shelf.QUEUE)}


def test_a_failed_item_becomes_a_new_one_with_the_same_request(history: Client, turn: Turn, listening: Heard) -> None:
    request = {"folder": "sea", "template": "%(id)s.%(ext)s", "cli": "--write-subs", "cookies": COOKIES,
               "preset": "audio_only", "extras": {"k": [1], "is_live": 1}, "requeued": True}  # fmt: skip
    [old] = records.add([failed("a", **request, label="l", told={"title": "T"}, identity="site a", title="T")])
    assert history.post("/api/history/retry", {"ids": ["a"]}) == (202, {"status": "accepted", "count": 1})
    assert items.find("a") is not None, "it is there until its successor is"
    read = turn()
    assert items.find("a") is None
    [new] = queued().values()
    assert new.id != old.id
    for name in ("url", "folder", "template", "cli", "cookies", "preset", "origin", "title"):
        assert getattr(new, name) == getattr(old, name), name
    assert (dict(new.extras), new.requeued, new.error, new.attempt.failed_before) == ({"k": [1]}, True, None, 0)
    assert read == [new.id]
    assert listening.names == ["item_deleted", "item_added", "item_bulk_deleted", "log_success"]
    [event] = listening.of("item_bulk_deleted")
    assert event["data"] == {"count": 1, "status": None, "ids": ["a"]}
    assert event["message"] == "Removed 1 item from history for retry."
    assert listening.of("log_success")[0]["message"] == "Retried 1 of 1 history items."


def test_what_a_filter_names(history: Client, turn: Turn, listening: Heard) -> None:
    records.add([failed("a"), done("b"), done("c", Status.CANCELLED), done("d", Status.SKIP), failed("e")])
    answer = history.post("/api/history/retry", {"status": "!finished,!skip"})
    assert answer == (202, {"status": "accepted", "count": 3})
    records.add([failed("late")])
    turn()
    assert {item.title for item in queued().values()} == {"a", "c", "e"}
    assert {item.title for item in items.iterate(Shelf.DONE)} == {"b", "d", "late"}
    [event] = listening.of("item_bulk_deleted")
    assert event["data"] == {"count": 3, "status": "!finished,!skip", "ids": ["a", "c", "e"]}


def test_those_that_are_not_in_the_history_do_not_count(history: Client, stack: Stack) -> None:
    records.add([failed("a")])
    answer = history.post("/api/history/retry", {"ids": ["nobody", "x" * 3000, "\1", "a"]})
    assert answer == (202, {"status": "accepted", "count": 1})
    stack.messages("task")
    for body in ({"ids": ["nobody"]}, {"status": "not_live"}, {"status": "nonsense"}):
        assert history.post("/api/history/retry", body) == (202, {"status": "accepted", "count": 0})
    assert stack.messages("task") == []


def test_what_an_archive_has_stays(history: Client, turn: Turn, listening: Heard) -> None:
    archive.add("default.log", ["site a"], T0)
    cli = "--download-archive default.log"
    records.add([failed("a", archive="default.log", archive_id="site a", cli=cli), failed("b")])
    history.post("/api/history/retry", {"ids": ["a", "b"]})
    turn()
    assert items.find("a") is not None or "a" in {item.title for item in queued().values()}
    assert listening.of("item_bulk_deleted")[0]["data"]["ids"][-1] == "b"


def test_many_in_several_turns_and_none_is_lost_with_a_message(
    history: Client, turn: Turn, stack: Stack, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_items, "_BATCHES_PER_TURN", 1)
    names = [f"n{number:02d}" for number in range(60)]
    for start in (0, 30):
        records.add([failed(name) for name in names[start : start + 30]])
    assert history.post("/api/history/retry", {"status": "error"})[1]["count"] == 60
    read = turn()
    assert 0 < len(queued()) < 60
    stack.messages("task")  # a restart: the queues are empty
    clock.advance(120)
    wake_jobs(clock.time())
    wake_jobs(clock.time())
    for _ in range(8):
        read += turn()
    assert len(queued()) == 60
    assert items.count(Shelf.DONE) == 0
    assert len(set(read)) == len(read)
    wake_jobs(clock.time())
    assert stack.messages("task") == []


def test_a_second_delivery_of_the_message_does_nothing(history: Client, stack: Stack) -> None:
    records.add([failed("a")])
    history.post("/api/history/retry", {"ids": ["a", "a"]})
    [message] = stack.messages("task")
    for _ in range(2):
        handle(RetryItems(message["id"]))
    assert len(queued()) == 1
    handle(RetryItems("nobody"))


def test_one_that_was_removed_meanwhile_stays_removed(history: Client, turn: Turn) -> None:
    records.add([failed("a"), failed("b")])
    history.post("/api/history/retry", {"ids": ["a", "b"]})
    history.delete("/api/history", {"type": "done", "ids": ["a"]})
    turn()
    assert {item.title for item in queued().values()} == {"b"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (None, NEITHER), ({}, NEITHER), ([], NEITHER), ("a", NEITHER), ({"ids": []}, NEITHER), ({"status": ""}, NEITHER),
        ({"ids": "a"}, ARRAY), ({"ids": {"a": 1}}, ARRAY), ({"ids": [1]}, ARRAY), ({"ids": ["a", " "]}, ARRAY),
        ({"ids": "a", "status": "error"}, ARRAY), ({"status": 5}, TEXT), ({"status": ["error"]}, TEXT),
        ({"status": "  "}, TEXT), ({"ids": ["a"], "status": 5}, TEXT),
        ({"ids": ["a"] * 10_001}, "ids must have at most 10000 items."),
    ],
)  # fmt: skip
def test_bad_bodies(history: Client, stack: Stack, body: object, text: str) -> None:
    records.add([failed("a")])
    assert error(history.post("/api/history/retry", body)) == (400, text)
    assert stack.messages("task") == []


def test_bad_json(history: Client) -> None:
    assert history.raw("POST", "/api/history/retry", json.dumps({"ids": ["a"]})[:-1])[0] == 400
