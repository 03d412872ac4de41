"""Leases: one worker for one item, taken over when it is gone (docs/architecture.md, State)."""

import time

import pytest

from dlambda.store.items import leases
from tests.e2e.api import wait_until
from tests.store.samples import T0

pytestmark = pytest.mark.usefixtures("tables")
LATER = T0 + leases.LEASE_SECONDS + 1


def test_two_workers_cannot_own_one_item():
    leases.acquire("a", "w1", T0)
    assert leases.acquire("a", "w2", T0 + 1) is None


def test_an_expired_lease_is_taken_over_with_a_higher_fence():
    first = leases.acquire("a", "w1", T0)
    second = leases.acquire("a", "w2", LATER)
    assert second.fence > first.fence


def test_no_work_begins_under_a_lease_that_another_holds():
    leases.acquire("a", "w1", time.time())
    with pytest.raises(leases.Lost), leases.hold("a", leases.Work.DOWNLOAD):
        pass


def test_a_renewed_lease_does_not_expire():
    lease = leases.acquire("a", "w1", T0)
    leases.renew(lease, T0 + leases.LEASE_SECONDS - 1)
    assert leases.acquire("a", "w2", LATER) is None


def test_the_table_keeps_what_is_renewed():
    lease = leases.acquire("a", "w1", T0)
    leases.renew(lease, T0 + 30 * 86400)
    assert leases._Row.get("a").expires_at > T0 + 30 * 86400


def test_a_kept_lease_is_released_when_its_work_fails():
    with pytest.raises(KeyError), leases.hold("a", leases.Work.DOWNLOAD) as lease:
        raise KeyError
    assert leases.acquire("a", "w2", T0).fence == lease.fence + 1


def test_a_lease_that_a_thread_renews_stays_released(monkeypatch):
    monkeypatch.setattr(leases, "_RENEW_SECONDS", 0.001)
    for number in range(20):
        with leases.hold(f"i{number}", leases.Work.DOWNLOAD) as lease:
            leases.release(lease)
            time.sleep(0.01)  # the thread has tried to renew it by then
    names = [f"i{number}" for number in range(20)]
    assert leases.find_expired(names, time.time()) == set(names)


def test_a_released_lease_cannot_be_renewed():
    lease = leases.acquire("a", "w1", T0)
    leases.release(lease)
    with pytest.raises(leases.Lost):
        leases.renew(lease, T0)
    assert leases.acquire("a", "w2", T0)


def test_the_log_says_whose_lease_could_not_be_renewed(tables, monkeypatch, caplog):
    if tables == "moto":
        pytest.skip("it takes any number")
    monkeypatch.setattr(leases, "_RENEW_SECONDS", 0.02)
    with leases.hold("a", leases.Work.DOWNLOAD):
        monkeypatch.setattr(leases, "_KEEP_SECONDS", 10**130)  # a number that no real table takes
        wait_until(lambda: caplog.records, 5, lambda: "nothing was logged")
    assert {record.item_id for record in caplog.records} == {"a"}


def test_a_kept_lease_stays_when_its_work_is_done():
    with leases.hold("a", leases.Work.DOWNLOAD) as lease:
        pass
    leases.renew(lease, T0)


def test_whoever_was_replaced_cannot_renew():
    first = leases.acquire("a", "w1", T0)
    second = leases.acquire("a", "w2", LATER)
    with pytest.raises(leases.Lost):
        leases.renew(first, LATER)
    leases.renew(second, LATER)


def test_the_same_owner_with_an_old_fence_is_refused():
    first = leases.acquire("a", "w1", T0)
    leases.acquire("a", "w1", T0 + 1)
    with pytest.raises(leases.Lost):
        leases.renew(first, T0 + 1)


def test_a_released_lease_is_free_at_once():
    lease = leases.acquire("a", "w1", T0)
    leases.release(lease)
    assert leases.find_expired(["a"], T0) == {"a"}
    assert leases.acquire("a", "w2", T0).fence == lease.fence + 1


def test_whoever_had_a_lease_that_is_forgotten_has_lost_it():
    lease = leases.acquire("a", "w1", T0)
    leases.forget("a")
    with pytest.raises(leases.Lost):
        leases.renew(lease, T0 + 1)


def test_releasing_what_another_has_changes_nothing():
    first = leases.acquire("a", "w1", T0)
    leases.acquire("a", "w2", LATER)
    leases.release(first)
    assert leases.acquire("a", "w3", LATER) is None


def test_one_write_renews_carries_progress_and_brings_the_wish():
    lease = leases.acquire("a", "w1", T0)
    assert leases.renew(lease, T0, {"percent": 12.5}) is None
    assert leases.want("a", "cancel")
    assert leases.renew(lease, T0 + 1, {"percent": 50.0}) == "cancel"
    assert leases.find_progress(["a", "b"]) == {"a": {"percent": 50.0}}


def test_progress_stays_when_a_renewal_brings_none():
    lease = leases.acquire("a", "w1", T0)
    leases.renew(lease, T0, {"percent": 1.0})
    leases.renew(lease, T0)
    assert leases.find_progress(["a"]) == {"a": {"percent": 1.0}}


def test_a_wish_outlives_the_worker():
    leases.acquire("a", "w1", T0)
    leases.want("a", "cancel")
    leases.acquire("a", "w2", LATER)
    assert leases.find_wanted("a") == "cancel"


def test_nobody_hears_a_wish_about_an_item_without_a_worker():
    assert not leases.want("a", "cancel")
    assert leases.find_wanted("a") is None


def test_expired_are_those_that_nobody_holds():
    leases.acquire("held", "w1", T0)
    leases.acquire("old", "w1", T0 - 100)
    assert leases.find_expired(["held", "old", "never"], T0) == {"old", "never"}
