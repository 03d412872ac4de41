"""Who is woken for a free slot: in queue order, one for each slot, and another where one does not take it."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from dlambda.domain.items.item import Item, Status
from dlambda.domain.items.request import Request
from dlambda.store.items import leases, slots
from dlambda.store.items.slots import NoSlot
from dlambda.usecases.items.add_items import new_item
from dlambda.usecases.items.change_items import cancel
from dlambda.usecases.items.dispatch import dispatch, pass_on
from dlambda.usecases.items.download_item import download_item
from tests.stack import Stack
from tests.store import records

Messages = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def limits(stack: Stack, configure: Callable[..., None]) -> None:
    configure(max_workers=3, max_workers_per_extractor=2)


@pytest.fixture
def messages(stack: Stack) -> Messages:
    """Takes what waits for a download."""
    return lambda: stack.messages("download")


def waiting(count: int, extractor: str = "video", owner: str = "", **extras: object) -> list[Item]:
    made = [
        new_item(Request(f"https://{extractor}{owner}.example/{number}", owner=owner, extras=extras))
        for number in range(count)
    ]
    return records.add([item.evolve(extracted=True, archive_id=f"{extractor} {item.url[-1]}") for item in made])


def handle(message: dict[str, Any]) -> None:
    download_item(message["id"], seconds_left=lambda: 900.0, excluded=message.get("passed", ()))


def test_those_are_woken_that_a_slot_is_free_for_oldest_first(messages: Messages) -> None:
    first = waiting(4)
    other = waiting(4, "other")
    assert dispatch() == 3
    assert [each["id"] for each in messages()] == [first[0].id, first[1].id, other[0].id]


def test_a_running_one_leaves_one_slot(messages: Messages) -> None:
    running, *others = waiting(4)
    records.save(running, running.evolve(status=Status.DOWNLOADING))
    assert dispatch() == 1
    assert messages() == [{"id": others[0].id}]


def test_where_one_is_gone_the_next_is_woken(messages: Messages) -> None:
    first, second, third = waiting(3)
    dispatch()
    woken = messages()
    cancel(first.id)
    records.save(second, second.evolve(status=Status.DOWNLOADING))
    handle(woken[0])
    assert messages() == [{"id": third.id, "passed": [first.id]}]


def test_where_another_worker_has_one_the_next_is_woken(messages: Messages) -> None:
    first, second = waiting(2)
    leases.acquire(first.id, "another", time.time())
    handle({"id": first.id})
    assert messages() == [{"id": second.id, "passed": [first.id]}]


def test_a_wake_up_without_a_free_slot_wakes_nobody(messages: Messages) -> None:
    for item in (found := waiting(4))[:2]:
        records.save(item, item.evolve(status=Status.DOWNLOADING))
    handle({"id": found[2].id})
    handle({"id": "nobody"})
    assert messages() == []


def test_nor_does_one_while_paused(messages: Messages) -> None:
    waiting(2)
    slots.pause(time.time())
    handle({"id": "nobody"})
    assert messages() == []


def test_wake_ups_that_come_to_nothing_end(messages: Messages) -> None:
    found = waiting(20)
    for item in found:
        leases.acquire(item.id, "another", time.time())
    dispatch()
    handled = 0
    while woken := messages():
        handled += len(woken)
        for each in woken:
            handle(each)
    assert handled <= 2 * 12


def test_none_is_woken_in_place_of_itself(messages: Messages) -> None:
    [only] = waiting(1)
    pass_on([only.id])
    assert messages() == []


def test_users_have_their_turns_whoever_was_first(messages: Messages, configure: Callable[..., None]) -> None:
    configure(max_workers_per_extractor=3)
    first = waiting(9, owner="anna")
    running = [records.save(item, item.evolve(status=Status.DOWNLOADING)) for item in first[:3]]
    [other] = waiting(1, owner="ben")
    assert dispatch() == 0
    records.save(running[0], running[0].ended(Status.FINISHED, time.time()))
    dispatch()
    assert messages() == [{"id": other.id}]
    records.save(other, other.evolve(status=Status.DOWNLOADING))
    records.save(running[1], running[1].ended(Status.FINISHED, time.time()))
    dispatch()
    assert messages() == [{"id": first[3].id}]


def test_tasks_of_a_user_have_their_turns(messages: Messages, configure: Callable[..., None]) -> None:
    configure(max_workers=1)
    of_task = waiting(3, source_handler="Rss", source_id=7)
    running = records.save(of_task[0], of_task[0].evolve(status=Status.DOWNLOADING))
    [own] = waiting(1, "other")
    records.save(running, running.ended(Status.FINISHED, time.time()))
    assert dispatch() == 1
    assert messages()[0]["id"] in {own.id, of_task[1].id}
    records.save(of_task[1], of_task[1].evolve(status=Status.DOWNLOADING))
    configure(max_workers=2)
    assert dispatch() == 1
    assert messages() == [{"id": own.id}]


def test_no_user_has_more_slots_than_its_limit(messages: Messages, configure: Callable[..., None]) -> None:
    configure(max_workers=3, max_workers_per_extractor=3, max_workers_per_user=2)
    first = waiting(4, owner="anna")
    assert dispatch() == 2
    for item in first[:2]:
        records.save(item, item.evolve(status=Status.DOWNLOADING))
    with pytest.raises(NoSlot):
        records.save(first[2], first[2].evolve(status=Status.DOWNLOADING))
    messages()
    [other] = waiting(1, owner="ben")
    assert dispatch() == 1
    assert messages() == [{"id": other.id}]
    records.save(other, other.evolve(status=Status.DOWNLOADING))
    assert slots.read().taken == 3
