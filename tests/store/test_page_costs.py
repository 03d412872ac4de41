"""A page of the history costs the same at 100 items and at 40,000 (nightly 100,000): requests counted, capacity bounded."""

from collections.abc import Iterator
from typing import Any

import pytest

from dlambda.domain.items.item import Shelf
from dlambda.store.items import catalogue, items
from tests.stack import Stack, environment, forget
from tests.store.requests import counted
from tests.store.samples import pages_of
from tests.store.seeding import history, seed

SIZES = (100, 40_000, pytest.param(100_000, marks=pytest.mark.nightly))
FILTERS = (None, frozenset({"finished"}), frozenset({"error"}), frozenset({"error", "cancelled", "skip"}))
MOST_REQUESTS = 5
# Read units of 4 KB: the nodes on the way (root, top, leaves of up to 10 KB), and one item of 2 KB each.
MOST_UNITS = {50: 200, 200: 600}


@pytest.fixture(scope="module", params=SIZES)
def size(request: pytest.FixtureRequest, engines: Stack) -> Iterator[int]:
    with environment(engines.environ):
        made = history(0, request.param)
        seed(made, only=_read_by_tests(made))
        yield request.param
        engines.empty(whatever_was_touched=True)


def _read_by_tests(made: list[Any]) -> set[str]:
    found: set[str] = set()
    for statuses in FILTERS:
        ids = [item.id for item in made if statuses is None or item.status in statuses]
        last = len(ids) % 200 or 200
        found |= {*ids[:200], *ids[-max(last, 200) :]}
    return found


@pytest.mark.parametrize("statuses", FILTERS, ids=lambda value: "+".join(sorted(value)) if value else "all")
@pytest.mark.parametrize("last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("per_page", [50, 200])
def test_a_page_takes_at_most_five_requests(size: int, per_page: int, last: bool, statuses: Any) -> None:
    number = 10**9 if last else 1
    with counted() as cost:
        found = items.page(Shelf.DONE, page=number, per_page=per_page, newest_first=True, statuses=statuses)
        views = items.find_views(found.ids)
    print(f"{size} items, {per_page} a page: {len(cost.requests)} requests, {cost.units} units")
    assert len(views) == len(found.ids)
    assert len(cost.requests) <= MOST_REQUESTS
    assert set(cost.requests) == {"BatchGetItem"}
    assert cost.units <= MOST_UNITS[per_page]


def test_pages_are_right_at_that_size(size: int) -> None:
    per_page = 50
    found = items.page(Shelf.DONE, page=1, per_page=per_page, newest_first=True)
    assert found.total == size
    assert found.ids == [item.id for item in reversed(history(size - per_page, per_page))]
    assert items.page(Shelf.DONE, page=10**9, per_page=per_page, newest_first=True).page == pages_of(found)
    assert items.count(Shelf.DONE, ["error"]) == size // 10


def test_a_count_takes_two_requests_and_then_one(size: int) -> None:
    forget(catalogue._memory)
    with counted() as cost:
        assert items.count(Shelf.DONE) == size
    assert cost.requests == ["BatchGetItem"] * 2
    with counted() as cost:
        assert items.count(Shelf.DONE) == size
    assert cost.requests == ["BatchGetItem"]


def test_a_page_that_was_read_before_takes_one_request_for_its_ids(size: int) -> None:
    pages = [items.page(Shelf.DONE, page=1, per_page=50, newest_first=True)]
    with counted() as cost:
        pages.append(items.page(Shelf.DONE, page=1, per_page=50, newest_first=True))
    assert pages[0] == pages[1]
    assert cost.requests == ["BatchGetItem"]
