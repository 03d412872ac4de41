"""The queue engine behind a Unix socket: `python -m local.ministack LISTENER_FD` serves ministack's SQS alone.

The variable QUEUES has the queues (bodies of CreateQueue, dead-letter queues first): it keeps none itself, and whoever
waits at the socket while it is started again expects them.

ministack's own command listens on TCP, answers everyone and allows every origin. Here only the service reaches it, and
a browser would be refused.
"""

import asyncio
import importlib
import json
import logging
import os
import socket
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import uvicorn
import uvloop

from local.gateway.asgi import App, Message, Receive, Scope, Send, header, refuse

_CREATE = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "scheme": "http",
    "method": "POST",
    "path": "/",
    "raw_path": b"/",
    "root_path": "",
    "query_string": b"",
    "client": None,
    "server": None,
    "headers": [
        (b"host", b"localhost"),
        (b"content-type", b"application/x-amz-json-1.0"),
        (b"x-amz-target", b"AmazonSQS.CreateQueue"),
    ],
}


def without_origins(app: App) -> App:
    """Refuses what a page of a browser sends, and allows no origin."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def plain(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [pair for pair in message["headers"] if not pair[0].lower().startswith(b"access-control-")]
                message = {**message, "headers": headers}
            await send(message)

        if scope["type"] != "http":
            await send({"type": "websocket.close"})
        elif header(scope, b"origin"):
            await refuse(send, 403, "Access denied.", "FORBIDDEN")
        else:
            await app(scope, receive, plain)

    return guarded


async def make_queues(app: App, definitions: Iterable[Mapping[str, Any]]) -> None:
    """Raises `RuntimeError` when one is refused."""
    for definition in definitions:
        body = json.dumps(definition).encode()

        async def receive(body: bytes = body) -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message, definition: Mapping[str, Any] = definition) -> None:
            if message.get("status", 200) != 200:
                raise RuntimeError(f"the queue {definition} was refused")

        await app(dict(_CREATE), receive, send)


async def _serve(app: App, listener: socket.socket) -> None:
    await make_queues(app, json.loads(os.environ.get("QUEUES", "[]")))
    await _server(without_origins(app)).serve([listener])


def _server(app: App) -> uvicorn.Server:
    # Without its start and end (lifespan): they serve devices, file transfers and containers, none of which is wanted.
    config = uvicorn.Config(
        app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False, timeout_keep_alive=75
    )
    return uvicorn.Server(config)


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    os.environ.update({"SERVICES": "sqs", "MINISTACK_HOST": "localhost", "PERSIST_STATE": "0"})
    app: App = importlib.import_module("ministack.app").app  # it reads its environment while it loads

    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, listener))


if __name__ == "__main__":
    main()
