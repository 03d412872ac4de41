"""Sockets of one machine's gateway, told by their ASGI messages."""

import asyncio
import sys
import types
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from local.gateway.sockets import Sockets
from local.template import Function


@pytest.fixture
def called() -> Iterator[list[str]]:
    """What the function behind the sockets was called for."""
    calls: list[str] = []
    module = types.ModuleType("a_socket_function")

    def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
        calls.append(event["requestContext"]["routeKey"])
        return {"statusCode": 200}

    vars(module)["lambda_handler"] = handler
    sys.modules["a_socket_function"] = module
    yield calls
    del sys.modules["a_socket_function"]


def test_a_connection_ends_after_its_longest_time(called: list[str]) -> None:
    async def client() -> list[str]:
        sent: list[str] = []
        never = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if not called:
                return {"type": "websocket.connect"}
            await never.wait()
            return {}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message["type"])

        sockets = Sockets(Function("F", "a_socket_function", "lambda_handler", 29), longest_seconds=0.05)
        scope = {"type": "websocket", "headers": [], "query_string": b"", "client": ("127.0.0.1", 1)}
        await asyncio.wait_for(sockets.serve(scope, receive, send), 5)
        return sent

    assert asyncio.run(client()) == ["websocket.accept", "websocket.close"]
    assert called == ["$connect", "$disconnect"]
