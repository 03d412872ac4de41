"""The few ASGI words that the gateway's parts share."""

import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Coroutine[Any, Any, None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, PATCH, PUT, POST, DELETE"),
    (b"access-control-allow-headers", b"Content-Type, Authorization"),
]
"""Of answers that no function gives."""


def header(scope: Scope, name: bytes) -> bytes:
    """A request header by its lower-case name; empty when it is absent."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


async def answer(send: Send, status: int, headers: Headers = (), body: bytes = b"") -> None:
    """A whole answer at once."""
    own = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *own]})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, status: int, text: str, code: str, headers: Headers = ()) -> None:
    """An error in the shape that the functions give theirs."""
    body = json.dumps({"error": text, "code": code}).encode()
    await answer(send, status, [(b"content-type", b"application/json"), *headers], body)
