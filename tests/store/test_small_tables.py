"""Archive, connections, names, cache: one record each."""

import time

import pytest

from dlambda.domain.accounts.principal import OPERATOR, Principal, Role
from dlambda.store import cache, connections
from dlambda.store.files import filename_claims
from dlambda.store.items import archive
from tests.store.samples import T0

pytestmark = pytest.mark.usefixtures("tables")
FILE = "/config/archive.log"


class TestArchive:
    """docs/contract/downloads.md 4.12, 8."""

    def test_it_is_empty_before_anything_is_added(self) -> None:
        assert archive.list_(FILE) == []
        assert archive.find_present(FILE, ["a 1"]) == []
        assert archive.find_present(FILE, []) == []
        assert archive.remove(FILE, ["a 1"]) == []

    def test_it_lists_in_the_order_of_coming(self) -> None:
        archive.add(FILE, ["b 2", "a 1"], T0)
        archive.add(FILE, ["a 0"], T0 + 1)
        assert archive.list_(FILE) == ["b 2", "a 1", "a 0"]

    def test_adding_answers_what_is_new(self) -> None:
        assert archive.add(FILE, ["a 1", "a 1"], T0) == ["a 1"]
        assert archive.add(FILE, ["a 1", "a 2"], T0 + 1) == ["a 2"]
        assert archive.add(FILE, ["a 1"], T0 + 2) == []
        assert archive.list_(FILE) == ["a 1", "a 2"]

    def test_adding_again_without_a_look_keeps_one_record(self) -> None:
        archive.add(FILE, ["a 1"], T0)
        assert archive.add(FILE, ["a 1"], T0 + 1, again=True) == ["a 1"]
        assert archive.list_(FILE) == ["a 1"]

    def test_presence_is_answered_in_the_order_asked(self) -> None:
        archive.add(FILE, ["a 1", "b 2", "c 3"], T0)
        assert archive.find_present(FILE, ["c 3", "x 9", "a 1", "c 3"]) == ["c 3", "a 1"]

    def test_removing_answers_what_was_there(self) -> None:
        archive.add(FILE, ["a 1", "b 2"], T0)
        assert archive.remove(FILE, ["b 2", "x 9"]) == ["b 2"]
        assert archive.list_(FILE) == ["a 1"]

    def test_archives_are_apart(self) -> None:
        archive.add(FILE, ["a 1"], T0)
        assert archive.list_("/config/other.log") == []

    def test_many_at_once(self) -> None:
        ids = [f"site {number}" for number in range(230)]
        assert archive.add(FILE, ids, T0) == ids
        assert archive.list_(FILE) == ids
        assert archive.find_present(FILE, ids[::-1]) == ids[::-1]
        assert archive.remove(FILE, ids) == ids


class TestConnections:
    def test_they_come_and_go(self) -> None:
        connections.add("c1", "sid1")
        member = Principal("a1", "ann", Role.MEMBER, "users/ann")
        connections.add("c2", "sid2", member)
        assert connections.ids_by_audience() == {("", ""): ["c1"], ("a1", ""): ["c2"]}
        assert connections.find("c1") == connections.Connection("c1", "sid1", OPERATOR)
        assert connections.find("c2") == connections.Connection("c2", "sid2", member)
        connections.remove("c1")
        assert connections.ids_by_audience() == {("a1", ""): ["c2"]}
        assert connections.find("c1") is None

    def test_an_expired_one_is_not_listed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connections.add("c1", "sid1")
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 4 * 3600)
        assert connections.ids_by_audience() == {}

    def test_removing_twice_is_no_harm(self) -> None:
        connections.remove("never")


class TestNames:
    """A file's name without extension belongs to one source."""

    def test_a_name_is_taken_once(self) -> None:
        assert filename_claims.claim("sea/a", "https://x.example/1")
        assert not filename_claims.claim("sea/a", "https://x.example/2")
        assert filename_claims.claim("sea/a", "https://x.example/1")

    def test_names_are_apart_by_folder(self) -> None:
        assert filename_claims.claim("a", "1")
        assert filename_claims.claim("sea/a", "2")
        assert filename_claims.claim("sea/side/a", "3")

    def test_a_forgotten_name_is_free(self) -> None:
        filename_claims.claim("a", "1")
        filename_claims.claim("sea/b", "1")
        filename_claims.release(["a", "sea/b", "never"])
        assert filename_claims.claim("a", "2")
        assert filename_claims.claim("sea/b", "2")

    def test_sources_are_told(self) -> None:
        filename_claims.claim("a", "1")
        filename_claims.claim("sea/b", "2")
        assert filename_claims.find_sources(["a", "sea/b", "c", "folder/"]) == {"a": "1", "sea/b": "2"}
        assert filename_claims.find_sources([]) == {}


class TestCache:
    """docs/contract/system.md 11."""

    def test_a_value_is_kept_until_it_expires(self) -> None:
        cache.put("k", {"a": [1]}, T0 + 10)
        assert cache.find("k", T0) == {"a": [1]}
        assert cache.find("k", T0 + 10) is None

    def test_a_missing_key_is_none_and_may_be_removed(self) -> None:
        assert cache.find("k", T0) is None
        cache.remove("k")

    def test_a_later_value_wins(self) -> None:
        cache.put("k", 1, T0 + 10)
        cache.put("k", 2, T0 + 10)
        assert cache.find("k", T0) == 2
        cache.remove("k")
        assert cache.find("k", T0) is None
