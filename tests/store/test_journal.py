"""The journal of list changes and its folds (docs/decisions/list-journal.md)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from pynamodb.expressions.operand import Path

from dlambda.deployment import current
from dlambda.domain.items.item import Shelf, Status
from dlambda.store.items import catalogue, folding, item_rows, items, journal, nodes, record, record_numbers, slots
from dlambda.store.items.entry import Entry
from dlambda.store.items.record import Address, Record
from dlambda.store.table import ConditionFailed, Transaction
from tests.clock import FakeClock
from tests.dynamodb.client import in_memory, new_database
from tests.stack import forget
from tests.store import records
from tests.store.requests import counted
from tests.store.samples import T0, item, waiting

pytestmark = pytest.mark.usefixtures("tables")
LIST = Shelf.QUEUE.value


def write(address: Address, *, leave: list[Entry] | None = None, enter: list[Entry] | None = None) -> None:
    transaction = Transaction()
    journal.put(transaction, address, Record(leave or [], enter or []))
    transaction.commit()


def entry(seq: int, status: str = "pending") -> Entry:
    return Entry(LIST, seq, status, f"i{seq}")


def listed() -> tuple[list[str], int]:
    page = catalogue.page(LIST, page=1, per_page=100, newest_first=False)
    return list(page.ids), page.total


def base() -> dict[str, object]:
    """The nodes that there are, without their folds' numbers."""
    rows = nodes.read([LIST, f"{LIST}/0", f"{LIST}/0/0"])
    return {
        name: {key: value for key, value in row.items() if key not in {"node", "fold"}} for name, row in rows.items()
    }


def test_an_item_writes_no_node_until_a_fold() -> None:
    [stored] = records.add([item("a")])
    assert base() == {}
    assert listed() == (["a"], 1)
    assert folding.fold()
    assert base()[f"{LIST}/0/0"] == {"pending": {"SS": [f"000{stored.id}"]}}
    assert listed() == (["a"], 1)
    assert not folding.fold()


def test_what_entered_and_left_since_the_last_fold_costs_no_node() -> None:
    [stored] = records.add([waiting("a")])
    records.save(stored, stored.evolve(status=Status.PREPARING))
    records.remove(items.get("a"))
    assert folding.fold()
    assert base() == {}
    assert listed() == ([], 0)


def test_a_status_changes_within_a_leaf() -> None:
    records.add([waiting("a"), waiting("b")])
    folding.fold()
    before = items.get("a")
    records.save(before, before.evolve(status=Status.PREPARING))
    assert items.count(Shelf.QUEUE, [Status.PREPARING]) == 1
    folding.fold()
    assert base()[f"{LIST}/0/0"] == {"pending": {"SS": ["001b"]}, "preparing": {"SS": ["000a"]}}
    assert [items.count(Shelf.QUEUE, [status]) for status in (Status.PENDING, Status.PREPARING)] == [1, 1]


def test_a_number_that_is_not_used_yet_stays_a_hole() -> None:
    first, address = record_numbers.reserve_places(LIST)
    records.add([item("b")])
    folding.fold()
    assert listed() == (["b"], 1)
    write(address, enter=[entry(first)])
    assert listed() == (["i0", "b"], 2)
    folding.fold()
    assert listed() == (["i0", "b"], 2)
    assert journal.read()[0].length == 0


def test_a_record_is_read_once(clock: FakeClock) -> None:
    """A reader asks again for the few rows that may have changed: a record never does."""
    database = new_database(sleep=clock.sleep, monotonic=clock.monotonic, random=Random(1))
    forget(journal._expectation)
    with in_memory(database):
        for seq in range(40):
            write(record_numbers.reserve(), enter=[entry(seq)])
        units = []
        for _ in range(3):
            before = sum(database.account.read_units.values())
            assert listed()[1] == 40
            units.append(sum(database.account.read_units.values()) - before)
        folding.fold()
        assert listed()[1] == 40
    assert units[0] > 40
    assert max(units[1:]) < 20


def test_records_of_other_tables_are_not_remembered() -> None:
    """Numbers begin again where tables are new, in a process that lives on."""
    write(record_numbers.reserve(), enter=[entry(1)])
    folding.fold()
    write(record_numbers.reserve(), enter=[entry(2)])
    assert listed() == (["i1", "i2"], 2)
    with in_memory():
        for seq in range(10, 30):
            write(record_numbers.reserve(), enter=[entry(seq)])
        assert listed() == ([f"i{seq}" for seq in range(10, 30)], 20)
    forget(journal._expectation)


def test_who_writes_much_takes_several_numbers_at_once(clock: FakeClock) -> None:
    with counted() as cost:
        for number in range(40):
            records.add([waiting(f"n{number:02d}")])
            before = items.get(f"n{number:02d}")
            records.save(before, before.evolve(auto_start=False))
    plain = 40
    assert cost.requests.count("UpdateItem") < 40 + plain // 2
    assert listed()[1] == 40


def test_numbers_that_were_taken_in_vain_are_given_up(clock: FakeClock) -> None:
    """A burst ends with some of them: later records are read and folded all the same, and these at last as empty."""
    addresses = [record_numbers.reserve() for _ in range(30)]
    assert len(set(addresses)) == 30
    clock.sleep(6)
    for seq in range(12):
        write(record_numbers.reserve(), enter=[entry(seq)])
    assert listed() == ([f"i{seq}" for seq in range(12)], 12)
    folding.fold()
    clock.sleep(11)
    write(record_numbers.reserve(), enter=[entry(12)])
    folding.fold()
    assert listed()[1] == 13
    with pytest.raises(ConditionFailed):
        for address in addresses:
            write(address, enter=[entry(99)])


def test_a_writer_that_comes_too_late_takes_another_number(clock: FakeClock) -> None:
    first, address = record_numbers.reserve_places(LIST)
    records.add([item("b")])
    folding.fold()
    clock.sleep(60)
    records.add([item("c")])
    folding.fold()
    with pytest.raises(ConditionFailed) as refused:
        write(address, enter=[entry(first)])
    assert refused.value.reasons == (journal.LATE,)
    assert listed() == (["b", "c"], 2)
    write(record_numbers.reserve(), enter=[entry(first)])
    assert listed() == (["i0", "b", "c"], 3)


def test_an_entry_leaves_after_it_entered_in_whatever_order_records_are_folded() -> None:
    """The record of its leaving is read, and the earlier one of its entering not yet."""
    address, later = record_numbers.reserve(), record_numbers.reserve()
    write(later, leave=[entry(0)], enter=[entry(0, "preparing")])
    folding.fold()
    assert base() == {}
    write(address, enter=[entry(0)])
    folding.fold()
    assert base()[f"{LIST}/0/0"] == {"preparing": {"SS": ["000i0"]}}
    assert journal.read()[0].length == 0


def test_a_fold_takes_no_more_nodes_than_a_transaction_has_operations() -> None:
    for leaf in range(120):
        write(record_numbers.reserve(), enter=[entry(leaf * 256)])
    assert listed()[1] == 120
    folding.fold()
    assert 0 < journal.read()[0].length < 60
    assert listed()[1] == 120
    while folding.fold():
        pass
    assert listed()[0] == [f"i{leaf * 256}" for leaf in range(120)][:100]
    assert items.count(Shelf.QUEUE) == 120


def test_rows_of_folded_records_are_written_anew() -> None:
    for _ in range(3):
        write(record_numbers.reserve(), enter=[entry(current().random.randrange(1000))])
    folding.fold()
    for stream in record.STREAMS:
        row = record_numbers._Counter(f"counter/{stream}")
        row.update(actions=[Path("number").set(record.RING), Path("folded").set(record.RING - 1)])
    folded = {stream: journal.Folded(record.RING) for stream in record.STREAMS}
    journal._Fold(fold=7, state=journal._state_row(7, folded, {}).state).save()
    total = items.count(Shelf.QUEUE)
    write(record_numbers.reserve(), enter=[entry(2000)])
    assert items.count(Shelf.QUEUE) == total + 1
    folding.fold()
    assert items.count(Shelf.QUEUE) == total + 1


class TestEarlierVersions:
    """Deployments whose nodes were written with each item, and whose slots were one row."""

    @pytest.fixture(autouse=True)
    def _lists(self, tables: str) -> None:
        """Two items that wait, one of them at the front, while paused."""
        made = [
            waiting("front").evolve(seq=-1, version=1),
            waiting("a").evolve(seq=0, version=1),
        ]
        transaction = Transaction()
        entries = {listing: 1 for each in made for listing in item_rows.entries_of(each)}
        catalogue.change(transaction, entries, {}, 0)
        for each in made:
            transaction.put(item_rows.row_of(each))
        transaction.commit()
        nodes.Node(LIST).update(actions=[Path("seq").set(1), Path("front").set(1)])
        old = journal._OldSlots("slots")
        old.update(actions=[Path(["w~site"]).set(2), Path("paused_at").set(T0), Path(["w~x"]).set(0)])

    def test_the_lists_are_read_as_they_are(self) -> None:
        assert listed() == (["front", "a"], 2)

    def test_places_go_on_at_both_ends(self) -> None:
        [stored] = records.add([item("b")])
        assert stored.seq == 1
        assert items.at_end([stored], front=True)["b"].seq == -2
        assert listed() == (["front", "a", "b"], 3)
        folding.fold()
        assert listed() == (["front", "a", "b"], 3)

    @pytest.mark.parametrize("is_folded_first", [False, True])
    def test_who_waits_is_known_and_the_pause_goes_on(self, *, is_folded_first: bool) -> None:
        if is_folded_first:
            records.add([item("b")])
            folding.fold()
        state = slots.read()
        assert (state.waiting, state.taken, state.paused_at) == ({"site": 2}, 0, T0)
        assert slots.resume()
        before = items.get("a")
        records.save(before, before.evolve(status=Status.PREPARING))
        assert (slots.read().waiting, slots.read().taken) == ({"site": 1}, 1)

    def test_an_item_that_runs_takes_a_slot_when_it_is_next_written(self) -> None:
        slots.resume()
        transaction = Transaction()
        running = waiting("r", status=Status.PREPARING).evolve(version=1)
        transaction.put(item_rows.row_of(running))
        transaction.commit()
        after = records.save(running, running.evolve(status=Status.DOWNLOADING))
        assert len(after.slots) == 2
        assert slots.read().taken_by == {"site": 1}
        assert records.save(after, after.ended(Status.FINISHED, T0)).slots == ()
        assert slots.read().taken == 0


def test_readers_see_each_item_once_while_others_fold(parallel_tables: str) -> None:
    added: list[str] = []
    is_over = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not is_over.is_set():
            expected = list(added)
            ids, total = listed()
            if total != len(ids) or not set(expected) <= set(ids) or len(set(ids)) != len(ids):
                wrong.append((expected, ids, total))

    def repeat_fold() -> None:
        while not is_over.is_set():
            folding.fold()

    with ThreadPoolExecutor(4) as pool:
        helpers = [pool.submit(task) for task in (read, read, repeat_fold)]
        for number in range(25):
            add(f"n{number:02d}", added)
        is_over.set()
        for helper in helpers:
            helper.result()
    assert wrong == []
    assert listed() == (added, 25)


def add(name: str, added: list[str]) -> None:
    records.add([item(name)])
    added.append(name)


def test_nodes_that_are_written_without_a_fold_are_seen_a_second_later(clock: FakeClock) -> None:
    """As by whoever mends tables by hand."""
    write(record_numbers.reserve(), enter=[entry(1)])
    folding.fold()
    assert listed() == (["i1"], 1)
    transaction = Transaction()
    catalogue.change(transaction, {entry(2): 1}, nodes.read([entry(2).leaf_node]), 1)
    transaction.commit()
    clock.sleep(1.1)
    assert listed() == (["i1", "i2"], 2)
