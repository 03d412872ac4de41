"""When a failed item is tried again."""

import pytest

from dlambda.domain.items.failure import Failure, FailureKind, classify
from dlambda.domain.items.item import Item, Status
from dlambda.domain.items.remedy import Remedy, Step
from dlambda.domain.items.retry import retry_after_seconds, wait_before_retry

NOW = 1_767_261_600.0  # 2026-01-01T10:00:00Z


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3),
        (" 120 ", 120),
        ("0", 0),
        ("99999999", 86400),
        ("Thu, 01 Jan 2026 10:00:30 GMT", 30),
        ("Thu, 01 Jan 2026 09:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_site_asks_for(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@pytest.mark.parametrize(
    ("message", "waits"),
    [
        ("HTTP Error 503: Service Unavailable", [2, 6, 18, None]),
        ("The read operation timed out", [2, 6, 18, None]),
        ("HTTP Error 429: Too Many Requests", [60, 240, 960, None]),
        ("[Errno 28] No space left on device", [60, 240, 960, None]),
        ("HTTP Error 404: Not Found", [None]),
        ("Sign in to confirm you're not a bot", [None]),
        ("Video unavailable", [None]),
        ("something nobody has seen", [None]),
    ],
)
def test_only_what_passes_by_itself_is_tried_again_and_later_each_time(message: str, waits: list[float | None]) -> None:
    found = [wait_before_retry(classify(message), attempts, 3) for attempts in range(1, len(waits) + 1)]
    assert found == waits


def test_a_site_is_believed_in_how_long_it_wants_to_be_left_alone() -> None:
    limited = classify("HTTP Error 429")
    assert wait_before_retry(limited, 1, 3, 3.0) == 3
    assert wait_before_retry(limited, 4, 3, 3.0) is None
    assert wait_before_retry(classify("HTTP Error 404"), 1, 3, 3.0) is None


def test_no_retries_when_none_are_wanted() -> None:
    assert wait_before_retry(classify("HTTP Error 503"), 1, 0) is None


def item() -> Item:
    made = Item(id="a", url="u", title="t", preset="default", timestamp=0, stored_at=0.0, extracted=True)
    return made.evolve(status=Status.DOWNLOADING)


def test_a_put_off_item_waits_in_the_queue_for_no_slot() -> None:
    waiting = item().schedule_retry("HTTP Error 503", Failure(FailureKind.TRANSIENT), Step(Remedy.RETRY, 2), NOW)
    assert (waiting.status, waiting.is_waiting, waiting.holds_slot, waiting.attempt.failed_before) == (
        Status.PENDING,
        False,
        False,
        1,
    )
    assert waiting.view["failure"] == {"kind": "transient", "advice": "", "retry_at": NOW + 2, "attempts": 1}
    assert waiting.view["attempts"] == [{"at": NOW, "remedy": None, "outcome": "transient"}]
    again = waiting.clear_retry()
    assert (again.is_waiting, again.error, again.failure, again.attempt.failed_before) == (True, None, None, 1)


def test_an_item_that_ends_while_it_waits_has_no_next_try() -> None:
    waiting = item().schedule_retry("HTTP Error 503", Failure(FailureKind.TRANSIENT), Step(Remedy.RETRY, 2), NOW)
    ended = waiting.ended(Status.CANCELLED, NOW)
    assert ended.attempt.retry_at == 0
    assert ended.failure is not None
    assert ended.failure["retry_at"] is None


def test_each_try_is_recorded_and_the_advice_names_what_was_tried() -> None:
    refused = Failure(FailureKind.TRANSIENT, "It said no.")
    again = item().schedule_retry("HTTP Error 403", refused, Step(Remedy.RETRY, 2), NOW)
    imitating = again.schedule_retry("HTTP Error 403", refused, Step(Remedy.IMPERSONATE, 1), NOW + 3)
    assert (again.attempt.remedies, imitating.attempt.remedies, imitating.attempt.remedy) == (
        (),
        ("impersonate",),
        "impersonate",
    )
    ended = imitating.failed("HTTP Error 403", refused, NOW + 5)
    assert [attempt["remedy"] for attempt in ended.view["attempts"]] == [None, "retry", "impersonate"]
    assert ended.failure is not None
    advice = "It said no. Tried without success: the same again, impersonation of a browser."
    assert ended.failure["advice"] == advice
    finished = imitating.ended(Status.FINISHED, NOW + 5)
    assert finished.view["attempts"][-1] == {"at": NOW + 5, "remedy": "impersonate", "outcome": "finished"}
