"""Which release of yt-dlp serves (docs/decisions/ytdlp-updates.md)."""

import pytest

from dlambda.domain.system.ytdlp_releases import (
    ENOUGH_SUCCESSES,
    TRIAL_SECONDS,
    WATCH_SECONDS,
    Outcomes,
    Releases,
    from_document,
    to_document,
)

OLD, NEW = "2026.10.26", "2026.11.20"


def serving(new: tuple[int, int], old: tuple[int, int], *, site: str = "Site") -> Releases:
    outcomes = {NEW: {site: Outcomes(*new)}, OLD: {site: Outcomes(*old)}}
    return Releases(serving=NEW, previous=OLD, since=0.0, outcomes=outcomes)


@pytest.mark.parametrize(
    ("successes", "seconds", "serves"),
    [
        (0, 0.0, False),
        (ENOUGH_SUCCESSES - 1, TRIAL_SECONDS - 1, False),
        (ENOUGH_SUCCESSES, 1.0, True),
        (0, TRIAL_SECONDS, True),
    ],
)
def test_a_trial_ends_with_enough_successes_or_enough_time(successes: int, seconds: float, serves: bool) -> None:
    releases = Releases().begin_trial(NEW, 0.0)
    for _ in range(successes):
        releases = releases.note(NEW, "Site", succeeded=True)
    after = releases.decide(seconds)
    assert (after.serving, after.trial) == ((NEW, "") if serves else ("", NEW))


@pytest.mark.parametrize(
    ("new", "old", "is_refused"),
    [
        ((0, 3), (3, 0), True),
        ((3, 3), (10, 2), True),
        ((0, 2), (9, 0), False),  # too few to tell
        ((0, 5), (0, 0), False),  # nobody knows whether it worked before
        ((0, 5), (5, 5), True),
        ((5, 5), (5, 4), False),  # it failed before as well
        ((7, 3), (9, 0), False),  # it mostly works
    ],
)
def test_a_release_with_which_a_site_fails_is_taken_back(
    new: tuple[int, int], old: tuple[int, int], is_refused: bool
) -> None:
    after = serving(new, old).decide(60.0)
    assert after.serving == (OLD if is_refused else NEW)
    if is_refused:
        assert after.refused == {NEW: f"{new[1]} of {sum(new)} items of Site failed with it."}
        assert after.error == after.refused[NEW]


def test_a_release_that_has_served_for_long_stays() -> None:
    assert serving((0, 9), (9, 0)).decide(WATCH_SECONDS).serving == NEW


def test_outcomes_are_kept_of_releases_in_use_alone() -> None:
    releases = serving((1, 0), (1, 0)).note("2020.1.1", "Site", succeeded=True).note(NEW, "Site", succeeded=False)
    assert releases.outcomes.keys() == {OLD, NEW}
    assert releases.outcomes[NEW]["Site"] == Outcomes(1, 1)


def test_the_counts_of_a_site_and_the_number_of_sites_have_limits() -> None:
    releases = Releases(serving=NEW)
    for number in range(250):
        releases = releases.note(NEW, f"Site{number}", succeeded=True)
        releases = releases.note(NEW, "Site", succeeded=False)
    assert len(releases.outcomes[NEW]) == 200
    assert releases.outcomes[NEW]["Site"].failed <= 100


def test_a_refused_trial_leaves_what_serves() -> None:
    releases = Releases(serving=OLD, trial=NEW).refuse(NEW, "It does not start.", 5.0)
    assert (releases.serving, releases.trial, releases.refused) == (OLD, "", {NEW: "It does not start."})


def test_the_document_is_read_as_it_was_written() -> None:
    releases = serving((1, 2), (3, 4)).refuse("2026.11.1", "It does not start.", 5.0)
    assert from_document(to_document(releases)) == releases
