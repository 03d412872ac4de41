"""The queue engine behind a Unix socket: `python -m local.ministack LISTENER_FD` serves ministack's SQS alone.

ministack's own command listens on TCP, answers everyone and allows every origin. Here only the service reaches it, and
a browser would be refused.
"""

import asyncio
import importlib
import logging
import os
import socket
import sys

import uvicorn
import uvloop

from local.gateway.asgi import App, Message, Receive, Scope, Send, header, refuse


def without_origins(app: App) -> App:
    """Refuses what a page of a browser sends, and allows no origin."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def plain(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(b"access-control-")]
                message = {**message, "headers": kept}
            await send(message)

        if scope["type"] != "http":
            await send({"type": "websocket.close"})
        elif header(scope, b"origin"):
            await refuse(send, 403, "Access denied.", "FORBIDDEN")
        else:
            await app(scope, receive, plain)

    return guarded


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
        runner.run(_server(without_origins(app)).serve([listener]))


if __name__ == "__main__":
    main()
