"""WebSockets as API Gateway gives them to a function, and the management API by which functions post to them."""

import asyncio
import contextlib
import importlib
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from dlambda.domain.web.connection_id import connection_id
from local.context import Context
from local.gateway.asgi import Receive, Scope, Send, answer, header, problem, read_body
from local.gateway.pace import Pace
from local.gateway.pools import Places, Pool
from local.gateway.shares import client_of
from local.gateway.siblings import Siblings
from local.template import Function

_HANDSHAKE_SECONDS = 29.0
_ALL = "*"  # in an id that stands for all connections of a process; no connection has it
_POST_SECONDS = 5.0
# API Gateway ends every connection then, and the records of connections count on it.
_LONGEST_SECONDS = 2 * 3600.0
_LIMIT_PER_SOCKET = 4
_RESTART = 1012  # "service restart": clients connect again
_MESSAGES = Pool("socket-messages", 32, 8, 8192)
# Apart, since a message may wait for a site.
_HANDSHAKES = Pool("socket-handshakes", 16, 4, 8192)
# Of all sockets of one client together; API Gateway has such a limit, too.
_MESSAGES_PER_SECOND = 50
_MESSAGES_AT_ONCE = 100
_log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], Any], Any]


@dataclass(slots=True)
class _Connection:
    """An open socket. `open` is done once the handshake is answered."""

    id: str
    send: Send
    connected_at: float
    source_ip: str
    user_agent: str
    host: str
    open: "asyncio.Future[None]"
    last_active: float
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LIMIT_PER_SOCKET))


class Sockets:
    """All sockets of this gateway."""

    def __init__(
        self,
        function: Function,
        longest_seconds: float = _LONGEST_SECONDS,
        node_url: str = "",
        siblings: Siblings | None = None,
    ) -> None:
        """`node_url`: where other nodes push to these sockets; empty on the only machine. `siblings`: of a gateway with
        several processes.
        """
        self._function = function
        self._node_url = node_url
        self._siblings = siblings
        self._process = siblings.place.number if siblings else 0
        self._longest_seconds = longest_seconds
        self._handler: Handler | None = None
        self._messages = Places(_MESSAGES)
        self._handshakes = Places(_HANDSHAKES)
        self._pace = Pace(_MESSAGES_PER_SECOND, _MESSAGES_AT_ONCE)
        self._open: dict[str, _Connection] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a client from handshake to end."""
        await receive()
        connection = _connection(scope, send, self._node_url, self._process)
        # Known before the function is: it may greet the client sooner than we have answered.
        self._open[connection.id] = connection
        try:
            status, headers, body = await self._connect(scope, connection)
            if status != 200:
                return await _deny(send, status, headers, body)
            await send({"type": "websocket.accept"})
            connection.open.set_result(None)
            await self._serve_open(connection, receive)
            await self._call(connection, "DISCONNECT", {})
        finally:
            del self._open[connection.id]
            connection.open.cancel()
        return None

    async def _connect(self, scope: Scope, connection: _Connection) -> tuple[int, Mapping[str, str], str]:
        """Calls the function for `$connect`; its status, headers, body."""
        try:
            answer = await asyncio.wait_for(self._call(connection, "CONNECT", _request(scope)), _HANDSHAKE_SECONDS)
        except TimeoutError:
            return 504, {}, ""
        if not isinstance(answer, dict):
            return 500, {}, ""
        return int(answer.get("statusCode", 500)), answer.get("headers") or {}, str(answer.get("body") or "")

    async def _serve_open(self, connection: _Connection, receive: Receive) -> None:
        """Until the client goes, or as long as a connection may last."""
        try:
            async with asyncio.timeout(self._longest_seconds):
                await self._listen(connection, receive)
        except TimeoutError:
            await connection.send({"type": "websocket.close", "code": 1001})

    async def _listen(self, connection: _Connection, receive: Receive) -> None:
        """Each text frame is handled beside the others; too many of one client make it wait."""
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            if text is None:
                continue
            connection.last_active = time.time()
            await self._pace.wait(client_of(connection.source_ip))
            await connection.slots.acquire()
            task = asyncio.get_running_loop().create_task(self._call(connection, "MESSAGE", {"body": text}))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: connection.slots.release())

    async def _call(self, connection: _Connection, kind: str, request: dict[str, Any]) -> Any:
        """Calls the function; None when it fails, which is logged and leaves the socket open."""
        event = {**request, "requestContext": _request_context(connection, kind), "isBase64Encoded": False}
        places = self._messages if kind == "MESSAGE" else self._handshakes
        try:
            async with places.place(client_of(connection.source_ip)) as threads:
                return await asyncio.get_running_loop().run_in_executor(threads, self._invoke, event)
        except Exception:
            _log.exception("%s failed", self._function.module)
            return None

    def _invoke(self, event: dict[str, Any]) -> Any:
        if self._handler is None:
            self._handler = getattr(importlib.import_module(self._function.module), self._function.attribute)
        return self._handler(event, Context(self._function.name, self._function.timeout_seconds))

    async def manage(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`/@connections/{id}`: POST sends the body, GET describes, DELETE closes; 410 when the client is gone."""
        body = await read_body(receive)
        # As it came: an id may hold slashes, which are escaped.
        prefix, _, name = scope["raw_path"].decode("latin-1").rpartition("/")
        connection_name = unquote(name)
        connection = self._open.get(connection_name)
        if not unquote(prefix).endswith("/@connections"):
            return await answer(send, 404)
        if self._siblings and self._siblings.have(connection_name):
            return await self._relay(self._siblings, scope["method"], connection_name, body, send)
        if scope["method"] == "DELETE" and connection_name == connection_id(_ALL, "", self._process):
            await self._close_own()
            return await answer(send, 204)
        if connection is None:
            return await _closed(send)
        if scope["method"] == "GET":
            return await answer(send, 200, [(b"content-type", b"application/json")], _description(connection))
        post = scope["method"] == "POST"
        try:
            async with asyncio.timeout(_POST_SECONDS):
                await asyncio.shield(connection.open)
                await connection.send(_text(body) if post else {"type": "websocket.close", "code": 1000})
        except (TimeoutError, asyncio.CancelledError, RuntimeError, OSError):
            return await _closed(send)
        return await answer(send, 200 if post else 204)

    async def _relay(self, siblings: Siblings, method: str, name: str, body: bytes, send: Send) -> None:
        try:
            status, text = await siblings.ask(method, name, body)
        except (OSError, ValueError):
            status, text = 410, b""  # as of a client that does not take it
        if status == 410:
            return await _closed(send)
        return await answer(send, status, [(b"content-type", b"application/json")] if text else [], text)

    async def close_all(self) -> None:
        """Ends all sockets of this gateway, so that their clients come anew: nobody knows of them any more."""
        await self._close_own()
        if self._siblings:
            for number in self._siblings.numbers:
                with contextlib.suppress(OSError, ValueError):
                    await self._siblings.ask("DELETE", connection_id(_ALL, "", number))

    async def _close_own(self) -> None:
        for connection in list(self._open.values()):
            with contextlib.suppress(RuntimeError, OSError):
                await connection.send({"type": "websocket.close", "code": _RESTART})

    async def prepare(self) -> None:
        """Loads the function before the first client needs it."""
        async with self._handshakes.place("") as threads:
            await asyncio.get_running_loop().run_in_executor(threads, importlib.import_module, self._function.module)


def _connection(scope: Scope, send: Send, node_url: str, process: int) -> _Connection:
    return _Connection(
        id=connection_id(secrets.token_urlsafe(10), node_url, process),  # 14 characters
        send=send,
        connected_at=time.time(),
        source_ip=(scope.get("client") or ("", 0))[0],
        user_agent=header(scope, b"user-agent").decode("latin-1"),
        host=header(scope, b"host").decode("latin-1"),
        open=asyncio.get_running_loop().create_future(),
        last_active=time.time(),
    )


def _request(scope: Scope) -> dict[str, Any]:
    """The handshake's headers and query, single and multiple."""
    headers: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").title(), []).append(value.decode("latin-1"))
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, encoding="utf-8"):
        query.setdefault(name, []).append(value)
    return {
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
    }


def _request_context(connection: _Connection, kind: str) -> dict[str, Any]:
    now = time.time()
    request_id = secrets.token_hex(8)
    context = {
        "routeKey": {"CONNECT": "$connect", "DISCONNECT": "$disconnect"}.get(kind, "$default"),
        "eventType": kind,
        "connectionId": connection.id,
        "connectedAt": int(connection.connected_at * 1000),
        "requestTimeEpoch": int(now * 1000),
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "requestId": request_id,
        "extendedRequestId": request_id,
        "messageDirection": "IN",
        "stage": "ws",
        "apiId": "local",
        "domainName": connection.host,
        "identity": {"sourceIp": connection.source_ip, "userAgent": connection.user_agent},
    }
    return context | ({"messageId": secrets.token_hex(8)} if kind == "MESSAGE" else {})


def _description(connection: _Connection) -> bytes:
    def stamp(seconds: float) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

    identity = {"sourceIp": connection.source_ip, "userAgent": connection.user_agent}
    times = {"connectedAt": stamp(connection.connected_at), "lastActiveAt": stamp(connection.last_active)}
    return json.dumps({**times, "identity": identity}).encode()


def _text(body: bytes) -> dict[str, Any]:
    return {"type": "websocket.send", "text": body.decode(errors="replace")}


async def deny(send: Send, status: int, text: str, code: str) -> None:
    """Refuses a handshake without asking the function."""
    await _deny(send, status, {}, problem(text, code).decode())


async def _deny(send: Send, status: int, headers: Mapping[str, str], body: str) -> None:
    """Answers the handshake as a plain request, before the upgrade."""
    fields = {"content-type": "application/json"} | {name.lower(): value for name, value in headers.items()}
    if status == 401:
        fields.setdefault("www-authenticate", 'Basic realm="Authorization Required."')
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]
    await send({"type": "websocket.http.response.start", "status": status, "headers": pairs})
    await send({"type": "websocket.http.response.body", "body": body.encode(), "more_body": False})


def _closed(send: Send) -> Awaitable[None]:
    headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", b"GoneException")]
    return answer(send, 410, headers, b'{"message": "Gone"}')
