"""The ladder of remedies, as a table: failures, what was tried, what may be -> the next step."""

from collections.abc import Sequence
from typing import Any

import pytest

from dlambda.domain.items.failure import classify
from dlambda.domain.items.remedy import (
    Remedy,
    Step,
    allowed_remedies,
    next_step,
    parse_remedies,
    parse_site_remedies,
    success_words,
    tried_words,
)
from dlambda.errors import Invalid

REFUSED = "HTTP Error 403: Forbidden"
ROBOT = "Sign in to confirm you're not a bot"
BUSY = "HTTP Error 503: Service Unavailable"
LIMITED = "HTTP Error 429: Too Many Requests"
ABROAD = "The uploader has not made this video available in your country"
UNREADABLE = "Unsupported URL: https://video.example/1"
LOGIN = "This video is only available for registered users"
EVERY = frozenset(Remedy) - {Remedy.RELEASE, Remedy.TOKEN}
BARE = frozenset({Remedy.RETRY, Remedy.IMPERSONATE})
R, I, C, J, P, F, L = (
    Remedy.RETRY,
    Remedy.IMPERSONATE,
    Remedy.CLIENT,
    Remedy.COOKIES,
    Remedy.PROXY,
    Remedy.FFMPEG,
    Remedy.LIVE_NOW,
)  # fmt: skip


def tries(*remedies: str | None) -> list[dict[str, Any]]:
    return [{"at": 0.0, "remedy": remedy, "outcome": "transient"} for remedy in remedies]


def walk(message: str, available: frozenset[Remedy], **options: Any) -> list[tuple[Remedy, float]]:
    """All steps of an item that fails each time with the same message."""
    past, steps = tries(None), []
    while (step := next_step(classify(message), past, available, **options)) is not None:
        steps.append((step.remedy, step.wait_seconds))
        past += tries(step.remedy.value)
    return steps


@pytest.mark.parametrize(
    ("message", "available", "steps"),
    [
        (REFUSED, EVERY, [(R, 2), (I, 1), (C, 1), (J, 1), (P, 1), (R, 6), (R, 18)]),
        (REFUSED, BARE, [(R, 2), (I, 1), (R, 6), (R, 18)]),
        (REFUSED, frozenset({R}), [(R, 2), (R, 6), (R, 18)]),
        (REFUSED, frozenset({J}), [(J, 1)]),
        (ROBOT, EVERY, [(I, 1), (C, 1), (J, 1), (P, 1)]),
        (ROBOT, frozenset(Remedy), [(I, 1), (C, 1), (Remedy.TOKEN, 1), (Remedy.RELEASE, 1), (J, 1), (P, 1)]),
        (UNREADABLE, frozenset(Remedy), [(Remedy.RELEASE, 1)]),
        (UNREADABLE, EVERY, []),
        (BUSY, EVERY, [(R, 2), (R, 6), (R, 18), (F, 1), (L, 1)]),
        (BUSY, frozenset({L}), [(L, 1)]),
        (LIMITED, EVERY, [(P, 1), (J, 1), (R, 60), (R, 240), (R, 960)]),
        (LIMITED, BARE, [(R, 60), (R, 240), (R, 960)]),
        (ABROAD, EVERY, [(P, 1)]),
        (LOGIN, EVERY, [(J, 1), (C, 1)]),
        ("Requested format is not available", EVERY, [(C, 1)]),
        ("HTTP Error 404: Not Found", EVERY, []),
        ("This video is DRM protected", EVERY, []),
        ("Unsupported URL: https://x.example/", EVERY, []),
        (REFUSED, frozenset(), []),
    ],
)
def test_each_remedy_once_and_in_order(
    message: str, available: frozenset[Remedy], steps: list[tuple[Remedy, float]]
) -> None:
    assert walk(message, available) == steps


def test_what_worked_for_the_site_comes_first() -> None:
    assert [remedy for remedy, _ in walk(REFUSED, EVERY, remembered="proxy")] == [P, R, I, C, J, R, R]
    assert walk(REFUSED, BARE, remembered="proxy")[0] == (R, 2)
    assert walk(BUSY, EVERY, remembered="impersonate")[0] == (R, 2)
    assert walk(REFUSED, EVERY, remembered="of an older version")[0] == (R, 2)


def test_each_proxy_of_the_pool_is_tried_but_no_more_than_three() -> None:
    assert [remedy for remedy, _ in walk(ABROAD, EVERY, proxies=2)] == [P, P]
    assert [remedy for remedy, _ in walk(ABROAD, EVERY, proxies=9)] == [P, P, P]


def test_a_token_comes_behind_another_client() -> None:
    assert [remedy for remedy, _ in walk(ROBOT, frozenset({C, P, Remedy.TOKEN}))] == [C, Remedy.TOKEN, P]


def test_no_retries_leave_the_other_remedies() -> None:
    assert walk(REFUSED, BARE, retries=0) == [(I, 1)]
    assert walk(BUSY, frozenset({R}), retries=0) == []


def test_a_site_is_believed_in_how_long_it_wants_to_be_left_alone() -> None:
    assert next_step(classify(LIMITED), tries(None), BARE, asked_seconds=30.0) == Step(R, 30.0)


def test_another_failure_goes_on_with_what_is_left() -> None:
    past = tries(None, "retry", "impersonate")
    assert next_step(classify(ROBOT), past, EVERY) == Step(C, 1.0)


@pytest.mark.parametrize(
    ("past", "words"),
    [
        ([None], ""),
        ([None, "retry", "retry", "impersonate"], "Tried without success: the same again, impersonation of a browser."),
        ([None, "of an older version"], ""),
    ],
)
def test_the_advice_names_what_was_tried(past: Sequence[str | None], words: str) -> None:
    assert tried_words(tries(*past)) == words


@pytest.mark.parametrize(
    ("past", "words"),
    [
        ([None], None),
        ([None, "retry"], "Second try worked."),
        ([None, "retry", "impersonate"], "Third try worked: with impersonation of a browser."),
        ([None] + ["retry"] * 9 + ["proxy"], "11th try worked: with another proxy."),
        ([None, "of an older version"], None),
    ],
)
def test_a_success_names_what_worked(past: Sequence[str | None], words: str | None) -> None:
    assert success_words(tries(*past)) == words


def test_remedies_are_switched_everywhere_and_for_sites() -> None:
    assert parse_remedies("all") == frozenset(Remedy)
    assert parse_remedies("retry, impersonate") == BARE
    assert parse_remedies("none") == parse_remedies("") == frozenset()
    rules = "example.com: retry impersonate; Shy.Example.com : none;"
    assert parse_site_remedies(rules) == {"example.com": BARE, "shy.example.com": frozenset()}
    assert allowed_remedies("www.example.com", "all", rules) == BARE
    assert allowed_remedies("a.shy.example.com", "all", rules) == frozenset()
    assert allowed_remedies("notexample.com", "retry", rules) == {R}


@pytest.mark.parametrize("text", ["retries", "example.com", ": all", "example.com: never"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_site_remedies(text)
