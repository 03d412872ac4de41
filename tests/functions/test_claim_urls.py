"""Claims of URLs that have records: docs/contract/README.md, Adding."""

from collections.abc import Sequence

import pytest

from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.store.items import items
from dlambda.usecases.items.claim_urls import Claim, claim_urls
from tests.functions.calls import Heard
from tests.store import records
from tests.store.samples import done, item


def _enter(claims: Sequence[Claim]) -> list[items.Change]:
    return [items.Change(None, claim.item) for claim in claims]


def _url(number: int) -> str:
    return f"https://video.example/{number}"


def _claimant(number: int) -> Item:
    return item(f"new-{number}", url=_url(number), posted_url=_url(number))


@pytest.mark.usefixtures("stack")
def test_more_records_give_way_than_fit_into_one_transaction(listening: Heard) -> None:
    records.add([done(f"old-{number}", url=_url(number), posted_url="") for number in range(items.BATCH)])
    entered = claim_urls([_claimant(number) for number in range(items.BATCH)], _enter)
    assert [each.id for each in entered] == [f"new-{number}" for number in range(items.BATCH)]
    assert (items.count(Shelf.QUEUE), items.count(Shelf.DONE)) == (items.BATCH, 0)
    assert sorted(listening.names) == ["item_added"] * items.BATCH + ["item_deleted"] * items.BATCH


@pytest.mark.usefixtures("stack")
def test_one_record_gives_way_to_two_items(listening: Heard) -> None:
    records.add([done("old", url=_url(0), posted_url=_url(1))])
    assert [each.id for each in claim_urls([_claimant(0), _claimant(1)], _enter)] == ["new-0", "new-1"]
    assert items.find("old") is None
    assert listening.names == ["item_deleted", "item_added", "item_added"]


@pytest.mark.usefixtures("stack")
def test_a_record_of_the_queue_stays_and_the_others_enter(listening: Heard) -> None:
    records.add([item("old", url=_url(1), posted_url="")])
    assert [each.id for each in claim_urls([_claimant(0), _claimant(1), _claimant(2)], _enter)] == ["new-0", "new-2"]
    assert listening.names == ["log_info", "item_added", "item_added"]


@pytest.mark.usefixtures("stack")
def test_nothing_is_written_when_all_records_stay(listening: Heard) -> None:
    records.add([item("old", url=_url(0), posted_url="")])
    assert claim_urls([_claimant(0)], _enter) == []
    assert listening.names == ["log_info"]


@pytest.mark.usefixtures("stack")
def test_a_record_that_is_changed_meanwhile_is_looked_at_again(listening: Heard) -> None:
    records.add([done("old", Status.ERROR, url=_url(0), posted_url="")])
    changed: list[Item] = []

    def change_and_enter(claims: Sequence[Claim]) -> list[items.Change]:
        if claims[0].previous and not changed:
            changed.append(records.save(items.get("old"), items.get("old").evolve(title="changed")))
        return _enter(claims)

    assert [each.id for each in claim_urls([_claimant(0)], change_and_enter)] == ["new-0"]
    assert [frame["data"]["data"]["title"] for frame in listening.frames] == ["changed", "new-0"]
