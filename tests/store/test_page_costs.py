"""A page of the history costs the same at 100 items and at 100,000: requests counted, capacity bounded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from dlambda.domain.items.item import Shelf
from dlambda.store.items import items
from dlambda.store.table import connection
from tests.stack import Stack, environment
from tests.store.samples import pages_of
from tests.store.seeding import history, seed

SIZES = (100, 100_000)
FILTERS = (None, frozenset({"finished"}), frozenset({"error"}), frozenset({"error", "cancelled", "skip"}))
MOST_REQUESTS = 5
# Read units of 4 KB: the nodes on the way (root, top, leaves of up to 10 KB), and one item of 2 KB each.
MOST_UNITS = {50: 200, 200: 600}
READ_UNIT = 4096


@dataclass
class Cost:
    """What went to the table engine."""

    requests: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @property
    def units(self) -> int:
        """Consistent reads of the rows that came back; the engine's own account, where it gives one, is the same."""
        return sum(max(1, -(-size // READ_UNIT)) for size in self.sizes)


@contextmanager
def counted() -> Iterator[Cost]:
    cost = Cost()
    events = connection().client.meta.events

    def before(model: Any, **_: Any) -> None:
        cost.requests.append(model.name)

    def after(parsed: dict[str, Any], **_: Any) -> None:
        cost.sizes.extend(_size(row) for rows in parsed.get("Responses", {}).values() for row in rows)

    events.register("before-call.dynamodb", before)
    events.register("after-call.dynamodb", after)
    try:
        yield cost
    finally:
        events.unregister("before-call.dynamodb", before)
        events.unregister("after-call.dynamodb", after)


def _size(row: dict[str, Any]) -> int:
    """About what DynamoDB counts: names and contents."""
    total = 0
    for name, value in row.items():
        content = next(iter(value.values()))
        parts = content if isinstance(content, list) else [content]
        total += len(name) + sum(len(part) if isinstance(part, bytes | str) else 8 for part in parts)
    return total


@pytest.fixture(scope="module", params=SIZES)
def size(request: pytest.FixtureRequest, engines: Stack) -> Iterator[int]:
    with environment(engines.environ):
        made = history(0, request.param)
        seed(made, only=_read_by_tests(made))
        yield request.param
        engines.empty()


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


def test_a_count_takes_two_requests(size: int) -> None:
    with counted() as cost:
        assert items.count(Shelf.DONE) == size
    assert cost.requests == ["BatchGetItem"] * 2
