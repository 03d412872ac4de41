"""Requests that their route answers without its framework (`dlambda.entry.direct`): by the loop, or in a thread."""

import asyncio
import contextvars
from collections.abc import Mapping
from functools import lru_cache, partial

from dlambda.entry.direct import CONDITIONS, REQUEST_ID, Answered, DirectAnswer, DirectRoute, answer_directly
from dlambda.entry.senders import Incoming, header_names
from local.gateway.asgi import Scope, Send
from local.gateway.joined_writes import joined_writes
from local.gateway.pools import Places
from local.gateway.senders import client_of_scope, headers_of, peer_of

# What the framework's way reads first.
_BODY = frozenset({b"content-length", b"transfer-encoding", b"expect"})


def plain_request(scope: Scope, path: str) -> Incoming | None:
    """The request, if it is a plain GET; `path` lies below the base path."""
    if scope["method"] != "GET" or any(name in _BODY for name, _ in scope["headers"]):
        return None
    if path.endswith("/") or not path.isprintable():
        return None
    headers = headers_of(scope, _names((*header_names(), *CONDITIONS, REQUEST_ID)))
    return Incoming("GET", path, scope["query_string"].decode("latin-1"), headers, peer_of(scope))


async def answer_in_thread(route: DirectRoute, incoming: Incoming, scope: Scope, places: Places) -> Answered | None:
    """The answer, which may wait; None when the framework has to answer. Raises `Full`."""
    work = partial(answer_directly, route, incoming, scope["scheme"], may_wait=True)
    async with places.place(client_of_scope(scope)) as threads:
        return await asyncio.get_running_loop().run_in_executor(threads, contextvars.copy_context().run, work)


async def send_answer(scope: Scope, send: Send, answer: DirectAnswer) -> None:
    """Sends the answer."""
    headers = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in answer.headers.items()]
    headers.append((b"content-length", b"0"))
    with joined_writes(scope):
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


@lru_cache(maxsize=8)
def _names(names: tuple[str, ...]) -> Mapping[bytes, str]:
    return {name.encode(): name for name in names}
