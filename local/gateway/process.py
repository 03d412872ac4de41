"""A gateway process: one public port for HTTP, WebSockets and media, one internal port for posts to the sockets.

Forked from the supervisor, with its listening sockets; the public one it may share with siblings.
"""

import asyncio
import contextlib
import hmac
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import quote, urlsplit

import uvicorn
import uvloop

from dlambda.aws import queue
from dlambda.aws.library import Library
from dlambda.deployment import current
from dlambda.domain.dialects.registry import split_path
from dlambda.domain.web.answer_size import MOST_MESSAGE_BYTES
from dlambda.domain.web.node_signature import HEADER, is_signed
from dlambda.entry.base_path import single_slashes
from dlambda.entry.exposure import check_host
from dlambda.entry.logs import set_up_logs
from dlambda.errors import AppError
from dlambda.settings import Settings
from dlambda.usecases.accounts.login_need import is_remembered, login_needed
from dlambda.usecases.operations.monitor import start_monitor
from dlambda.usecases.operations.nodes import enter
from local import nudge, template
from local.gateway.accepting import Acceptor
from local.gateway.asgi import App, Message, Receive, Scope, Send, header, read_body, refuse, values
from local.gateway.connections import Connections, HttpProtocol, SocketProtocol, limits_of_machine
from local.gateway.functions import Functions
from local.gateway.media import Media, MediaSource
from local.gateway.media_engine import EngineMedia
from local.gateway.media_files import LibraryMedia
from local.gateway.place import Place
from local.gateway.siblings import Siblings
from local.gateway.sockets import Sockets, deny
from local.gateway.upstream import media_service
from local.guided import wait_for_go
from local.heartbeat import Heartbeat
from local.processes import leave
from local.spare_memory import give_back_at_rest

_PING_SECONDS = 10.0
_GRACE_SECONDS = 2
# As API Gateway has it: of a message, and of each frame that it comes in.
_MESSAGE_LIMITS_BYTES = (128 * 1024, 32 * 1024)
# The loop answers everybody, so it must not wait five milliseconds for each thread that computes.
_SWITCH_SECONDS = 0.001


def _with_single_slashes(scope: Scope) -> Scope:
    """The request as if its address had no slash too many: clients put `/api` behind a server's final slash. What
    the engine of media gets is changed in front alone.
    """
    raw_path = b"/" + scope["raw_path"].lstrip(b"/")
    return {**scope, "path": single_slashes(scope["path"]), "raw_path": raw_path}


class Gateway:
    """Sends each request where it belongs."""

    def __init__(self, settings: Settings, functions: Functions, sockets: Sockets, media: Media) -> None:
        self._base = settings.base_path.rstrip("/")
        self._functions = functions
        self._sockets = sockets
        self._media = media

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_remembered():
            await asyncio.to_thread(login_needed)  # at most once a second
        try:
            check_host(values(scope, b"host"))
        except AppError as error:
            refuse_here = deny if scope["type"] == "websocket" else refuse
            return await refuse_here(send, error.status, error.message, error.code)
        return await self._answer(_with_single_slashes(scope), receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif (inside := self._below_base(scope["raw_path"])) and self._media.owns(inside):
            await self._media.serve({**scope, "raw_path": inside}, send)
        else:
            await self._http(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A dialect's own path says what the parameter `dialect` says where there is one path alone, in the cloud."""
        path = scope["path"]
        dialect, inside = split_path(path.removeprefix(self._base))
        if not path.startswith(f"{self._base}/") or inside.rstrip("/") != "/ws":
            return await send({"type": "websocket.close"})
        query = b"&".join(part for part in (scope["query_string"], dialect and f"dialect={dialect}".encode()) if part)
        return await self._sockets.serve({**scope, "query_string": query}, receive, send)

    def _below_base(self, raw_path: bytes) -> bytes:
        """The path without the base path; nothing when it lies elsewhere."""
        base = quote(self._base).encode()
        return raw_path.removeprefix(base) if raw_path.startswith(base + b"/") else b""

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if self._base and path in {"/", self._base}:
            location = [(b"location", f"{self._base}/".encode())]
            return await refuse(send, 302, "The service lies below its base path.", "MOVED", location)
        inside = path.startswith(f"{self._base}/")
        path = path.removeprefix(self._base)
        app = self._functions.find(scope["method"], path) if inside else None
        if app is None:
            return await refuse(send, 404, "Not Found", "NOT_FOUND")
        if not await self._functions.answer_directly(app, path, scope, send):
            pool = self._functions.pool_of(scope["method"], path, scope["query_string"])
            await self._functions.call(app, pool, scope, receive, send)
        return None


class _Server(uvicorn.Server):
    """Leaves signals to us: two servers share this process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _SharingServer(_Server):
    """Serves a socket on which sibling processes listen as well."""

    def __init__(self, config: uvicorn.Config, place: Place, connections: Connections) -> None:
        super().__init__(config)
        self._place, self._connections = place, connections
        self._acceptors: list[Acceptor] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens."""
        await super().startup(sockets=[])
        for listener in sockets or ():
            acceptor = Acceptor(listener, self._place, lambda: len(self._connections))
            acceptor.start(self._make_protocol)
            self._acceptors.append(acceptor)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no more connections, and waits for what is under way."""
        for acceptor in self._acceptors:
            acceptor.close()
        await super().shutdown(sockets)

    def _make_protocol(self) -> asyncio.Protocol:
        make = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)  # type: ignore[call-arg]


def _config(app: App, connections: Connections) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=partial(HttpProtocol, connections=connections),  # type: ignore[arg-type]
        ws=partial(SocketProtocol, connections=connections),  # type: ignore[arg-type]
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # it would believe anyone on this machine (dlambda.entry.senders asks who is trusted)
        ws_ping_interval=_PING_SECONDS,
        ws_ping_timeout=_PING_SECONDS,
        ws_max_size=_MESSAGE_LIMITS_BYTES,  # type: ignore[arg-type]  # it hands over what its library takes
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=75,
    )


async def _serve(
    app: App, inner: Sequence[App], sockets: Sockets, listeners: Sequence[socket.socket], place: Place
) -> None:
    """Serves all ports until SIGTERM; the public one ends first, so that its sockets can say goodbye. `inner`: behind
    the other ports.
    """
    limits = limits_of_machine()
    # An internal port has one client, which is this service, or few, which are its nodes.
    own_limits = replace(limits, connections_per_client=limits.connections)
    ports = [Connections(limits), *(Connections(own_limits) for _ in inner)]
    configs = [_config(target, port) for target, port in zip((app, *inner), ports, strict=True)]
    first = _Server(configs[0]) if place.is_only else _SharingServer(configs[0], place, ports[0])
    servers = [first, *map(_Server, configs[1:])]
    loop = asyncio.get_running_loop()
    if current().settings.shares_services and place.is_first:
        Heartbeat(speaks=True, on_forgotten=lambda: asyncio.run_coroutine_threadsafe(sockets.close_all(), loop)).start()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    background = [loop.create_task(sockets.prepare()), *(loop.create_task(port.watch()) for port in ports)]
    await asyncio.gather(*(server.serve([listener]) for server, listener in zip(servers, listeners, strict=True)))
    for task in background[1:]:
        task.cancel()
    with contextlib.suppress(Exception):
        await background[0]


def _below(secret_path: str, app: App) -> App:
    """Answers below the secret path alone, and no page."""
    secret = f"{secret_path}/".encode()

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        begin = scope["path"].encode()[: len(secret)]
        if scope["type"] == "http" and hmac.compare_digest(begin, secret) and not header(scope, b"origin"):
            await app(scope, receive, send)
        elif scope["type"] == "http":
            await refuse(send, 403, "Access denied.", "FORBIDDEN")
        else:
            await send({"type": "websocket.close"})

    return guarded


def _of_nodes(app: App) -> App:
    """Answers nodes of this deployment alone: whoever signs with its secret."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        try:
            body = await read_body(receive, MOST_MESSAGE_BYTES)
        except ValueError:
            return await refuse(send, 413, "The request is too large.", "PAYLOAD_TOO_LARGE")
        signature = header(scope, HEADER.lower().encode()).decode("latin-1")
        secret, path = current().settings.secret_key, scope["raw_path"].decode("latin-1")
        if not is_signed(secret, signature, scope["method"], path, body, current().clock.time()):
            return await refuse(send, 403, "Access denied.", "FORBIDDEN")

        async def whole() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        return await app(scope, whole, send)

    return guarded


def _media(settings: Settings) -> Media:
    """From the files themselves, unless another cloud has the bucket."""
    source: MediaSource
    if settings.library_dir:
        source = LibraryMedia(Library(settings.library_dir), f"/{settings.bucket}/".encode())
    else:
        access = current().service_access.get("s3")
        certificates = (access.certificates if access else "") or os.environ.get("AWS_CA_BUNDLE", "")
        source = EngineMedia(media_service(os.environ["AWS_ENDPOINT_URL_S3"], certificates))
    return Media(settings.bucket, source)


def main(place: Place) -> None:
    """Serves until SIGTERM."""
    settings = current().settings
    set_up_logs()
    sys.setswitchinterval(_SWITCH_SECONDS)
    descriptors = (place.public, place.internal, place.node_port)
    listeners = [socket.socket(fileno=number) for number in descriptors if number is not None]
    plan = template.read()
    functions = Functions(plan.routes)
    secret_path = urlsplit(settings.socket_endpoint).path
    siblings = None if place.is_only else Siblings(place, secret_path)
    sockets = Sockets(plan.socket, node_url=settings.node_url, siblings=siblings)
    gateway = Gateway(settings, functions, sockets, _media(settings))
    inner = [_below(secret_path, sockets.manage), _of_nodes(sockets.manage)]
    wait_for_go()
    if settings.shares_services and place.is_first:
        enter()
    if not place.is_first:
        functions.load_early()  # the start waits for the first process; this one's first client should not
    nudge.watch_sends()
    # A client takes a while to make; the first add that sends is not there yet.
    threading.Thread(target=queue.client, name="queue-client", daemon=True).start()
    give_back_at_rest()
    start_monitor(os.getppid())  # the supervisor, whose children are all processes of the service
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(gateway, inner[: len(listeners) - 1], sockets, listeners, place))
        functions.close()
        leave()
