"""Items that wait for their next try: put off, woken by the sweep, cancelled, held (docs/decisions/retries.md)."""

import time
from collections.abc import Callable

import pytest

from dlambda.deployment import current
from dlambda.domain.items.failure import classify
from dlambda.domain.items.item import Item, Status
from dlambda.domain.items.item_parts import Attempt
from dlambda.domain.items.request import Request
from dlambda.domain.items.stage import RETRY_LANE
from dlambda.store.items import items, leases, slots
from dlambda.usecases.items.add_items import new_item
from dlambda.usecases.items.change_items import cancel, hold
from dlambda.usecases.items.dispatch import dispatch
from dlambda.usecases.items.intake import process_intake
from dlambda.usecases.items.try_again import resume_retry, schedule_retry, wake_retries
from tests.functions.permissions import acting_as
from tests.stack import Stack
from tests.store import records

BUSY = classify("HTTP Error 503: Service Unavailable")
GONE = classify("HTTP Error 404: Not Found")


pytestmark = pytest.mark.usefixtures("stack")


def running() -> tuple[Item, leases.Lease]:
    """An item that a worker downloads."""
    (item,) = records.add([new_item(Request("https://video.example/1")).evolve(extracted=True, archive_id="video 1")])
    lease = leases.acquire(item.id, "w1", time.time())
    assert lease is not None
    return records.save(item, item.evolve(status=Status.DOWNLOADING), lease), lease


def test_it_gives_back_its_slot_and_its_lease_and_waits_for_no_slot() -> None:
    item, lease = running()
    leases.renew(lease, time.time(), {"status": "downloading", "percent": 40})
    assert slots.read().taken == 1
    stored = schedule_retry(item, lease, "HTTP Error 503", BUSY)
    assert stored is not None
    state = slots.read()
    assert (state.taken, sum(state.waiting.values())) == (0, 0)
    assert dispatch() == 0
    assert leases.find_expired([item.id], time.time()) == {item.id}
    assert leases.find_progress([item.id])[item.id] == {}
    assert items.list_waiting(RETRY_LANE, 10) == [(item.seq, item.id)]


def test_when_its_time_has_come_it_waits_for_a_slot_again() -> None:
    item, lease = running()
    stored = schedule_retry(item, lease, "HTTP Error 503", BUSY)
    assert stored is not None
    assert resume_retry(stored, stored.attempt.retry_at - 1) is None
    with acting_as("on_download"):
        again = resume_retry(stored, stored.attempt.retry_at)
    assert again is not None
    assert (again.is_waiting, again.error, again.failure, again.attempt.failed_before) == (True, None, None, 1)
    assert dispatch() == 1


def test_the_sweep_wakes_those_whose_message_was_lost(stack: Stack) -> None:
    item, lease = running()
    stored = schedule_retry(item, lease, "HTTP Error 503", BUSY)
    assert stored is not None
    wake_retries(stored.attempt.retry_at - 5)
    assert stack.messages("download") == []
    wake_retries(stored.attempt.retry_at + 1)
    assert stack.messages("download") == [{"id": item.id}]


def test_an_extraction_is_woken_at_the_intake(stack: Stack) -> None:
    (item,) = records.add([new_item(Request("https://video.example/2"))])
    lease = leases.acquire(item.id, "w1", time.time())
    assert lease is not None
    stored = schedule_retry(item, lease, "HTTP Error 429", classify("HTTP Error 429"), 3600.0)
    assert stored is not None
    assert 3590 < stored.attempt.retry_at - time.time() <= 3600
    process_intake(item.id)  # a message that comes too early changes nothing
    assert items.get(item.id) == stored
    wake_retries(stored.attempt.retry_at + 1)
    assert stack.messages("intake") == [{"id": item.id}]


def test_a_permanent_failure_is_not_put_off() -> None:
    item, lease = running()
    assert schedule_retry(item, lease, "HTTP Error 404", GONE) is None
    assert items.get(item.id) == item


def test_nor_is_one_that_failed_often_enough(configure: Callable[..., None]) -> None:
    configure(retries=2)
    assert current().settings.retries == 2
    item, lease = running()
    tries = tuple({"at": 0.0, "remedy": remedy, "outcome": "transient"} for remedy in (None, "retry"))
    item = records.save(item, item.evolve(attempt=Attempt(2, remedy="retry"), tries=tries), lease)
    assert schedule_retry(item, lease, "HTTP Error 503", BUSY) is None


def test_nor_a_live_recording() -> None:
    item, lease = running()
    item = records.save(item, item.evolve(is_live=True), lease)
    assert schedule_retry(item, lease, "HTTP Error 503", BUSY) is None


def test_it_can_be_cancelled_and_held_while_it_waits() -> None:
    item, lease = running()
    schedule_retry(item, lease, "HTTP Error 503", BUSY)
    assert hold(item.id) == "paused"
    assert cancel(item.id) == "ok"
    ended = items.get(item.id)
    assert (ended.status, ended.attempt.retry_at) == (Status.CANCELLED, 0)
    assert items.list_waiting(RETRY_LANE, 10) == []


def test_a_cancel_that_the_worker_has_not_heard_of_yet_counts() -> None:
    item, lease = running()
    assert cancel(item.id) == "ok"  # told to the worker, which fails before it listens
    stored = schedule_retry(item, lease, "HTTP Error 503", BUSY)
    assert stored is not None
    assert items.get(item.id).status is Status.CANCELLED
