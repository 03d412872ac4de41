"""Rows of nodes, and what becomes of what a silent one had."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from dlambda.deployment import current
from dlambda.domain.system.node import Node
from dlambda.domain.web.connection_id import connection_id
from dlambda.store import connections, nodes
from dlambda.store.files import jobs
from dlambda.store.files.jobs import Job
from dlambda.store.items import leases
from dlambda.usecases.operations.nodes import enter, say_alive, take_over
from tests.stack import forget_settings

T0 = 1_800_000_000.0
NODE = Node("first", ("gateway", "worker"), "http://10.0.0.5:1", "ab", "v1", T0)


@contextmanager
def _as_node(name: str, url: str) -> Iterator[None]:
    """This process is that node."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in (("NODE", name), ("NODE_URL", url), ("NODE_IDENTITY", "ab")):
            patch.setenv(f"DLAMBDA_{variable}", value)
        forget_settings()
        yield
    forget_settings()


def test_a_row_is_written_renewed_and_removed_once(tables: None) -> None:
    nodes.add(NODE, T0)
    assert nodes.list_() == [replace(NODE, seen_at=T0)]
    assert nodes.renew(NODE, T0 + 5)
    assert not nodes.remove(replace(NODE, seen_at=T0)), "it spoke meanwhile"
    assert nodes.remove(replace(NODE, seen_at=T0 + 5))
    assert not nodes.remove(replace(NODE, seen_at=T0 + 5))
    assert not nodes.renew(NODE, T0 + 10)
    assert nodes.find("first") is None
    assert connections.ids_by_audience() == {}


def test_what_a_silent_node_had_is_free_and_the_rest_is_not(tables: None) -> None:
    lost, kept = connection_id("a", "http://10.0.0.5:1"), connection_id("b", "http://10.0.0.6:1")
    for name, url, item, connection in (("first", NODE.url, "i1", lost), ("second", "http://10.0.0.6:1", "i2", kept)):
        with _as_node(name, url):
            now = current().clock.time()
            enter()
            connections.add(connection, "sid")
            assert leases.acquire(item, leases.new_owner(), now)
            jobs.add(Job(f"job of {name}", "move"), now, held=True)
    dead = nodes.find("first")
    assert dead
    with _as_node("second", "http://10.0.0.6:1"):
        now = current().clock.time()
        assert take_over(dead)
        assert not take_over(dead)
        assert leases.find_expired(["i1", "i2"], now) == {"i1"}
        assert jobs.acquire("job of first", now)
        assert jobs.acquire("job of second", now) is None
        assert connections.ids_by_audience() == {("", ""): [kept]}
        assert [node.name for node in nodes.list_()] == ["second"]
    with _as_node("first", NODE.url):
        assert not say_alive(), "it learns that its clients are forgotten"
        assert say_alive()


def test_a_node_that_begins_anew_forgets_the_clients_of_its_earlier_life(tables: None) -> None:
    with _as_node("first", "http://10.0.0.5:1"):
        enter()
        connections.add(connection_id("a", "http://10.0.0.5:1"), "sid")
    with _as_node("first", "http://10.0.0.5:2"):
        enter()
        assert connections.ids_by_audience() == {}
