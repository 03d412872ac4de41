"""A part of the minute's round that fails stops no other part, and is heard of."""

import pytest

from dlambda.usecases.operations.run_round import run_round


def fails(_now: float) -> None:
    raise ConnectionError("the table is away")


def fails_otherwise(_now: float) -> None:
    raise ZeroDivisionError("a bug")


def test_all_parts_run_in_their_order() -> None:
    runs: list[tuple[str, float]] = []
    run_round(60.0, [lambda now: runs.append(("a", now)), lambda now: runs.append(("b", now))])
    assert runs == [("a", 60.0), ("b", 60.0)]


def test_the_parts_after_a_failure_run_and_it_is_raised() -> None:
    runs: list[float] = []
    with pytest.raises(ConnectionError):
        run_round(60.0, [fails, runs.append])
    assert runs == [60.0]


def test_several_failures_are_raised_together() -> None:
    runs: list[float] = []
    with pytest.raises(ExceptionGroup) as group:
        run_round(60.0, [fails, runs.append, fails_otherwise])
    assert [type(error) for error in group.value.exceptions] == [ConnectionError, ZeroDivisionError]
    assert runs == [60.0]
