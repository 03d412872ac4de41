"""Counted lists: every page right, whatever came and went; docs/contract/downloads.md 3, 9 (pagination)."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlambda.store.items import catalogue, folding, journal, record_numbers
from dlambda.store.items.entry import LEAF_PLACES, TOP_PLACES, Entry
from dlambda.store.items.record import Record
from dlambda.store.table import Transaction
from tests.store.samples import pages_of

pytestmark = pytest.mark.usefixtures("tables")
STATUSES = ("finished", "error", "skip")
# Places follow one another, or jump over leaves and tops.
GAPS = st.sampled_from([1, 1, 1, 2, LEAF_PLACES - 1, LEAF_PLACES, LEAF_PLACES * 12, TOP_PLACES - 1, TOP_PLACES * 7])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), st.lists(st.tuples(GAPS, st.sampled_from(STATUSES)), min_size=1, max_size=6)),
        st.tuples(st.just("leave"), st.integers(0, 99)),
        st.tuples(st.just("change"), st.tuples(st.integers(0, 99), st.sampled_from(STATUSES))),
        st.tuples(st.just("fold"), st.none()),
    ),
    min_size=1,
    max_size=12,
)
FILTERS = st.sampled_from([None, {"finished"}, {"error", "skip"}, {"nothing"}, set()])


def write(*, leave: Sequence[Entry] = (), enter: Sequence[Entry] = ()) -> None:
    transaction = Transaction()
    journal.put(transaction, record_numbers.reserve(), Record(leave, enter))
    transaction.commit()


def reserve(name: str, count: int = 1, *, front: bool = False) -> int:
    first, _ = record_numbers.reserve_places(name, count, front=front)
    return first


class Model:
    """The same list as plain Python, beside the real one."""

    def __init__(self) -> None:
        self.name = uuid.uuid4().hex
        self.entries: list[Entry] = []
        self.last = -1

    def do(self, kind: str, what: Any) -> None:
        if kind == "enter":
            self.enter(what)
        elif kind == "fold":
            folding.fold()
        elif self.entries:
            old = self.entries[(what if kind == "leave" else what[0]) % len(self.entries)]
            new = None if kind == "leave" else replace(old, status=what[1])
            if new == old:
                return
            write(leave=[old], enter=[new] if new else [])
            place = self.entries.index(old)
            self.entries[place : place + 1] = [new] if new else []

    def enter(self, gaps: Iterable[tuple[int, str]]) -> None:
        new = []
        for gap, status in gaps:
            self.last += gap
            new.append(Entry(self.name, self.last, status, uuid.uuid4().hex))
        write(enter=new)
        self.entries += new

    def ids(self, statuses: Collection[str] | None, *, newest_first: bool) -> list[str]:
        found = [each.id for each in self.entries if statuses is None or each.status in statuses]
        return found[::-1] if newest_first else found


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, statuses=FILTERS, newest_first=st.booleans(), per_page=st.integers(1, 7))
def test_every_page_is_what_a_plain_list_would_show(
    steps: Any, statuses: Any, newest_first: Any, per_page: Any
) -> None:
    model = Model()
    for step in steps:
        model.do(*step)
    wanted = model.ids(statuses, newest_first=newest_first)
    pages = max(1, -(-len(wanted) // per_page))
    shown = [
        catalogue.page(model.name, page=number, per_page=per_page, newest_first=newest_first, statuses=statuses)
        for number in range(1, pages + 1)
    ]
    assert [id_ for page in shown for id_ in page.ids] == wanted
    assert {(page.total, pages_of(page)) for page in shown} == {(len(wanted), pages)}
    assert catalogue.count(model.name, statuses) == len(wanted)
    assert [id_ for ids in catalogue.iterate(model.name, statuses) for id_ in ids] == model.ids(
        statuses, newest_first=False
    )


def filled(count: int, status: str = "finished") -> str:
    name = uuid.uuid4().hex
    first = reserve(name, count)
    write(enter=[Entry(name, first + number, status, f"i{number:04d}") for number in range(count)])
    return name


@pytest.mark.parametrize(
    ("page", "per_page", "shown", "number", "pages"),
    [(1, 10, 10, 1, 10), (10, 10, 10, 10, 10), (4, 30, 10, 4, 4), (999, 10, 10, 10, 10), (1, 1000, 100, 1, 1)],
)
def test_the_documented_pages_of_a_hundred(page: int, per_page: int, shown: int, number: int, pages: int) -> None:
    found = catalogue.page(filled(100), page=page, per_page=per_page, newest_first=True)
    assert (len(found.ids), found.total, found.page, pages_of(found)) == (shown, 100, number, pages)


@pytest.mark.parametrize("count", [0, 1])
def test_empty_and_single_lists_have_one_page(count: int) -> None:
    name = filled(count) if count else "nobody-wrote-here"
    found = catalogue.page(name, page=1, per_page=10, newest_first=True)
    assert (len(found.ids), found.total, found.page, pages_of(found)) == (count, count, 1, 1)


def test_filtered_pages_of_a_hundred_finished_and_two_others() -> None:
    name = filled(100)
    first = reserve(name, 2)
    write(enter=[Entry(name, first, "pending", "p"), Entry(name, first + 1, "error", "e")])
    finished = catalogue.page(name, page=1, per_page=50, newest_first=True, statuses={"finished"})
    assert (len(finished.ids), finished.total) == (50, 100)
    assert list(catalogue.page(name, page=1, per_page=50, newest_first=True, statuses={"pending"}).ids) == ["p"]
    assert list(catalogue.page(name, page=1, per_page=9, newest_first=True, statuses={"pending", "error"}).ids) == [
        "e",
        "p",
    ]
    assert catalogue.page(name, page=1, per_page=9, newest_first=True, statuses={"unknown"}).total == 0


def test_places_are_given_once_and_ascend() -> None:
    name = uuid.uuid4().hex
    assert [reserve(name), reserve(name, 3), reserve(name)] == [0, 1, 4]


def test_places_at_the_front_are_given_once_and_descend() -> None:
    name = uuid.uuid4().hex
    assert [reserve(name, front=True), reserve(name, 3, front=True), reserve(name)] == [-1, -4, 0]


def test_lists_go_on_below_zero() -> None:
    name = uuid.uuid4().hex
    places = [0, 1, -1, -LEAF_PLACES, -LEAF_PLACES - 1, -TOP_PLACES - 3, TOP_PLACES * 7]
    write(enter=[Entry(name, place, "pending", str(place)) for place in places])
    in_order = [str(place) for place in sorted(places)]
    assert list(catalogue.page(name, page=1, per_page=9, newest_first=False).ids) == in_order
    assert list(catalogue.page(name, page=2, per_page=2, newest_first=True).ids) == in_order[::-1][2:4]
    assert [id_ for ids in catalogue.iterate(name) for id_ in ids] == in_order
    assert catalogue.count(name) == 7
