"""Paths that somebody changes right now."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dlambda.store.files import path_claims

T0 = 1_800_000_000.0
PARALLEL = 8


@pytest.mark.usefixtures("tables")
class TestPathClaims:
    def test_what_overlaps_is_taken_until_it_is_given_back(self):
        assert path_claims.take("one", ["k/a.mp4", "k/b.mp4"], T0) is None
        assert path_claims.take("two", ["free", "k/b.srt"], T0) == "k/b.srt"
        assert path_claims.take("three", ["free"], T0) is None  # nothing was taken by the one that was refused
        path_claims.give_back("one", T0)
        assert path_claims.take("two", ["k/b.srt"], T0) is None
        assert path_claims.take("one", ["free/below"], T0) == "free/below"

    def test_whoever_has_paths_takes_others_instead(self):
        assert path_claims.take("one", ["a"], T0) is None
        assert path_claims.take("one", ["a", "b"], T0) is None
        assert path_claims.take("one", ["c"], T0) is None
        assert path_claims.take("two", ["a", "b"], T0) is None

    def test_they_end_by_themselves(self):
        assert path_claims.take("one", ["a"], T0) is None
        assert path_claims.take("two", ["a"], T0 + path_claims.HELD_SECONDS - 1) == "a"
        assert path_claims.take("two", ["a"], T0 + path_claims.HELD_SECONDS) is None

    def test_giving_back_what_nobody_has(self):
        path_claims.give_back("one", T0)
        path_claims.take("two", ["a"], T0)
        path_claims.give_back("one", T0)
        assert path_claims.take("three", ["a"], T0) == "a"


@pytest.mark.usefixtures("stack")
def test_of_many_at_once_one_gets_a_path_and_all_get_their_own():
    def take(number: int) -> tuple[str | None, str | None]:
        own = path_claims.take(f"own-{number}", [f"own/{number}"], T0)
        return path_claims.take(f"shared-{number}", ["shared"], T0), own

    with ThreadPoolExecutor(PARALLEL) as pool:
        taken = list(pool.map(take, range(PARALLEL)))
    assert [shared for shared, _ in taken].count(None) == 1
    assert {own for _, own in taken} == {None}
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(lambda number: path_claims.give_back(f"own-{number}", T0), range(PARALLEL)))
    assert path_claims.take("everything", ["own"], T0) is None
