"""Orders in their table: who works on them, how many at once, when they go."""

import concurrent.futures

import pytest

from dlambda.domain.orders.order import Kind, Order, State
from dlambda.errors import Conflict
from dlambda.store.items import leases
from dlambda.store.orders import orders

NOW = 1_800_000_000.0


def order(number=1, **changes):
    made = Order(
        f"{number:016d}",
        Kind.GET_VIDEO,
        "https://video.example/1",
        "k",
        "robot",
        NOW + number,
        {"video_format": "best"},
    )
    return made.evolve(**changes) if changes else made


def started(number, places=4, owner="w"):
    one = order(number)
    orders.add(one)
    lease = leases.acquire(one.id, owner, NOW)
    return orders.start(one, lease, NOW, places=places), lease


def test_an_order_comes_back_as_it_was_stored(tables):
    one = order(warnings=("a hole",), error="no", state=State.ERROR, ended_at=5.0)
    orders.add(one)
    assert orders.find(one.id) == one
    assert orders.find("unknown") is None


def test_waiting_ones_are_found_in_their_order(tables):
    for number in (3, 1, 2):
        orders.add(order(number))
    assert orders.list_waiting(2) == [order(1).id, order(2).id]
    assert orders.list_running() == []


def test_no_more_are_worked_on_than_there_are_places(tables):
    first, lease = started(1, places=1)
    assert first.state is State.PROCESSING
    second, _ = started(2, places=1)
    assert second is None
    assert orders.read_places() == {first.id}
    orders.end(first, first.completed("video.mp4", NOW + 9), lease)
    assert orders.read_places() == set()
    assert orders.start(order(2), leases.acquire(order(2).id, "w", NOW), NOW, places=1) is not None


def test_who_goes_on_with_an_order_keeps_its_place(tables):
    first, _ = started(1, places=1)
    taken_over = leases.acquire(first.id, "other", NOW + 60)
    again = orders.start(first, taken_over, NOW + 60, places=1)
    assert again.starts == 2


def test_a_worker_that_lost_its_lease_ends_nothing(tables):
    first, old = started(1)
    leases.acquire(first.id, "other", NOW + 60)
    with pytest.raises(leases.Lost):
        orders.end(first, first.failed("late", NOW + 61), old)
    assert orders.find(first.id).state is State.PROCESSING


def test_an_order_is_ended_once(tables):
    first, lease = started(1)
    orders.end(first, first.completed("video.mp4", NOW), lease)
    with pytest.raises(Conflict):
        orders.end(first, first.failed("again", NOW), lease)


def test_a_handover_leaves_the_order_to_the_next_worker(tables):
    first, lease = started(1)
    orders.hand_over(first, first.evolve(starts=0), lease, NOW + 5)
    assert orders.list_running() == [first.id]
    assert leases.find_expired([first.id], NOW + 5) == {first.id}


def test_ended_ones_are_found_by_their_age(tables):
    for number in (1, 2, 3):
        one, lease = started(number)
        orders.end(one, one.completed("video.mp4", NOW + number), lease)
    assert orders.list_ended(NOW + 3, 10) == [order(1).id, order(2).id]
    orders.remove(order(1).id)
    assert orders.list_ended(NOW + 3, 10) == [order(2).id]


def test_places_are_exact_among_parallel_workers(parallel_tables):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: started(number, places=4)[0], range(1, 13)))
    assert sum(each is not None for each in found) == 4
    assert len(orders.read_places()) == 4
