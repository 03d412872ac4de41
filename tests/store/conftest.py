"""Tables for tests of the store: the real engine, and moto where one thread is enough."""

from collections.abc import Iterator

import pytest

from tests.dynamodb.client import behaving_like, new_database
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


@pytest.fixture(params=["one after another", "like DynamoDB"])
def parallel_tables(request: pytest.FixtureRequest, stack: Stack) -> Iterator[str]:
    """Empty tables for many callers at once: in the engine of one machine, and refusing as DynamoDB does."""
    if request.param == "like DynamoDB":
        with behaving_like(new_database()):
            yield "like DynamoDB"
    else:
        yield request.param
