"""What a search costs: requests counted at 100 items and at 100,000 (docs/decisions/search.md)."""

from collections.abc import Iterator

import pytest

from dlambda.domain.items.item import Shelf, Status
from dlambda.domain.items.search_text import Search
from dlambda.usecases.items.search_items import Hits, search_items
from tests.stack import Stack, environment
from tests.store import records
from tests.store.requests import counted
from tests.store.samples import waiting
from tests.store.seeding import history, seed

# Which parts a list has, in two; then each part, 1 MB of texts a request.
MOST_REQUESTS = {100: 3, 2000: 3, 100_000: 36}


@pytest.fixture(scope="module", params=[100, 2000, pytest.param(100_000, marks=pytest.mark.nightly)])
def size(request: pytest.FixtureRequest, engines: Stack) -> Iterator[int]:
    with environment(engines.environ):
        engines.empty(whatever_was_touched=True)
        seed(history(0, request.param))
        yield request.param
        engines.empty(whatever_was_touched=True)


def search(words: str, *, statuses: frozenset[str] | None = None) -> Hits:
    wanted = Search.read(words)
    assert wanted is not None
    return search_items(Shelf.DONE, wanted, page=1, per_page=50, newest_first=True, statuses=statuses)


@pytest.mark.parametrize("words", ["number 7", "nothing of that kind"])
def test_a_search_reads_each_text_once(size: int, words: str) -> None:
    with counted() as cost:
        hits = search(words)
    print(f"{size} items: {len(cost.requests)} requests")
    assert len(cost.requests) <= MOST_REQUESTS[size]
    assert set(cost.requests) == {"BatchGetItem", "Query"}
    assert hits.is_complete
    expected = [item.id for item in history(0, size) if all(word in item.title.lower() for word in words.split())]
    assert (hits.page.total, list(hits.page.ids)) == (len(expected), expected[::-1][:50])


def test_a_filter_reads_the_leaves_as_well(size: int) -> None:
    with counted() as cost:
        hits = search("seeded", statuses=frozenset({"error"}))
    assert hits.page.total == size // 10
    assert len(cost.requests) <= MOST_REQUESTS[size] + 3 + size // 256 // 20


def test_an_item_is_written_as_often_as_without_a_search(engines: Stack) -> None:
    with environment(engines.environ):
        records.add([waiting("first", status=Status.CANCELLED), waiting("second")])  # makes the lists
        with counted() as cost:
            [record] = records.add([waiting("searched")])
            changed = records.save(record, record.evolve(title="T"))
            records.save(changed, changed.ended(Status.CANCELLED, 1.0))
        assert [name for name in cost.requests if name != "BatchGetItem"] == [
            "UpdateItem", "TransactWriteItems", "TransactWriteItems", "UpdateItem", "TransactWriteItems",
        ]  # fmt: skip
        engines.empty()
