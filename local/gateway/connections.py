"""Limits on connections, before anybody has said who they are: how many, how slow, how large a head.

API Gateway has these limits in the cloud. Here a protocol of uvicorn's is watched: what costs memory or parser time is
refused as it comes, and once a second `Connections.check` ends what is too slow. Nothing else ends a connection that
waits: a client that sends nothing and one whose network is gone look the same.
"""

import asyncio
import json
import logging
import resource
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from dlambda.entry.senders import is_trusted_proxy
from local.gateway import file_sending, joined_writes
from local.gateway.file_sending import FileSender
from local.gateway.shares import Shares, client_of

_KEPT_FILES: Final = 256  # descriptors for engines, logs and libraries
_LEAST_CONNECTIONS: Final = 64
_SLICE_BYTES: Final = 8 * 1024
_UNSENT_BYTES: Final = 128 * 1024
_CHECK_SECONDS: Final = 1.0
_READER_KEY: Final = "reader_seconds"
# Without a line for each request that is no HTTP: whoever sends them would fill the disk.
_log = logging.getLogger("dlambda.gateway.protocol")
_log.setLevel(logging.ERROR)
_TEXTS: Final = {
    400: ("Invalid HTTP request.", "BAD_REQUEST"),
    408: ("The request was sent too slowly.", "REQUEST_TIMEOUT"),
    414: ("The address of the request is too long.", "URI_TOO_LONG"),
    429: ("Too many connections are open at the moment. Try again in a moment.", "TOO_MANY"),
    431: ("The head of the request is too large.", "HEADERS_TOO_LARGE"),
}


@dataclass(frozen=True)
class Limits:
    """Of connections. Times are seconds, sizes bytes."""

    connections: int = 2048
    connections_per_client: int = 1024
    sockets: int = 256
    sockets_per_client: int = 32
    """Each event goes to every socket before its cause is answered, some milliseconds each."""
    socket_seconds: float = 1
    """In which a WebSocket that is behind must catch up when something more is to be sent: others wait meanwhile."""
    head_seconds: float = 10
    """From the connection, or from the first byte of a later request, to the end of the head."""
    head_bytes: int = 64 * 1024
    url_bytes: int = 32 * 1024
    headers: int = 200
    body_seconds: float = 10
    """Before a body must come at `body_rate` bytes a second, on average."""
    body_rate: int = 4 * 1024
    reader_seconds: float = 30
    """In which a client must read the piece of an answer (64 KB) that waits for it."""
    close_seconds: float = 3
    """In which a connection that was ended must be gone."""
    pipelined: int = 16
    """Requests that wait for the answer to one before them on the same connection."""


def limits_of_machine() -> Limits:
    """The limits where a process may open `RLIMIT_NOFILE` files: a connection to us may need a second one inside."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = Limits.connections if files == resource.RLIM_INFINITY else (files - _KEPT_FILES) // 2
    connections = max(_LEAST_CONNECTIONS, min(Limits().connections, connections))
    return Limits(connections=connections, connections_per_client=connections // 2)


def wait_for_reader(scope: Any, seconds: float) -> None:
    """Gives the client of this request longer to read than others: one that plays a film reads when it needs more."""
    scope["state"][_READER_KEY] = seconds


class _Watched(Protocol):
    """A connection that `Connections` looks after."""

    transport: asyncio.Transport

    def check(self, now: float) -> None:
        """Ends the connection when it has been too slow."""


@dataclass(slots=True)
class _Entry:
    """An open connection."""

    client: str
    protocol: _Watched
    is_socket: bool = False


class Connections:
    """All connections of one port."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._shares = Shares(limits.connections, limits.connections_per_client)
        self._sockets = Shares(limits.sockets, limits.sockets_per_client)
        self._open: dict[asyncio.BaseTransport, _Entry] = {}

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, transport: asyncio.BaseTransport, protocol: _Watched) -> bool:
        """False when there are too many, in all or of this client. Of a trusted proxy each counts as another client."""
        peer = (transport.get_extra_info("peername") or ("",))[0]
        client = f"{peer} {id(transport)}" if is_trusted_proxy(peer) else client_of(peer)
        if not self._shares.take(client):
            return False
        self._open[transport] = _Entry(client, protocol)
        return True

    def become_socket(self, transport: asyncio.BaseTransport) -> bool:
        """False when there are too many WebSockets, in all or of this client."""
        entry = self._open.get(transport)
        if entry is None or not self._sockets.take(entry.client):
            return False
        entry.is_socket = True
        return True

    def hand_over(self, transport: asyncio.BaseTransport, protocol: _Watched) -> None:
        """The connection speaks another protocol from now on."""
        self._open[transport].protocol = protocol

    def leave(self, transport: asyncio.BaseTransport) -> None:
        """The connection is gone; one that was never let in leaves nothing."""
        entry = self._open.pop(transport, None)
        if entry is None:
            return
        self._shares.give_back(entry.client)
        if entry.is_socket:
            self._sockets.give_back(entry.client)

    def check(self, now: float) -> None:
        """Ends what is too slow at `now`, the loop's time."""
        for entry in list(self._open.values()):
            try:
                entry.protocol.check(now)
            except Exception:
                # One connection in a state that nobody foresaw must not leave all others unwatched.
                _log.exception("a connection could not be checked")
                entry.protocol.transport.abort()

    async def watch(self, pause_seconds: float = _CHECK_SECONDS) -> None:
        """Checks again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(pause_seconds)
            self.check(loop.time())


class _Refused(Exception):
    """Raised inside the parser to end it."""


class HttpProtocol(HttpToolsProtocol):
    """HTTP of uvicorn's with `Limits`."""

    def __init__(self, *arguments: Any, connections: Connections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.logger = _log
        self._connections = connections
        self._limits = connections.limits
        self._reason = HTTPStatus.BAD_REQUEST
        self._refused_at: float | None = None
        self._closing_since: float | None = None
        self._stuck_since: float | None = None
        self._head_since: float | None = None
        self._heads = 0
        self._head_bytes = 0
        self._in_body = False
        self._body_since = 0.0
        self._body_bytes = 0
        self._on_lost: Callable[[], None] | None = None

    # What the transport tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # What the client has not been sent yet waits here and not in the kernel, where nobody sees whether it reads.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        self._head_since = self.loop.time()
        if not self._connections.enter(transport, self):
            transport.write(_answer(HTTPStatus.TOO_MANY_REQUESTS))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.leave(self.transport)
        super().connection_lost(exc)
        if self._on_lost:
            self._on_lost()

    def data_received(self, data: bytes) -> None:
        """In slices, so that a head is refused soon after it became too large."""
        for start in range(0, len(data), _SLICE_BYTES):
            if self._refused_at is not None or self.transport.is_closing() or self._has_upgraded():
                return
            self._receive(data[start : start + _SLICE_BYTES])

    def _has_upgraded(self) -> bool:
        return self.transport.get_protocol() is not self

    def _receive(self, data: bytes) -> None:
        heads = self._heads
        if self._head_since is None and not self._is_answering() and not self._in_body:
            self._head_since = self.loop.time()
        super().data_received(data)
        if self._head_since is None or self._heads > heads:
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > self._limits.head_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def handle_websocket_upgrade(self) -> None:
        if self._connections.become_socket(self.transport):
            super().handle_websocket_upgrade()
        else:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS)

    def pause_writing(self) -> None:
        self._stuck_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stuck_since = None
        super().resume_writing()

    # What the parser tells

    def on_message_begin(self) -> None:
        self._heads += 1
        self._head_since = self.loop.time() if self._head_since is None else self._head_since
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._limits.url_bytes:
            self._stop_parsing(HTTPStatus.REQUEST_URI_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > self._limits.headers:
            self._stop_parsing(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= self._limits.pipelined:
            self._stop_parsing(HTTPStatus.TOO_MANY_REQUESTS)
        if sum(len(name) + len(value) for name, value in self.headers) > self._limits.head_bytes:
            self._stop_parsing(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        self._head_since = None
        self._in_body = True
        self._body_since, self._body_bytes = self.loop.time(), 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._head_since is not None:
            self._head_since = self.loop.time()  # of the next one, which had to wait for this answer
        super().on_response_complete()

    # Files in an answer

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        file_sending.offer(cycle.scope, FileSender(self, _FileAnswer(cycle)))
        joined_writes.offer(cycle.scope, cycle)
        super()._start_asgi_task(cycle, app)

    async def flush(self) -> None:
        """See `file_sending.Connection`."""
        if not self.transport.get_write_buffer_size():
            return
        self.transport.set_write_buffer_limits(high=0)
        await self.flow.drain()
        self.transport.set_write_buffer_limits()

    def note_waiting(self, *, waits: bool) -> None:
        """See `file_sending.Connection`."""
        self._stuck_since = self.loop.time() if waits else None

    def on_lost(self, callback: Callable[[], None] | None) -> None:
        """See `file_sending.Connection`."""
        self._on_lost = callback

    # Ends

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 the parser's own text
        """Answers 400 to what the parser cannot read."""
        self._refuse(self._reason)

    def _stop_parsing(self, reason: HTTPStatus) -> None:
        self._reason = reason
        raise _Refused

    def _refuse(self, status: HTTPStatus) -> None:
        """Answers and ends. While another answer is under way there is no place for this one."""
        if self._is_answering() and not self._give_up_body():
            self.transport.abort()
            return
        self._refused_at = self.loop.time()
        self.transport.write(_answer(status))
        if self.transport.can_write_eof():
            # A client that is still sending would lose the answer if we stopped listening at once.
            self.transport.write_eof()
        else:
            self.transport.close()

    def _give_up_body(self) -> bool:
        """The application that waits for a body learns that its client is gone. False when it has begun to answer."""
        if not self._in_body or self.pipeline or self.cycle.response_started:
            return False
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        return True

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def check(self, now: float) -> None:
        """See `_Watched`."""
        limits = self._limits
        if self._is_lingering(now):
            self.transport.abort()
        elif self._refused_at is not None or self._closing_since is not None:
            return
        elif self._stuck_since is not None:
            if now - self._stuck_since > self._reader_seconds():
                self.transport.abort()
        elif self._in_body:
            self._check_body(now)
        elif self._head_since is not None and now - self._head_since > limits.head_seconds and not self._is_answering():
            self._end_head()

    def _is_lingering(self, now: float) -> bool:
        if self.transport.is_closing() and self._closing_since is None:
            self._closing_since = now
        ended_at = self._refused_at if self._refused_at is not None else self._closing_since
        return ended_at is not None and now - ended_at > self._ending_seconds()

    def _ending_seconds(self) -> float:
        """An answer that ends its connection may still be read, as slowly as any other."""
        unread = self.transport.get_write_buffer_size() > 0
        return self._reader_seconds() if unread else self._limits.close_seconds

    def _reader_seconds(self) -> float:
        own = self.scope.get("state", {}).get(_READER_KEY) if self._heads else None
        return self._limits.reader_seconds if own is None else float(own)

    def _check_body(self, now: float) -> None:
        if self.flow.read_paused:
            # It waits for us.
            self._body_since, self._body_bytes = now, 0
        elif now - self._body_since > self._limits.body_seconds + self._body_bytes / self._limits.body_rate:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _end_head(self) -> None:
        """Ends a request that never came whole: it is told why; an idle connection ends without a word."""
        if self._heads and self.url:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()


class _FileAnswer:
    """See `file_sending.Answer`."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle

    def head(self, message: Any) -> bytes:
        return joined_writes.text_of(self._cycle, message)

    def count_off(self, size: int) -> bool:
        if not self._cycle.disconnected:
            self._cycle.expected_content_length -= size
        return not self._cycle.disconnected


class SocketProtocol(WebSocketsSansIOProtocol):
    """WebSockets of uvicorn's; a client that does not read is dropped."""

    def __init__(self, *arguments: Any, connections: Connections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._connections = connections
        self._stuck_since: float | None = None
        self._closing_since: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._connections.hand_over(transport, self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.leave(self.transport)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._stuck_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stuck_since = None
        super().resume_writing()

    async def send(self, message: Any) -> None:
        """Ends a client that is behind for too long, and then raises `ClientDisconnected`."""
        if self._stuck_since is not None:
            seconds = self._stuck_since + self._connections.limits.socket_seconds - self.loop.time()
            try:
                await asyncio.wait_for(self.writable.wait(), max(0.0, seconds))
            except TimeoutError:
                self.transport.abort()
                raise ClientDisconnected from None
        await super().send(message)

    def handle_ping(self) -> None:
        """Not answered while the client reads nothing: answers would pile up."""
        if self._stuck_since is None:
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def check(self, now: float) -> None:
        """See `_Watched`."""
        limits = self._connections.limits
        if self.transport.is_closing() and self._closing_since is None:
            self._closing_since = now
        has_waited_enough = self._closing_since is not None and now - self._closing_since > limits.close_seconds
        stuck = self._stuck_since is not None and now - self._stuck_since > limits.reader_seconds
        if has_waited_enough or stuck:
            self.transport.abort()


def _answer(status: HTTPStatus) -> bytes:
    """A whole answer in the shape of all errors, after which the connection ends."""
    text, code = _TEXTS[status]
    body = json.dumps({"error": text, "code": code}).encode()
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", "content-type: application/json", "connection: close"]
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        lines.append("retry-after: 5")
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body
