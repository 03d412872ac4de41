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


@pytest.mark.parametrize(("name", "status", "closings"), [("", 410, 0), ("%2A", 204, 1)], ids=["no name", "all"])
def test_a_delete_closes_all_connections_by_their_own_name_alone(
    called: list[str], name: str, status: int, closings: int
) -> None:
    async def delete() -> tuple[int, int]:
        client_messages: list[str] = []
        answers: list[int] = []
        never, accepted = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if not called:
                return {"type": "websocket.connect"}
            await never.wait()
            return {}

        async def send(message: MutableMapping[str, Any]) -> None:
            client_messages.append(message["type"])
            accepted.set()

        async def no_body() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def answer(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answers.append(message["status"])

        sockets = Sockets(Function("F", "a_socket_function", "lambda_handler", 29))
        scope = {"type": "websocket", "headers": [], "query_string": b"", "client": ("127.0.0.1", 1)}
        client = asyncio.create_task(sockets.serve(scope, receive, send))
        await accepted.wait()
        path = f"/@connections/{name}".encode()
        await sockets.manage({"method": "DELETE", "raw_path": path}, no_body, answer)
        closed = client_messages.count("websocket.close")
        client.cancel()
        await asyncio.gather(client, return_exceptions=True)
        return answers[0], closed

    assert asyncio.run(delete()) == (status, closings)
