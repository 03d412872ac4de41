"""A WSGI application behind ASGI: the loop hands a request to a thread, and gets the whole answer back.

Each hand-over between the two costs about as much as a table request, so there is one each way. Only what streams goes
chunk by chunk, and only then is the client watched, and only then does a client that reads slowly hold a thread.
"""

import asyncio
import contextvars
import io
import itertools
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Final, cast

from a2wsgi.wsgi import build_environ

from local.gateway.asgi import Receive, Scope, Send, header
from local.gateway.joined_writes import joined_writes

MOST_BODY_BYTES: Final = 10 * 1024 * 1024
"""The limit of API Gateway."""
_WHOLE_BYTES: Final = 16 * 1024 * 1024
PIECE_BYTES: Final = 64 * 1024
"""The bytes that are handed to a connection at once: the rest of an answer waits until the client has read."""
_EMPTY: Final = frozenset({204, 304})

if TYPE_CHECKING:
    from a2wsgi.asgi_typing import HTTPScope
    from a2wsgi.wsgi import Body

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TooLarge(Exception):
    """A body of more than `MOST_BODY_BYTES`."""


class ClientGone(Exception):
    """The client went before its request was complete."""


async def read_request(scope: Scope, receive: Receive, grow: Callable[[int], None] = lambda _: None) -> dict[str, Any]:
    """The WSGI environment of a request, its body read. Raises `TooLarge`, `ClientGone`.

    Headers with underscores are left out: there they would pass for those with hyphens that proxies set.
    `grow` is told of each piece of the body before it is kept, and may refuse it by raising.
    """
    body = await _read_body(scope, receive, grow)
    distinct = {**scope, "headers": [pair for pair in scope["headers"] if b"_" not in pair[0]]}
    environ = dict(build_environ(cast("HTTPScope", distinct), cast("Body", io.BytesIO(body))))
    # A body that came in chunks has a length by now; WSGI knows no other.
    if environ.pop("HTTP_TRANSFER_ENCODING", None):
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


async def _read_body(scope: Scope, receive: Receive, grow: Callable[[int], None]) -> bytes:
    length = header(scope, b"content-length")
    if length.isdigit() and int(length) > MOST_BODY_BYTES:
        raise TooLarge
    if not (length.strip(b"0") or header(scope, b"transfer-encoding")):
        return b""
    body = bytearray()
    has_more = True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece = message.get("body", b"")
        if len(body) + len(piece) > MOST_BODY_BYTES:
            raise TooLarge
        grow(len(piece))
        body += piece
        has_more = message.get("more_body", False)
    return bytes(body)


class Exchange:
    """A request that a thread answers."""

    def __init__(self, app: WsgiApp, environ: dict[str, Any], receive: Receive, send: Send) -> None:
        self._app = app
        self._environ = environ
        self._receive = receive
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._answered: asyncio.Future[bytes | None] = self._loop.create_future()
        self._start: dict[str, Any] = {}
        self._written: list[bytes] = []
        self._gone = threading.Event()
        self._watcher: asyncio.Task[None] | None = None

    @property
    def is_safe(self) -> bool:
        """True if asking again does nothing twice."""
        return self._environ["REQUEST_METHOD"] in {"GET", "HEAD", "OPTIONS"}

    async def run(self, threads: Executor) -> bytes | None:
        """The body, which `send_whole` sends; None when it was streamed. Raises what the application raises."""
        threads.submit(contextvars.copy_context().run, self._work)
        try:
            return await self._answered
        finally:
            self._gone.set()
            if self._watcher:
                self._watcher.cancel()

    async def send_whole(self, body: bytes) -> None:
        """Sends an answer in pieces, each when the client has read those before it."""
        last = max(0, len(body) - 1) // PIECE_BYTES * PIECE_BYTES
        if not last:
            with joined_writes(self._environ["asgi.scope"]):
                await self._send(self._start)
                await self._send({"type": "http.response.body", "body": body})
            return
        await self._send(self._start)
        for start in range(0, last, PIECE_BYTES):
            piece = body[start : start + PIECE_BYTES]
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": body[last:]})

    def _work(self) -> None:
        """In the thread."""
        try:
            body = self._answer()
        except BaseException as error:
            self._loop.call_soon_threadsafe(self._settle, None, error)
        else:
            self._loop.call_soon_threadsafe(self._settle, body, None)

    def _settle(self, body: bytes | None, error: BaseException | None) -> None:
        if self._answered.done():
            return  # nobody waits any more
        if error is not None:
            self._answered.set_exception(error)
        else:
            self._answered.set_result(body)

    def _answer(self) -> bytes | None:
        """The whole body; None when it was streamed."""
        chunks = self._app(self._environ, self._start_response)
        try:
            later_chunks = iter(chunks)
            first = next(later_chunks, b"")  # applications begin their answer by now
            body_chunks = itertools.chain(self._written, [first], later_chunks)
            if self._is_moderate():
                return b"".join(body_chunks)
            self._stream(body_chunks)
            return None
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    def _start_response(
        self, status: str, headers: Iterable[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], None]:
        self._start = {
            "type": "http.response.start",
            "status": int(status.partition(" ")[0]),
            "headers": [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in headers],
        }
        return self._written.append

    def _is_moderate(self) -> bool:
        length = dict(self._start["headers"]).get(b"content-length", b"")
        return self._start["status"] in _EMPTY or (length.isdigit() and int(length) <= _WHOLE_BYTES)

    def _stream(self, chunks: Iterable[bytes]) -> None:
        self._in_loop(self._begin())
        for chunk in chunks:
            if self._gone.is_set():
                return
            self._in_loop(self._send({"type": "http.response.body", "body": chunk, "more_body": True}))
        self._in_loop(self._send({"type": "http.response.body", "body": b""}))

    def _in_loop(self, action: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(action, self._loop).result()

    async def _begin(self) -> None:
        self._watcher = self._loop.create_task(self._watch())
        await self._send(self._start)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone.set()
