"""Limits of parallel downloads: docs/contract/downloads.md 5.7, 9 (extractor limit)."""

from collections.abc import Callable
from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.domain.items.item import Item, Status
from dlambda.domain.items.item_parts import Attempt
from dlambda.domain.items.stage import LIVE_LANE
from dlambda.store.items import items, slot_choice, slots
from dlambda.store.items.commit import Change, commit
from tests.store import records
from tests.store.samples import T0, waiting

pytestmark = pytest.mark.usefixtures("tables")


def begin(name: str) -> Item:
    found = items.get(name)
    return records.save(found, found.evolve(status=Status.PREPARING))


def test_a_download_takes_a_slot_and_gives_it_back() -> None:
    records.add([waiting("a")])
    begun = begin("a")
    assert slots.read().taken == 1
    assert slots.read().taken_by == {"site": 1}
    records.save(begun, begun.ended(Status.FINISHED, T0))
    assert slots.read().taken == 0
    assert slots.read().taken_by == {}


def test_a_slot_is_kept_from_one_active_status_to_the_next() -> None:
    records.add([waiting("a")])
    begun = begin("a")
    records.save(begun, begun.evolve(status=Status.DOWNLOADING))
    assert slots.read().taken == 1


def test_no_more_start_than_there_are_workers(configure: Callable[..., None]) -> None:
    configure(max_workers=2, max_workers_per_extractor=2)
    records.add([waiting("a", "x"), waiting("b", "y"), waiting("c", "z")])
    begin("a")
    begin("b")
    with pytest.raises(slots.NoSlot):
        begin("c")
    assert items.get("c").status is Status.PENDING


def test_no_more_of_one_extractor_than_its_limit(configure: Callable[..., None]) -> None:
    configure(max_workers=9, max_workers_per_extractor=1, max_workers_for_y=2)
    records.add([waiting("a", "x"), waiting("b", "x"), waiting("c", "y"), waiting("d", "y"), waiting("e", "y")])
    begin("a")
    with pytest.raises(slots.NoSlot):
        begin("b")
    begin("c")
    begin("d")
    with pytest.raises(slots.NoSlot):
        begin("e")


def test_items_without_an_archive_id_share_the_limit_of_unknown(configure: Callable[..., None]) -> None:
    configure(max_workers_per_extractor=1)
    records.add([waiting("a").evolve(archive_id=None), waiting("b").evolve(archive_id=None)])
    begin("a")
    with pytest.raises(slots.NoSlot):
        begin("b")


def test_a_slot_goes_from_one_item_to_the_next_without_being_deleted(configure: Callable[..., None]) -> None:
    configure(max_workers=1, max_workers_per_extractor=1)
    records.add([waiting("a"), waiting("b")])
    begun = begin("a")
    with pytest.raises(slots.NoSlot):
        begin("b")
    records.save(begun, begun.ended(Status.FINISHED, T0))
    assert slot_choice._Slot.get("slot//0").item_id == "a"
    assert begin("b").slots == begun.slots
    assert slot_choice._Slot.get("slot//0").item_id == "b"


@pytest.mark.parametrize("knows", [True, False], ids=["by its process", "by its row"])
def test_a_slot_is_not_free_when_its_item_has_taken_it_again(configure: Callable[..., None], *, knows: bool) -> None:
    configure(max_workers=1, max_workers_per_extractor=1)
    records.add([waiting("a"), waiting("b")])
    begun = begin("a")
    put_off = records.save(begun, begun.evolve(status=Status.PENDING, attempt=Attempt(retry_at=T0)))
    records.save(put_off, put_off.evolve(attempt=Attempt()))
    begin("a")
    if not knows:
        slot_choice._free().clear()
    with pytest.raises(slots.NoSlot):
        begin("b")


def test_a_slot_is_free_when_its_item_is_gone_or_an_earlier_version_left_it(configure: Callable[..., None]) -> None:
    configure(max_workers=1, max_workers_per_extractor=1)
    records.add([waiting("a"), waiting("b")])
    begun = begin("a")
    records.remove(begun)
    slot_choice._free().clear()
    slot_choice._Slot("slot/site/0", item_id="a").save()
    begin("b")
    with pytest.raises(slots.NoSlot):
        records.add([waiting("c")])
        begin("c")


def test_live_items_pass_the_limits(configure: Callable[..., None]) -> None:
    configure(max_workers=1, max_workers_per_extractor=1)
    records.add([waiting("a"), waiting("b", is_live=True), waiting("c", is_live=True)])
    begin("a")
    begin("b")
    begin("c")
    assert slots.read().taken == 1


@pytest.mark.parametrize("live", [False, True])
def test_nothing_starts_while_paused(live: bool) -> None:
    records.add([waiting("a", is_live=live)])
    assert slots.pause(T0)
    with pytest.raises(slots.NoSlot):
        begin("a")
    assert slots.resume()
    begin("a")


def test_nothing_starts_while_paused_though_another_takes_its_place_in_the_lane() -> None:
    records.add([waiting("a", is_live=True)])
    slots.pause(T0)
    before = items.get("a")
    started = Change(before, before.evolve(status=Status.PREPARING))
    with pytest.raises(slots.NoSlot):
        commit([started, Change(None, waiting("b", is_live=True))])
    slots.resume()
    commit([started, Change(None, waiting("b", is_live=True))])
    assert slots.read().waiting[LIVE_LANE] == 1


def test_what_runs_goes_on_while_paused() -> None:
    records.add([waiting("a")])
    begun = begin("a")
    slots.pause(T0)
    running = records.save(begun, begun.evolve(status=Status.DOWNLOADING))
    records.save(running, running.ended(Status.FINISHED, T0))
    records.add([waiting("b")])


def test_pause_and_resume_say_whether_they_changed_anything() -> None:
    assert slots.read().paused_at is None
    assert not slots.resume()
    assert slots.pause(T0)
    assert slots.read().paused_at == T0
    assert not slots.pause(T0 + 1)
    assert slots.resume()
    assert slots.read().paused_at is None


@pytest.mark.parametrize(
    ("limits", "free"),
    [({}, 2), ({"max_workers": 1}, 1), ({"max_workers_per_extractor": 9}, 9), ({"max_workers_for_site": 5}, 5)],
)
def test_free_slots_are_the_lower_of_both_limits(
    configure: Callable[..., None], limits: dict[str, Any], free: int
) -> None:
    configure(**limits)
    assert slots.Slots().free("site", current().settings) == free


def test_free_slots_of_a_paused_service_are_none() -> None:
    assert slots.Slots(paused_at=T0).free("site", current().settings) == 0


def test_live_items_have_slots_unless_paused() -> None:
    full = slots.Slots(taken=99)
    assert full.free(LIVE_LANE, current().settings) > 0
    assert slots.Slots(paused_at=T0).free(LIVE_LANE, current().settings) == 0
