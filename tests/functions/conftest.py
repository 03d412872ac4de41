"""Groups of endpoints on the real engines, asked as clients ask them."""

import importlib
from collections.abc import Callable, Iterator

import pytest

from dlambda.domain.rules.resource import NOTIFICATIONS
from dlambda.store import connections
from dlambda.usecases.rules import resources
from tests.functions.calls import Client, Heard
from tests.functions.permissions import know_the_round, watched
from tests.pushes import Pushes
from tests.stack import Stack

know_the_round()


@pytest.fixture(autouse=True)
def _permitted(request: pytest.FixtureRequest) -> None:
    """Wherever there are engines."""
    if "stack" in request.fixturenames:
        request.getfixturevalue("permitted")


@pytest.fixture
def permitted(stack: Stack) -> Iterator[None]:
    """What a function does in the test it may do in the cloud as well."""
    with watched() as found:
        yield
    assert found == set(), "the template's policies do not allow it"


@pytest.fixture
def group(stack: Stack, permitted: None) -> Callable[[str], Client]:
    """A client of a group's app."""
    return lambda name: Client(importlib.import_module(f"endpoints.{name}.main").app.test_client(), name)


@pytest.fixture
def history(group: Callable[[str], Client]) -> Client:
    return group("history")


@pytest.fixture
def archiver(group: Callable[[str], Client]) -> Client:
    return group("archiver")


@pytest.fixture
def system(group: Callable[[str], Client]) -> Client:
    return group("system")


@pytest.fixture
def target(stack: Stack) -> None:
    """A notification target that wants every event."""
    resources.create(NOTIFICATIONS, {"name": "all", "request": {"url": "https://hooks.example/"}})


@pytest.fixture
def listening(pushes: Pushes, permitted: None) -> Heard:
    """What a WebSocket client of the service hears."""
    connections.add("c1", "sid-of-c1")
    return Heard(pushes, "c1")
