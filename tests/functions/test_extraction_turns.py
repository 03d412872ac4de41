"""Whose page is read next, as the queue gives it: docs/contract/downloads.md 5.7."""

from collections.abc import Callable

import pytest

from dlambda.aws import queue
from dlambda.domain.items.item import Item
from dlambda.domain.messages.queue_messages import IntakeEntry
from dlambda.usecases.items.intake_message import entry_message
from tests.stack import Stack, forget
from tests.store.samples import item

FEED = {"source_handler": "timer", "source_id": "7"}


def of_anna(number: int) -> Item:
    return item(f"anna{number}", owner="anna")


def of_ben(number: int) -> Item:
    return item(f"ben{number}", owner="ben")


def of_bens_feed(number: int) -> Item:
    return item(f"feed{number}", owner="ben", extras=FEED)


def elsewhere(number: int) -> Item:
    return item(f"other{number}", owner="ben", url=f"kaltura:{number}")


def send(*makers: tuple[Callable[[int], Item], int]) -> None:
    for make, count in makers:
        queue.send_many(entry_message(make(number)) for number in range(count))


def order(stack: Stack, count: int) -> list[str]:
    return [message["id"] for message in stack.messages("entries")][:count]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param([(of_anna, 1000), (of_ben, 1)], ["anna0", "ben0", "anna1"], id="users"),
        pytest.param([(of_bens_feed, 50), (of_ben, 2)], ["feed0", "ben0", "feed1", "ben1", "feed2"], id="tasks"),
        pytest.param([(of_ben, 50), (elsewhere, 2)], ["ben0", "other0", "ben1", "other1", "ben2"], id="sites"),
    ],
)
def test_many_of_one_are_not_before_another(
    stack: Stack, sent: list[tuple[Callable[[int], Item], int]], expected: list[str]
) -> None:
    send(*sent)
    assert order(stack, len(expected)) == expected


def test_a_queue_without_groups_takes_the_messages_all_the_same(stack: Stack) -> None:
    refused = "x" * 200
    try:
        queue.send(IntakeEntry("a", refused))
        forget(queue._without_groups)
        queue.send_many(IntakeEntry(name, refused) for name in "bc")
        assert order(stack, 3) == ["a", "b", "c"]
    finally:
        forget(queue._without_groups)
