"""Paths that somebody changes right now."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dlambda.store.files import path_claims

T0 = 1_800_000_000.0
PARALLEL = 8


@pytest.mark.usefixtures("tables")
class TestPathClaims:
    def test_what_overlaps_is_claimed_until_it_is_released(self) -> None:
        assert path_claims.claim("one", ["k/a.mp4", "k/b.mp4"], T0)
        assert not path_claims.claim("two", ["free", "k/b.srt"], T0)
        assert path_claims.find_conflict("two", ["free", "k/b.srt"], T0) == "k/b.srt"
        assert path_claims.claim("three", ["free"], T0)  # nothing was claimed by the one that was refused
        path_claims.release("one", T0)
        assert path_claims.claim("two", ["k/b.srt"], T0)
        assert not path_claims.claim("one", ["free/below"], T0)
        assert path_claims.find_conflict("one", ["free/below"], T0) == "free/below"

    def test_whoever_has_paths_claims_others_instead(self) -> None:
        assert path_claims.claim("one", ["a"], T0)
        assert path_claims.claim("one", ["a", "b"], T0)
        assert path_claims.claim("one", ["c"], T0)
        assert path_claims.claim("two", ["a", "b"], T0)

    def test_they_end_by_themselves(self) -> None:
        assert path_claims.claim("one", ["a"], T0)
        assert not path_claims.claim("two", ["a"], T0 + path_claims.HELD_SECONDS - 1)
        assert path_claims.find_conflict("two", ["a"], T0 + path_claims.HELD_SECONDS - 1) == "a"
        assert path_claims.claim("two", ["a"], T0 + path_claims.HELD_SECONDS)

    def test_releasing_what_nobody_has(self) -> None:
        path_claims.release("one", T0)
        path_claims.claim("two", ["a"], T0)
        path_claims.release("one", T0)
        assert not path_claims.claim("three", ["a"], T0)
        assert path_claims.find_conflict("three", ["a"], T0) == "a"


@pytest.mark.usefixtures("parallel_tables")
def test_of_many_at_once_one_gets_a_path_and_all_get_their_own() -> None:
    def claim(number: int) -> tuple[bool, bool]:
        own = path_claims.claim(f"own-{number}", [f"own/{number}"], T0)
        return path_claims.claim(f"shared-{number}", ["shared"], T0), own

    with ThreadPoolExecutor(PARALLEL) as pool:
        outcomes = list(pool.map(claim, range(PARALLEL)))
    assert [shared for shared, _ in outcomes].count(True) == 1
    assert all(own for _, own in outcomes)
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(lambda number: path_claims.release(f"own-{number}", T0), range(PARALLEL)))
    assert path_claims.claim("everything", ["own"], T0)
