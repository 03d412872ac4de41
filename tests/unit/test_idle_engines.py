"""Engines that run on demand end when nobody is connected to them, and are due again when somebody is."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.idle_engines import IdleEngines
from local.processes import Child, end

_SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Child]:
    """A running engine that accepts nothing, which its clients do not notice."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        child = Child("media", _SLEEP, dict(os.environ), tmp_path / "log", demand=listener)
        child.start()
        yield child
        end([child], 0)


def connect(engine: Child) -> socket.socket:
    assert engine.demand
    return socket.create_connection(engine.demand.getsockname())


def test_an_engine_with_a_client_goes_on(engine: Child) -> None:
    idle = IdleEngines([engine], idle_seconds=0)
    with connect(engine):
        for _ in range(3):
            idle.end_idle()
        assert engine.process


def test_an_engine_without_clients_ends_and_the_next_client_starts_it(engine: Child) -> None:
    IdleEngines([engine], idle_seconds=0).end_idle()
    assert not engine.process
    assert not engine.is_due
    with connect(engine):
        assert engine.is_due


def test_an_engine_whose_client_left_a_moment_ago_goes_on(engine: Child) -> None:
    idle = IdleEngines([engine], idle_seconds=3600)
    for _ in range(3):
        idle.end_idle()
    assert engine.process
