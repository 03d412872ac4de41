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

NOSNIFF = (b"x-content-type-options", b"nosniff")


def header(scope: Scope, name: bytes) -> bytes:
    """A request header by its lower-case name; empty when it is absent."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


def values(scope: Scope, name: bytes) -> list[str]:
    """All request headers of a lower-case name."""
    return [bytes(value).decode("latin-1") for key, value in scope["headers"] if key == name]


async def read_body(receive: Receive, most_bytes: int | None = None) -> bytes:
    """The whole body of a request. Raises `ValueError` for more than `most_bytes`."""
    parts: list[bytes] = []
    has_more = True
    while has_more:
        message = await receive()
        parts.append(message.get("body", b""))
        has_more = message.get("more_body", False)
        if most_bytes is not None and sum(map(len, parts)) > most_bytes:
            raise ValueError("too large")
    return b"".join(parts)


async def answer(send: Send, status: int, headers: Headers = (), body: bytes = b"") -> None:
    """A whole answer at once."""
    own = [NOSNIFF, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *own]})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, status: int, text: str, code: str, headers: Headers = ()) -> None:
    """An error in the shape that the functions give theirs."""
    await answer(send, status, [(b"content-type", b"application/json"), *headers], problem(text, code))


def problem(text: str, code: str) -> bytes:
    """The body of such an error."""
    return json.dumps({"error": text, "code": code}).encode()
