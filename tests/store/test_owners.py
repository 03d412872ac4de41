"""Items of members: lists of their own beside the deployment's, keys of their own, and nothing of others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.store.items import items
from dlambda.store.items.commit import Change, UrlTaken, commit
from dlambda.store.table import MAX_OPERATIONS
from dlambda.store.table_connection import connection
from tests.store import records
from tests.store.samples import T0, done, item


def owned(name: str, owner: str, **values: Any) -> Item:
    return item(name, owner=owner, home=f"members/{owner}", **values)


def ids(shelf: Shelf, owner: str, statuses: list[str] | None = None) -> tuple[list[str], int]:
    page = items.page(shelf, page=1, per_page=50, newest_first=False, statuses=statuses, owner=owner)
    return list(page.ids), page.total


@pytest.fixture
def mixed(tables: None) -> list[Item]:
    """Items of two members and of the admins."""
    return records.add([owned("a1", "ann"), owned("b1", "bob"), item("x1"), owned("a2", "ann"), item("x2")])


def test_all_stand_in_the_list_of_the_deployment(mixed: list[Item]) -> None:
    assert ids(Shelf.QUEUE, "") == (["a1", "b1", "x1", "a2", "x2"], 5)


def test_a_member_has_a_list_of_its_own(mixed: list[Item]) -> None:
    assert ids(Shelf.QUEUE, "ann") == (["a1", "a2"], 2)
    assert ids(Shelf.QUEUE, "bob") == (["b1"], 1)
    assert ids(Shelf.QUEUE, "eve") == ([], 0)


def test_both_lists_follow_what_becomes_of_an_item(mixed: list[Item]) -> None:
    ended = records.save(mixed[0], mixed[0].ended(Status.CANCELLED, T0))
    assert ids(Shelf.QUEUE, "ann") == (["a2"], 1)
    assert ids(Shelf.DONE, "ann", ["cancelled"]) == (["a1"], 1)
    assert items.count(Shelf.DONE, ["error"], owner="ann") == 0
    assert [found.id for found in items.iterate(Shelf.DONE, owner="ann")] == ["a1"]
    records.remove(ended)
    assert ids(Shelf.DONE, "ann") == ids(Shelf.DONE, "") == ([], 0)


def test_what_is_of_another_does_not_exist(mixed: list[Item]) -> None:
    assert items.find("b1", owner="ann") is None
    assert items.find("x1", owner="ann") is None
    assert [found.id for found in items.find_many(["a1", "b1", "x1", "a2"], owner="ann")] == ["a1", "a2"]
    assert items.find("a1", owner="ann") == items.find("a1") == mixed[0]


def test_a_url_is_taken_for_its_owner_alone(tables: None) -> None:
    url = "https://video.example/same"
    records.add([item("x", url=url, posted_url=url), owned("a", "ann", url=url, posted_url=url)])
    records.add([owned("b", "bob", url=url, posted_url=url)])
    for again in (item("x9", url=url, posted_url=url), owned("a9", "ann", url=url, posted_url=url)):
        with pytest.raises(UrlTaken):
            records.add([again])


def test_a_label_cannot_stand_for_an_owner(tables: None) -> None:
    url = "https://video.example/same"
    records.add([owned("a", "ann", url=url, posted_url=url)])
    records.add([item("x", url=url, posted_url=url, label="@ann"), item("y", url=url, posted_url=url, part="@ann")][:1])
    assert items.find("a", owner="ann")


def test_an_item_keeps_its_owner(mixed: list[Item]) -> None:
    with pytest.raises(ValueError, match="owner"):
        records.save(mixed[0], mixed[0].evolve(owner="bob"))


def test_pages_of_a_member_are_right_among_many_of_others(tables: None) -> None:
    for start in range(0, 600, 20):
        records.add([done(f"x{start + at:04d}") if at % 10 else owned(f"a{start + at:04d}", "ann", status=Status.ERROR)
                     for at in range(20)])  # fmt: skip
    page = items.page(Shelf.DONE, page=2, per_page=25, newest_first=True, statuses=["error"], owner="ann")
    assert (page.total, page.page) == (60, 2)
    assert list(page.ids) == [f"a{at:04d}" for at in range(340, 90, -10)]


@contextmanager
def written() -> Iterator[list[int]]:
    """The number of operations in each transaction, and 1 for each other write."""
    counts: list[int] = []
    events = connection().client.meta.events

    def note(model: Any, params: dict[str, Any], **_: Any) -> None:
        if model.name == "TransactWriteItems":
            counts.append(
                params["body"].count(b'"ConditionCheck"')
                + sum(params["body"].count(word) for word in (b'"Put":', b'"Delete":', b'"Update":'))
            )
        elif model.name in {"UpdateItem", "PutItem"}:
            counts.append(1)

    events.register("before-call.dynamodb", note)
    try:
        yield counts
    finally:
        events.unregister("before-call.dynamodb", note)


def test_an_item_of_an_admin_costs_no_write_more(tables: None) -> None:
    (first,) = records.add([item("first")])  # makes the lists
    records.remove(records.save(first, first.ended(Status.CANCELLED, T0)))
    with written() as counts:
        (stored,) = records.add([item("x")])
        records.save(stored, stored.ended(Status.CANCELLED, T0))
    # A place; row, URL, record. A place; row, record.
    assert counts == [1, 3, 1, 2]


def test_the_largest_batches_of_members_fit_into_a_transaction(tables: None) -> None:
    before = [done(f"old{at}", owner="ann", url=f"https://page.example/{at}") for at in range(4)]
    old = [records.add([each])[0] for each in before]
    fresh = [
        owned(f"new{at}", "ann", posted_url=f"https://new.example/{at}", url=f"https://new.example/{at}")
        for at in range(30)
    ]
    with written() as counts:
        commit([Change(each, None) for each in old] + [Change(None, each) for each in fresh])
    assert max(counts) <= MAX_OPERATIONS
    assert ids(Shelf.QUEUE, "ann")[1] == 30
