"""Items in their table: docs/contract/downloads.md 3, docs/architecture.md, State."""

import pytest

from dlambda.domain.items.item import Shelf, Status
from dlambda.domain.items.stage import INTAKE_LANE, LIVE_LANE
from dlambda.errors import Conflict, NotFound, StaleWrite
from dlambda.store.items import item_rows, items, leases, slots
from dlambda.store.items.commit import BATCH, Change, UrlTaken, commit
from dlambda.store.items.packing import unpack
from tests.store import records
from tests.store.samples import T0, done, filled, item, waiting
from tests.store.seeding import history

pytestmark = pytest.mark.usefixtures("tables")


def test_an_item_comes_back_as_it_was_stored() -> None:
    stored = records.add([filled("a")])[0]
    assert items.get("a") == stored
    assert stored == filled("a").evolve(seq=stored.seq, owner_seq=stored.owner_seq, slots=(), version=1)


def test_the_rendered_view_is_what_the_item_shows() -> None:
    import json

    stored = records.add([filled("a")])[0]
    assert [json.loads(view) for view in items.find_views(["a"])] == [stored.view]
    assert b"secret" not in items.find_views(["a"])[0]


def test_a_row_of_an_earlier_version_is_read_as_it_is() -> None:
    [stored] = records.add([filled("a")])
    row = item_rows.ItemRow.get("a")
    row.view, row.hidden = unpack(row.view), unpack(row.hidden)
    assert row.view.startswith(b"{")
    row.save()
    assert items.get("a") == stored
    assert items.find_views(["a"]) == [row.view]


def test_most_rows_are_smaller_than_a_write_unit() -> None:
    [stored] = records.add([history(1, 1)[0].evolve(extras={"thumbnail": f"https://i.example/{'x' * 80}"})])
    row = item_rows.ItemRow.get(stored.id)
    assert sum(len(value) for value in row.attribute_values.values() if isinstance(value, bytes | str)) < 800


def test_cookies_are_sealed_at_rest() -> None:
    records.add([item("a", cookies="top secret")])
    row = item_rows.ItemRow.get("a")
    assert b"top secret" not in bytes(row.cookies) + unpack(row.view) + unpack(row.hidden)
    assert items.get("a").cookies == "top secret"


def test_what_is_not_there_is_not_found() -> None:
    assert items.find("a") is None
    with pytest.raises(NotFound):
        items.get("a")


@pytest.mark.parametrize("key", ["", "x" * 3000, "\ud800", "\0"])
def test_what_can_be_no_id_is_not_found(key: str) -> None:
    assert items.find(key) is None
    assert items.find_many([key, "a"]) == []


def test_many_are_found_in_the_order_asked_for() -> None:
    records.add([item(name) for name in "abc"])
    assert [each.id for each in items.find_many(["c", "x", "a", "c"])] == ["c", "a"]
    assert items.find_many([]) == []


def test_more_than_a_hundred_are_found() -> None:
    names = [f"i{number:03d}" for number in range(130)]
    for start in range(0, len(names), BATCH):
        records.add([item(name) for name in names[start : start + BATCH]])
    assert [each.id for each in items.find_many(reversed(names))] == names[::-1]


@pytest.mark.parametrize("url", ["https://short.example/a", "https://video.example/a"])
def test_an_item_is_found_by_either_of_its_urls(url: str) -> None:
    records.add([item("a", posted_url="https://short.example/a")])
    found = records.find_by_url(url)
    assert found
    assert found.id == "a"


def test_a_url_belongs_to_one_record() -> None:
    records.add([item("a")])
    with pytest.raises(UrlTaken) as taken:
        records.add([item("b", url=item("a").url), item("c")])
    assert taken.value.holders == {"b": "a"}
    assert items.find("c") is None
    assert items.count(Shelf.QUEUE) == 1


def test_the_posted_and_the_extracted_url_both_count() -> None:
    records.add([item("a", posted_url="https://short.example/a")])
    for url in ("https://short.example/a", "https://video.example/a"):
        with pytest.raises(UrlTaken):
            records.add([item("b", url=url, posted_url="https://video.example/b")])


def test_two_new_items_of_one_transaction_cannot_share_a_url() -> None:
    with pytest.raises(ValueError, match="give one URL"):
        records.add([item("a", posted_url="https://x.example/1"), item("b", posted_url="https://x.example/1")])


def test_a_url_is_free_again_when_its_record_goes() -> None:
    [stored] = records.add([item("a")])
    records.remove(stored)
    assert items.find("a") is None
    assert records.find_by_url(stored.url) is None
    records.add([item("b", url=stored.url, posted_url=stored.url)])


def test_a_changed_url_frees_the_old_one() -> None:
    [stored] = records.add([item("a", posted_url="")])
    records.save(stored, stored.evolve(url="https://video.example/new"))
    assert records.find_by_url(stored.url) is None
    assert records.find_by_url("https://video.example/new")


@pytest.mark.parametrize("old", [Status.FINISHED, Status.ERROR])
@pytest.mark.parametrize("new", [Status.PENDING, Status.ERROR])
def test_a_record_is_replaced_by_another_of_its_url_in_one_transaction(old: Status, new: Status) -> None:
    [stored] = records.add([done("a", old)])
    fresh = item("b", url=stored.url, posted_url=stored.url, status=new)
    commit([Change(stored, None), Change(None, fresh)])
    assert items.find("a") is None
    found = records.find_by_url(stored.url)
    assert found
    assert found.id == "b"
    assert items.count(Shelf.DONE) + items.count(Shelf.QUEUE) == 1
    assert [*items.page(found.shelf, page=1, per_page=5, newest_first=True).ids] == ["b"]


def test_a_replacement_does_not_happen_by_halves() -> None:
    [stored] = records.add([done("a")])
    records.save(stored, stored.evolve(title="changed"))
    with pytest.raises(Conflict):
        commit([Change(stored, None), Change(None, item("b", url=stored.url))])
    assert items.find("b") is None
    assert items.get("a").title == "changed"


def test_the_second_of_two_writers_of_one_version_gets_a_conflict() -> None:
    [stored] = records.add([item("a")])
    records.save(stored, stored.evolve(title="first"))
    with pytest.raises(Conflict):
        records.save(stored, stored.evolve(title="second"))
    with pytest.raises(Conflict):
        records.remove(stored)
    assert items.get("a").title == "first"
    assert items.get("a").version == 2


def test_an_id_is_given_once() -> None:
    records.add([item("a")])
    with pytest.raises(Conflict):
        records.add([item("a", url="https://video.example/else", posted_url="")])


def test_an_edit_keeps_the_place() -> None:
    records.add([done(name) for name in "abc"])
    before = items.get("b")
    after = records.save(before, before.evolve(title="edited"))
    assert after.seq == before.seq
    assert [*items.page(Shelf.DONE, page=1, per_page=9, newest_first=False).ids] == ["a", "b", "c"]


def test_who_enters_the_history_comes_last_in_it() -> None:
    records.add([item("a"), item("b")])
    for name in "ba":
        found = items.get(name)
        records.save(found, found.ended(Status.CANCELLED, T0))
    assert items.count(Shelf.QUEUE) == 0
    assert [*items.page(Shelf.DONE, page=1, per_page=9, newest_first=False).ids] == ["b", "a"]


def test_a_batch_enters_in_its_order() -> None:
    names = [f"n{number:02d}" for number in range(BATCH)]
    records.add([item(name, posted_url=f"https://short.example/{name}") for name in names])
    assert [*items.page(Shelf.QUEUE, page=1, per_page=99, newest_first=False).ids] == names


class TestWaiting:
    """The sparse index and the counters of those that wait."""

    def test_a_new_item_waits_for_its_intake(self) -> None:
        records.add([item("a"), item("b")])
        assert [found for _, found in items.list_waiting(INTAKE_LANE, 9)] == ["a", "b"]
        assert slots.read().waiting == {}

    def test_an_extracted_item_waits_for_a_slot_of_its_extractor(self) -> None:
        [stored] = records.add([item("a")])
        records.save(stored, stored.evolve(extracted=True, archive_id="site a"))
        assert items.list_waiting(INTAKE_LANE, 9) == []
        assert [found for _, found in items.list_waiting("site", 9)] == ["a"]
        assert slots.read().waiting == {"site": 1}

    def test_a_held_item_waits_for_nothing(self) -> None:
        [stored] = records.add([waiting("a")])
        held = records.save(stored, stored.evolve(auto_start=False))
        assert items.list_waiting("site", 9) == []
        assert slots.read().waiting == {}
        records.save(held, held.evolve(auto_start=True))
        assert slots.read().waiting == {"site": 1}

    def test_the_oldest_come_first(self) -> None:
        records.add([waiting(name) for name in "abcd"])
        assert [found for _, found in items.list_waiting("site", 2)] == ["a", "b"]

    def test_live_items_wait_in_a_lane_of_their_own(self) -> None:
        records.add([waiting("a", is_live=True), waiting("b")])
        assert [found for _, found in items.list_waiting("site", 9)] == ["b"]
        assert [found for _, found in items.list_waiting(LIVE_LANE, 9)] == ["a"]
        assert slots.read().waiting == {"site": 1, LIVE_LANE: 1}

    @pytest.mark.parametrize("status", [Status.CANCELLED, Status.PREPARING])
    def test_who_leaves_or_starts_waits_no_longer(self, status: Status) -> None:
        [stored] = records.add([waiting("a")])
        records.save(stored, stored.evolve(status=status))
        assert items.list_waiting("site", 9) == []
        assert slots.read().waiting == {}


class TestLeases:
    """What a lease has to say about a change (`Change.lease`)."""

    def test_who_takes_an_item_over_ends_what_the_worker_before_may_write(self) -> None:
        [stored] = records.add([waiting("a")])
        old = leases.acquire("a", "w1", T0)
        begun = records.save(stored, stored.evolve(status=Status.PREPARING), old)
        new = leases.acquire("a", "w2", T0 + 100)
        taken_over = records.save(begun, begun.evolve(begun=1), new)
        with pytest.raises(leases.Lost):
            records.save(begun, begun.ended(Status.FINISHED, T0), old)
        assert items.get("a") == taken_over
        assert records.save(taken_over, taken_over.ended(Status.FINISHED, T0), new).status is Status.FINISHED

    def test_of_two_who_take_it_at_the_same_moment_one_has_it(self) -> None:
        [stored] = records.add([waiting("a")])
        old = leases.acquire("a", "w1", T0)
        new = leases.acquire("a", "w2", T0 + 100)
        assert old
        records.save(stored, stored.evolve(status=Status.PREPARING), old)
        with pytest.raises(StaleWrite):  # it reads the item again, and has it then
            records.save(stored, stored.evolve(status=Status.PREPARING), new)
        with pytest.raises(leases.Lost):
            leases.renew(old, T0 + 100)
        begun = items.get("a")
        records.save(begun, begun.evolve(begun=1), new)

    def test_leases_go_after_their_workers_have_ended_the_items_many_at_once(self) -> None:
        names = [f"n{number:02d}" for number in range(leases._DELETED_AT_ONCE)]
        for stored in records.add([waiting(name, status=Status.DOWNLOADING) for name in names]):
            records.save(stored, stored.ended(Status.ERROR, T0), leases.acquire(stored.id, "w1", T0))
        assert leases.find_expired(names, T0) == set(names)
        assert len(list(leases._Row.scan())) == 0

    def test_the_others_go_with_the_process(self) -> None:
        [stored] = records.add([waiting("a", status=Status.DOWNLOADING)])
        records.save(stored, stored.ended(Status.ERROR, T0), leases.acquire("a", "w1", T0))
        assert len(list(leases._Row.scan())) == 1
        leases.end_all(leases._to_be_ended().take(least=1))
        assert len(list(leases._Row.scan())) == 0

    def test_a_transition_that_is_no_part_of_its_life_is_refused(self) -> None:
        [stored] = records.add([waiting("a")])
        with pytest.raises(ValueError, match="no item goes from 'awaiting slot' to 'finished'"):
            records.save(stored, stored.ended(Status.FINISHED, T0))
        assert items.get("a") == stored

    def test_a_user_who_ends_an_item_takes_the_lease_away(self) -> None:
        [stored] = records.add([waiting("a", status=Status.PREPARING)])
        lease = leases.acquire("a", "w1", T0)
        assert lease
        records.save(stored, stored.ended(Status.CANCELLED, T0))
        with pytest.raises(leases.Lost):
            records.save(stored, stored.evolve(status=Status.DOWNLOADING), lease)
        with pytest.raises(leases.Lost):
            leases.renew(lease, T0)

    def test_a_lost_lease_is_told_before_a_changed_version(self) -> None:
        [stored] = records.add([waiting("a")])
        lease = leases.acquire("a", "w1", T0)
        leases.acquire("a", "w2", T0 + 100)
        records.save(stored, stored.evolve(title="x"))
        with pytest.raises(leases.Lost):
            records.save(stored, stored.evolve(title="y"), lease)

    def test_a_removed_item_takes_its_lease_along(self) -> None:
        [stored] = records.add([item("a")])
        leases.acquire("a", "w1", T0)
        commit([Change(stored, None)])
        assert leases.find_expired(["a"], T0) == {"a"}


def test_too_many_changes_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="too many"):
        records.add([item(f"n{number}", posted_url=f"https://short.example/{number}") for number in range(60)])


def test_each_walks_through_a_list_while_it_is_emptied() -> None:
    names = [f"n{number:03d}" for number in range(130)]
    for start in range(0, len(names), BATCH):
        records.add([done(name) for name in names[start : start + BATCH]])
    seen = []
    for found in items.iterate(Shelf.DONE, [Status.FINISHED]):
        seen.append(found.id)
        records.remove(found)
    assert seen == names
    assert items.count(Shelf.DONE) == 0


def test_active_items_are_those_of_workers() -> None:
    records.add([waiting(name) for name in "abc"])
    found = items.get("b")
    records.save(found, found.evolve(status=Status.PREPARING))
    assert [each.id for each in items.list_active()] == ["b"]
