"""The folders' index, the jobs and the cache, on both engines."""

import pytest

from dlambda.domain.files.listing import Entry
from dlambda.errors import Conflict
from dlambda.store import cache
from dlambda.store.files import jobs, listings
from dlambda.store.files.jobs import Job

pytestmark = pytest.mark.usefixtures("tables")
T0 = 1_700_000_000.0


def entry(name, size=1, modified=T0):
    return Entry(name, size, modified)


def names(folder):
    return sorted(each.name for each in listings.read(folder).entries)


@pytest.mark.parametrize("folder", ["", "a", "a/b c"])
def test_what_is_noted_is_listed(folder):
    listings.change(folder, new_entries=[entry("x.mp4", 5), entry("y.mp4")])
    listings.change(folder, new_entries=[entry("x.mp4", 7)], names=["y.mp4", "never there"])
    assert listings.read(folder).entries == [entry("x.mp4", 7)]


def test_an_unknown_folder_is_empty_and_was_never_compared():
    assert listings.read("nowhere") == listings.Listing([], 0.0, {})


def test_a_folder_in_a_folder_is_noted_once():
    assert listings.note_folder("a", "b", T0) is True
    assert listings.note_folder("a", "b", T0 + 9) is False
    assert listings.read("a").entries == [Entry("b", 0, T0, is_folder=True)]


def test_a_comparison_replaces_all():
    listings.change("a", new_entries=[entry("old"), entry("kept")])
    before = listings.read("a")
    assert listings.try_replace("a", [entry("kept", 3), entry("new")], before.versions, T0)
    assert names("a") == ["kept", "new"]
    assert listings.read("a").compared_at == T0


def test_a_comparison_leaves_what_was_written_meanwhile():
    listings.change("a", new_entries=[entry("old")])
    before = listings.read("a")
    listings.change("a", new_entries=[entry("old", 2)])
    assert not listings.try_replace("a", [], before.versions, T0)
    assert listings.read("a").entries == [entry("old", 2)]
    assert listings.read("a").compared_at == 0


def test_ten_thousand_names_fit():
    entries = [entry(f"{number:05} " + "é" * 100) for number in range(10_000)]
    assert listings.try_replace("big", entries, {}, T0)
    assert len(listings.read("big").entries) == 10_000


def test_a_forgotten_folder_is_built_anew():
    listings.change("a", new_entries=[entry("x")])
    listings.remove("a")
    assert listings.read("a").entries == []


def test_a_job_is_one_workers_at_a_time():
    jobs.add(Job("j", "actions", {"next": 0}), T0, held=False)
    mine = jobs.acquire("j", T0)
    assert mine is not None
    assert jobs.acquire("j", T0 + 1) is None
    theirs = jobs.acquire("j", T0 + jobs.HELD_SECONDS + 1)
    assert theirs is not None
    with pytest.raises(Conflict):
        jobs.save(mine, {"next": 1}, T0 + 2)
    done = jobs.end(theirs, {"next": 2}, T0 + 70)
    assert (done.is_done, jobs.find("j").body) == (True, {"next": 2})
    assert jobs.acquire("j", T0 + 999) is None


def test_open_jobs_are_known_without_a_scan():
    assert jobs.list_open() == []
    first = jobs.add(Job("a", "zip"), T0, held=True)
    jobs.add(Job("b", "zip"), T0, held=False)
    assert jobs.list_open() == ["a", "b"]
    jobs.end(first, {}, T0)
    jobs.remove_open("b")
    assert jobs.list_open() == []


def test_after_a_start_every_job_is_free_and_its_former_holder_is_told():
    mine = jobs.add(Job("j", "actions", {"next": 0}), T0, held=True)
    done = jobs.end(jobs.add(Job("d", "zip"), T0, held=True), {}, T0)
    jobs.release_all(T0)
    assert jobs.acquire("j", T0 + 1) is not None
    with pytest.raises(Conflict):
        jobs.save(mine, {"next": 1}, T0 + 2)
    assert jobs.find("d") == done


def test_what_is_cached_goes_by_its_time():
    cache.put("k", {"a": [1, None]}, T0 + 10)
    assert cache.find("k", T0) == {"a": [1, None]}
    assert cache.find("k", T0 + 11) is None
    assert cache.find("other", T0) is None
    cache.remove("k")
    cache.remove("k")
    assert cache.find("k", T0) is None
