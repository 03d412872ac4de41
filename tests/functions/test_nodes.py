"""Events for clients of other nodes (docs/several-machines.md); tests/e2e/test_two_nodes.py has two that run."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dlambda.domain.system.node import Node
from dlambda.domain.web.connection_id import connection_id
from dlambda.store import connections, nodes
from dlambda.usecases.events.publish import problem, publish
from dlambda.usecases.operations.nodes import take_over
from tests.free_port import free_port
from tests.pushes import Pushes
from tests.stack import Stack, forget_settings
from tests.store import records
from tests.store.samples import T0, done

EVENT = problem("Title", "message")


@pytest.fixture(autouse=True)
def one_of_several(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process belongs to a node."""
    monkeypatch.setenv("DLAMBDA_SHARES_SERVICES", "true")
    monkeypatch.setenv("DLAMBDA_NODE", "here")
    monkeypatch.setenv("DLAMBDA_NODE_URL", "http://127.0.0.1:1")
    forget_settings()
    yield
    monkeypatch.undo()
    forget_settings()


def heard(pushes: Pushes, connection: str) -> list[str]:
    return [frame["event"] for frame in pushes.to(connection)]


def test_clients_of_every_node_hear_of_it(pushes: Pushes) -> None:
    here, there = connection_id("a", "http://127.0.0.1:1"), connection_id("b", pushes.endpoint)
    connections.add(here, "1")
    connections.add(there, "2")
    publish(EVENT)
    assert (heard(pushes, here), heard(pushes, there)) == (["log_error"], ["log_error"])


def test_only_clients_that_are_gone_are_forgotten(pushes: Pushes) -> None:
    away, gone = connection_id("a", f"http://127.0.0.1:{free_port()}"), connection_id("b", pushes.endpoint)
    of_an_only_machine = "c"
    for connection in (away, gone, of_an_only_machine):
        connections.add(connection, connection)
    pushes.gone = {gone, of_an_only_machine}
    for _ in range(2):
        publish(EVENT)
        assert connections.ids_by_audience() == {("", ""): [away]}


def test_what_a_node_stored_right_before_it_died_is_told(pushes: Pushes) -> None:
    records.add([replace(done("old"), stored_at=T0), replace(done("last"), stored_at=T0 + 60)])
    node = Node("there", ("worker",), "", "ab", "v1", T0)
    nodes.add(node, T0 + 62)
    listening = connection_id("a", "http://127.0.0.1:1")
    connections.add(listening, "1")
    assert take_over(replace(node, seen_at=T0 + 62))
    (frame,) = pushes.to(listening)
    assert (frame["event"], frame["data"]["data"]["item"]["_id"]) == ("item_moved", "last")
