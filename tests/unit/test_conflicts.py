"""Which errors are tried again, and how often."""

from collections.abc import Callable, Iterator

import pytest

from dlambda.errors import AlreadyExists, Conflict, StaleWrite
from dlambda.store.conflicts import retry_conflicts
from tests.stack import new_deployment


@pytest.fixture(autouse=True)
def _deployment() -> Iterator[None]:
    """What is counted of these tries goes with them: there is no table for it."""
    with new_deployment():
        yield


def attempts(*errors: Exception) -> tuple[list[int], Callable[[], str]]:
    """The numbers of the calls so far, and a function that raises `errors` in turn before it answers."""
    calls: list[int] = []

    def attempt() -> str:
        calls.append(len(calls))
        if len(calls) <= len(errors):
            raise errors[len(calls) - 1]
        return "written"

    return calls, attempt


def test_a_write_is_tried_again_until_no_other_writer_was_faster() -> None:
    calls, attempt = attempts(StaleWrite("1"), StaleWrite("2"), StaleWrite("3"))
    assert retry_conflicts(attempt) == "written"
    assert len(calls) == 4


def test_the_last_conflict_is_raised() -> None:
    calls, attempt = attempts(*(StaleWrite(str(number)) for number in range(1, 99)))
    with pytest.raises(StaleWrite, match=r"^30$"):
        retry_conflicts(attempt)
    assert len(calls) == 30


@pytest.mark.parametrize("error", [Conflict("another reason"), AlreadyExists("its name"), ValueError("a fault")])
def test_other_errors_are_raised_at_once(error: Exception) -> None:
    calls, attempt = attempts(error)
    with pytest.raises(type(error)):
        retry_conflicts(attempt)
    assert len(calls) == 1


def test_the_caller_names_the_errors() -> None:
    calls, attempt = attempts(ValueError("again"), ValueError("again"), ValueError("end"))
    with pytest.raises(ValueError, match="end"):
        retry_conflicts(attempt, on=ValueError, when=lambda error: str(error) == "again")
    assert len(calls) == 3
