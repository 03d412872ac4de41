"""A gateway of two processes (`YTP_HTTP_WORKERS`): WebSocket clients of each hear everything, and one may die."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.api import wait_until
from tests.e2e.listener import Listener, Message, payload
from tests.e2e.processes import role_of
from tests.e2e.service import Service, patiently
from tests.origin import Origin

CLIENTS = 4


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose gateway has two processes."""
    with Service(tmp_path_factory.mktemp("pair") / "data", {"YTP_HTTP_WORKERS": "2"}) as running:
        wait_until(lambda: len(gateways(running)) == 2, 30, lambda: f"{gateways(running)}")
        yield running


def gateways(service: Service) -> list[int]:
    """The ids of the gateway's processes."""
    return [process.pid for process in service.processes() if role_of(process) == "local.gateway"]


def hear(clients: list[Listener], url: str) -> None:
    """Waits until each client has heard of an item from its add to its end."""

    def is_about(message: Message) -> bool:
        told = payload(message)
        return bool(told.get("item", told).get("url") == url)

    for client in clients:
        client.wait("item_added", is_about)
        client.wait("item_moved", is_about)


def test_clients_of_both_processes_hear_all_also_after_one_died(pair: Service, origin: Origin) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Listener(pair.base)) for _ in range(CLIENTS)]
        for client in clients:
            client.wait("connected")
        url = origin.url("clip-two-processes.mp4")
        pair.api.add(url)
        hear(clients, url)

        first, second = gateways(pair)
        os.kill(second, signal.SIGKILL)
        wait_until(lambda: not all(client.is_open for client in clients), 30, lambda: "no client has noticed")
        assert pair.api.get("/api/ping").status == 200
        left = [client for client in clients if client.is_open]
        assert left, "the process that died had all clients"

        wait_until(lambda: len(set(gateways(pair)) - {second}) == 2, 30, lambda: f"{gateways(pair)}")
        assert first in gateways(pair)
        back = [stack.enter_context(patiently(lambda: Listener(pair.base), pair)) for _ in range(CLIENTS - len(left))]
        url = origin.url("clip-one-process-died.mp4")
        pair.api.add(url)
        hear([*left, *back], url)
        assert all(client.is_open for client in (*left, *back))
