"""Claims of URLs that have records: docs/contract/README.md, Adding."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from botocore.exceptions import EndpointConnectionError

from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.errors import Conflict
from dlambda.store.items import items
from dlambda.store.items.commit import BATCH, Change
from dlambda.store.table import TABLE_ERRORS
from dlambda.store.table_connection import connection
from dlambda.usecases.items.claim_urls import Claim, claim_urls
from tests.functions.calls import Heard
from tests.store import records
from tests.store.samples import done, item


def _enter(claims: Sequence[Claim]) -> list[Change]:
    return [Change(None, claim.item) for claim in claims]


def _url(number: int) -> str:
    return f"https://video.example/{number}"


def _claimant(number: int) -> Item:
    return item(f"new-{number}", url=_url(number), posted_url=_url(number))


def _add_history(*numbers: int) -> None:
    records.add([done(f"old-{number}", url=_url(number), posted_url="") for number in numbers])


def _owners(numbers: Sequence[int]) -> list[str]:
    """The ids of the records that have the URLs and exist, in the order of `numbers`."""
    return [holder.id for number in numbers if (holder := records.find_by_url(_url(number)))]


@contextmanager
def _tables_gone_after(transactions: int) -> Iterator[None]:
    """The tables take so many transactions, refused ones too, and cannot be reached for those that follow."""
    sent: list[int] = []

    def count(**_: object) -> None:
        sent.append(1)
        if len(sent) > transactions:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    events, name = connection().client.meta.events, "before-call.dynamodb.TransactWriteItems"
    events.register(name, count)
    try:
        yield
    finally:
        events.unregister(name, count)


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("known", [range(BATCH), range(3, BATCH, 2)])
def test_more_records_give_way_than_fit_into_one_transaction(listening: Heard, known: Sequence[int]) -> None:
    _add_history(*known)
    new_ids = [f"new-{number}" for number in range(BATCH)]
    entered = claim_urls([_claimant(number) for number in range(BATCH)], _enter)
    assert [each.id for each in entered] == new_ids
    assert list(items.page(Shelf.QUEUE, page=1, per_page=99, newest_first=False).ids) == new_ids
    assert items.count(Shelf.DONE) == 0
    assert sorted(listening.names) == ["item_added"] * BATCH + ["item_deleted"] * len(known)


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("transactions", range(1, 5))
def test_no_url_is_lost_when_the_tables_go_away_between_transactions(transactions: int) -> None:
    numbers = range(BATCH)
    _add_history(*numbers)
    with _tables_gone_after(transactions), pytest.raises(TABLE_ERRORS):
        claim_urls([_claimant(number) for number in numbers], _enter)
    replaced = 8 * (transactions - 1)  # the first was refused, since all URLs had records
    assert _owners(numbers) == [f"{'new' if number < replaced else 'old'}-{number}" for number in numbers]
    again = claim_urls([_claimant(number).evolve(id=f"again-{number}") for number in numbers], _enter)
    assert [each.id for each in again] == [f"again-{number}" for number in numbers[replaced:]]
    assert items.count(Shelf.DONE) == 0


@pytest.mark.usefixtures("stack")
def test_a_refused_claim_leaves_the_history_as_it_is() -> None:
    numbers = range(BATCH)
    _add_history(*numbers)

    def change_and_enter(claims: Sequence[Claim]) -> list[Change]:
        if claims[0].previous:
            before = items.get(claims[0].previous.id)
            records.save(before, before.evolve(title=before.title + "x"))
        return _enter(claims)

    with pytest.raises(Conflict):
        claim_urls([_claimant(number) for number in numbers], change_and_enter)
    assert _owners(numbers) == [f"old-{number}" for number in numbers]


@pytest.mark.usefixtures("stack")
def test_the_two_urls_of_one_record_are_claimed_together() -> None:
    """Also where one of them is the first of many, and the other the last."""
    last = BATCH - 1
    _add_history(*range(1, last))
    records.add([done("old-0", url=_url(0), posted_url=_url(last))])
    with _tables_gone_after(2), pytest.raises(TABLE_ERRORS):
        claim_urls([_claimant(number) for number in range(BATCH)], _enter)
    assert _owners([0, last, 1, 8]) == ["new-0", f"new-{last}", "new-1", "old-8"]


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

    def change_and_enter(claims: Sequence[Claim]) -> list[Change]:
        if claims[0].previous and not changed:
            changed.append(records.save(items.get("old"), items.get("old").evolve(title="changed")))
        return _enter(claims)

    assert [each.id for each in claim_urls([_claimant(0)], change_and_enter)] == ["new-0"]
    assert [frame["data"]["data"]["title"] for frame in listening.frames] == ["changed", "new-0"]
