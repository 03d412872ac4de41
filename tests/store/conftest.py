"""Tables for tests of the store: the real engine, and moto where one thread is enough."""

import time
from collections.abc import Iterator

import pytest

from dlambda.deployment import Clock, current
from tests.dynamodb.client import behaving_like, new_database
from tests.dynamodb.engine import Answer, Ask, DynamoDB
from tests.dynamodb.rows import Json
from tests.stack import Stack, environment, make_moto_tables, moto_tables


@pytest.fixture(scope="module", params=["dynoxide", pytest.param("moto", marks=pytest.mark.nightly)])
def _kind(request: pytest.FixtureRequest, engines: Stack) -> Iterator[str]:
    if request.param == "moto":
        with moto_tables():
            yield "moto"
    else:
        with environment(engines.environ, engines.deployment):
            yield "dynoxide"
        engines.empty(whatever_was_touched=True)


@pytest.fixture
def tables(_kind: str, engines: Stack) -> Iterator[str]:
    """Empty tables, in each kind of engine."""
    yield _kind
    if _kind == "moto":
        make_moto_tables()
    else:
        engines.empty()


_USUAL_SECONDS = 0.05  # the most that a request takes where the processors have time


class _Pace(Clock):
    """Waits longer by as much as requests take longer than usual: a transaction has its rows for so long, and who tries
    again would else have no tries left.
    """

    def __init__(self) -> None:
        self._factor = 1.0

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds * self._factor)

    def note(self, seconds: float) -> None:
        """Notes how long a request took."""
        self._factor = max(1.0, seconds / _USUAL_SECONDS, self._factor * 0.9)


def _pace_of(database: DynamoDB) -> _Pace:
    """A clock whose pace is that of the requests to `database`."""
    pace, answer = _Pace(), database.answer

    def timed_answer(operation: str, body: Json, ask: Ask) -> Answer:
        began = time.monotonic()
        try:
            return answer(operation, body, ask)
        finally:
            pace.note(time.monotonic() - began)

    database.answer = timed_answer  # type: ignore[method-assign]
    return pace


@pytest.fixture(params=["one after another", "like DynamoDB"])
def parallel_tables(request: pytest.FixtureRequest, stack: Stack) -> Iterator[str]:
    """Empty tables for many callers at once: in the engine of one machine, and refusing as DynamoDB does."""
    if request.param == "like DynamoDB":
        database, deployment = new_database(), current()
        clock, deployment.clock = deployment.clock, _pace_of(database)
        try:
            with behaving_like(database):
                yield "like DynamoDB"
        finally:
            deployment.clock = clock
    else:
        yield request.param
