"""Many at once, on the real engine: one record per URL, exact limits, one worker per item, counts that never drift."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from dlambda.domain.files.listing import Entry
from dlambda.domain.items.item import Shelf, Status
from dlambda.domain.items.stage import Stage, statuses_of
from dlambda.errors import Conflict
from dlambda.store.files import filename_claims, listings
from dlambda.store.items import catalogue, item_rows, items, leases, record_numbers, slot_choice, slots
from dlambda.store.items.commit import Change, UrlTaken, commit
from dlambda.store.table import TABLE_ERRORS
from tests.store import records
from tests.store.samples import T0, done, item, waiting

pytestmark = pytest.mark.usefixtures("parallel_tables")


def together(count: int, act: Callable[[int], Any]) -> Sequence[Any]:
    """What `act(0)` ... `act(count - 1)` answer or raise when all begin at the same moment."""
    barrier = Barrier(count)

    def begin(number: int) -> Any:
        barrier.wait()
        try:
            return act(number)
        except Conflict as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def won(results: Sequence[Any]) -> list[Any]:
    return [each for each in results if not isinstance(each, Exception)]


def test_fifty_adds_of_one_url_make_one_record() -> None:
    results = together(50, lambda number: records.add([item(f"i{number}", url="https://x.example/1", posted_url="")]))
    assert len(won(results)) == 1
    assert all(isinstance(each, UrlTaken) for each in results if isinstance(each, Exception))
    assert items.count(Shelf.QUEUE) == 1
    holder = records.find_by_url("https://x.example/1")
    assert holder == won(results)[0][0]


def test_thirty_claims_take_exactly_the_slots_there_are(configure: Callable[..., None]) -> None:
    configure(max_workers=7, max_workers_per_extractor=5)
    records.add([waiting(f"i{number:02d}", "a" if number % 2 else "b", posted_url="") for number in range(30)])
    found = items.find_many(f"i{number:02d}" for number in range(30))
    results = together(30, lambda number: records.save(found[number], found[number].evolve(status=Status.PREPARING)))
    assert len(won(results)) == 7
    assert all(isinstance(each, slots.NoSlot) for each in results if isinstance(each, Exception))
    state = slots.read()
    assert state.taken == 7
    assert _holders() == {each.id for each in won(results)}
    assert max(state.taken_by.values()) <= 5
    assert state.waiting["a"] + state.waiting["b"] == 23


def test_one_of_many_workers_begins_an_item() -> None:
    records.add([waiting("a")])
    found = items.get("a")

    def work(number: int) -> Any:
        lease = leases.acquire("a", f"w{number}", T0)
        if lease is None:
            raise leases.Lost("Another worker has the item.")
        return records.save(found, found.evolve(status=Status.PREPARING), lease)

    assert len(won(together(20, work))) == 1
    assert items.get("a").version == 2


def test_one_of_many_takes_an_expired_lease_over() -> None:
    old = leases.acquire("a", "dead", T0)
    assert old
    results = together(20, lambda number: leases.acquire("a", f"w{number}", T0 + 60))
    assert [lease.fence for lease in results if lease] == [old.fence + 1]


def test_one_of_many_editors_wins() -> None:
    [stored] = records.add([done("a")])
    results = together(20, lambda number: records.save(stored, stored.evolve(title=f"t{number}")))
    assert len(won(results)) == 1
    assert items.get("a") == won(results)[0]


def test_a_name_is_claimed_once() -> None:
    assert sum(together(20, lambda number: filename_claims.claim("sea/a", f"https://x.example/{number}"))) == 1


def test_pause_changes_once() -> None:
    assert sum(together(10, lambda _: slots.pause(T0))) == 1


def test_places_are_given_once() -> None:
    firsts = together(20, lambda _: record_numbers.reserve_places("some-list", 3)[0])
    assert sorted(firsts) == list(range(0, 60, 3))


def test_many_writers_of_a_folders_index_lose_nothing() -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: listings.change("busy", new_entries=[Entry(f"{number:03}", 1, T0)]), range(60)))
    assert sorted(each.name for each in listings.read("busy").entries) == [f"{number:03}" for number in range(60)]


def test_counts_do_not_drift_in_a_crowd() -> None:
    """Adds, starts, ends, removals and replacements of the same few items, by many at once."""

    def rummage(number: int) -> None:
        choice = random.Random(number)
        for _ in range(12):
            name = f"i{choice.randrange(8)}"
            try:
                _change(choice, name)
            except (Conflict, *TABLE_ERRORS):  # refused: nothing was changed
                continue

    assert together(8, rummage) == [None] * 8
    _assert_sound()


def _change(choice: random.Random, name: str) -> None:
    found = items.find(name)
    if found is None:
        records.add([waiting(name, choice.choice("xy"), is_live=choice.random() < 0.2)])
    elif found.is_waiting:
        records.save(
            found, found.evolve(status=Status.PREPARING) if choice.random() < 0.7 else found.evolve(auto_start=False)
        )
    elif found.shelf is Shelf.QUEUE:
        held = found.stage is Stage.HELD
        records.save(
            found, found.ended(Status.CANCELLED if held else choice.choice([Status.FINISHED, Status.ERROR]), T0)
        )
    elif choice.random() < 0.5:
        records.remove(found)
    else:
        again = waiting(f"{name}-again", url=found.url, posted_url=found.url)
        commit([Change(found, None), Change(None, again)])
        records.remove(items.get(again.id))


def _holders() -> set[str]:
    """The ids of the items that hold a slot of all: each slot's item, if it names the slot."""
    rows = slot_choice._Slot.scan(slot_choice._Slot.node.startswith("slot//"), consistent_read=True)
    holders = {row.node: items.find(row.item_id) for row in rows}
    return {item.id for name, item in holders.items() if item and name in item.slots}


def _assert_sound() -> None:
    """Lists, counts, slots and URLs are those of the records that there are."""
    rows = [item_rows.item_of(row) for row in item_rows.ItemRow.scan(consistent_read=True)]
    for shelf in Shelf:
        listed = catalogue.page(shelf, page=1, per_page=1000, newest_first=False)
        expected = sorted((each for each in rows if each.shelf is shelf), key=lambda each: each.seq)
        assert list(listed.ids) == [each.id for each in expected]
        for status in statuses_of(shelf):
            assert items.count(shelf, [status]) == sum(each.status is status for each in rows)
    state = slots.read()
    assert _holders() == {each.id for each in rows if each.holds_slot}
    assert state.taken == sum(state.taken_by.values()) == len(_holders())
    assert state.waiting == Counter(each.lane for each in rows if each.is_waiting)
    assert {row.item_id for row in item_rows.UrlRow.scan(consistent_read=True)} == {each.id for each in rows}
