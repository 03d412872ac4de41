"""How many answers a second several clients get."""

import http.client
import threading
import time
from collections.abc import Callable

from tests.e2e.api import Api

CLIENTS = 8
_SECONDS = 5.0


def answers_per_second(api: Api, path_of: Callable[[int], str]) -> float:
    """`CLIENTS` that keep their connections ask for some seconds; `path_of` the number of a client's request."""
    counts = [0] * CLIENTS
    end = time.perf_counter() + _SECONDS

    def ask(client: int) -> None:
        connection = http.client.HTTPConnection(api.base.removeprefix("http://"), timeout=60)
        while time.perf_counter() < end:
            connection.request("GET", path_of(counts[client]), headers=api.headers)
            reply = connection.getresponse()
            reply.read()
            assert reply.status == 200
            counts[client] += 1
        connection.close()

    clients = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    began = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sum(counts) / (time.perf_counter() - began)
