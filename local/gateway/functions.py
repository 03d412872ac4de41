"""HTTP groups: the template's routes lead to the Flask applications of the functions, in threads."""

import importlib
import logging
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from dlambda.entry.direct import DirectRoute, answer_directly
from dlambda.errors import AppError
from dlambda.store.table import TABLE_ERRORS
from local.gateway import direct
from local.gateway.asgi import Receive, Scope, Send, refuse
from local.gateway.log_lines import LogLines
from local.gateway.pools import COMMON, POOLS, ROUTES, Full, Places, Pool, PoolOfRoute
from local.gateway.senders import client_of_scope
from local.gateway.shares import Shares
from local.gateway.wsgi import PIECE_BYTES, ClientGone, Exchange, TooLarge, WsgiApp, read_request
from local.template import Function, Route

_MEGABYTE = 1024 * 1024
_BODY_BYTES = (128 * _MEGABYTE, 64 * _MEGABYTE)
"""Of all request bodies that are being read, and of those of one client."""
_ANSWER_BYTES = (128 * _MEGABYTE, 64 * _MEGABYTE)
"""The same of large answers that wait for their clients to read them."""
_UNREAD_BYTES = 32 * _MEGABYTE
"""A client that has left so much unread gets nothing more of what costs work, until it has read some of it."""
_RETRY_SECONDS = 5
_CLOSE = (b"connection", b"close")
_EARLY_MODULES = frozenset(f"endpoints.{name}.main" for name in ("auth", "file", "history", "page", "system"))
"""What any client needs first. The others, half of the weight of all, are loaded by the first request for them."""
_log = logging.getLogger(__name__)
# Two threads that import modules which import each other could see one of them unfinished.
_loading = threading.Lock()


class Router:
    """Finds the function of a path; the longest route wins."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._exact = {(route.method, route.path): route.function for route in routes if not route.greedy}
        self._greedy = [(route.method, f"{route.path}/", route.function) for route in routes if route.greedy]

    def find(self, method: str, path: str) -> Function | None:
        """The function that answers `method` on `path` (below the base path), or None."""
        bare = path.rstrip("/")
        for verb in (method, "ANY"):
            if function := self._exact.get((verb, bare)):
                return function
        for verb, prefix, function in self._greedy:
            if path.startswith(prefix) and verb in {method, "ANY"}:
                return function
        return None


class Busy(Exception):
    """There is no memory left for what a client sends or asks for."""


class _Application:
    """The application of a function's module, loaded when it is first called."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._app: WsgiApp | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        app = self._app or self.load()  # nobody waits while another group is loaded
        return app(environ, start_response)

    def direct_route(self, path: str) -> DirectRoute | None:
        """The route of a path below the base path that answers without the application; none before that is loaded."""
        routes = getattr(self._app, "direct_routes", ())
        return next((route for route in routes if path.startswith(route.prefix)), None)

    def load(self) -> WsgiApp:
        """A function that does not load answers 500, and the others work."""
        with _loading:
            if self._app is None:
                try:
                    self._app = importlib.import_module(self._module).app
                except Exception:
                    _log.exception("function %s does not load", self._module)
                    self._app = _broken
            return self._app


class Functions:
    """The applications; requests run in the threads of their route's pool (`pools`)."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._router = Router(routes)
        self._apps = {module: _Application(module) for module in sorted({route.function.module for route in routes})}
        self._has_answered = False
        self._pool_of = PoolOfRoute(ROUTES.items())
        self._places = {pool: Places(pool) for pool in POOLS}
        self._log_lines = LogLines(self._places[COMMON].threads)
        self._bodies = Shares(*_BODY_BYTES)
        self._answers = Shares(*_ANSWER_BYTES)

    def _load_early(self) -> None:
        for module, app in self._apps.items():
            if module in _EARLY_MODULES:
                app.load()

    def find(self, method: str, path: str) -> _Application | None:
        """The application that answers, or None."""
        function = self._router.find(method, path)
        return self._apps[function.module] if function else None

    def pool_of(self, method: str, path: str, query: bytes) -> Pool:
        """The pool in whose threads the application answers; `path` lies below the base path."""
        return self._pool_of.find(method, path, query)

    async def answer_directly(self, app: _Application, path: str, scope: Scope, send: Send) -> bool:
        """Answers without the application, where a route can; False when it has to. `path` lies below the base path."""
        route = app.direct_route(path)
        incoming = direct.plain_request(scope, path) if route else None
        if route is None or incoming is None:
            return False
        try:
            answered = answer_directly(route, incoming, scope["scheme"], may_wait=False)
        except BlockingIOError:
            places = self._places[self.pool_of("GET", path, scope["query_string"])]
            try:
                answered = await direct.answer_in_thread(route, incoming, scope, places)
            except Full:
                return False  # it is refused there
            except TABLE_ERRORS as error:
                _log.error("Unexpected failure in %s %s", "GET", path, exc_info=error)
                await refuse(send, 500, "Internal Server Error", AppError.code)
                return True
        if answered is None:
            return False
        await direct.send_answer(scope, send, answered.answer)
        if answered.log:
            self._log_lines.add(answered.log)
        return True

    def close(self) -> None:
        """Leaves nothing unwritten."""
        self._log_lines.write()

    async def call(self, app: WsgiApp, pool: Pool, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets `app` answer; it takes the base path off by itself. Stops streaming when the client goes."""
        client = client_of_scope(scope)
        try:
            await self._answer(app, self._places[pool], client, (scope, receive, send))
        except TooLarge:
            return await refuse(send, 413, "The request is too large.", "PAYLOAD_TOO_LARGE", [_CLOSE])
        except ClientGone:
            return None
        except Busy:
            return await refuse_for_now(send, "The service handles too much data at the moment.")
        except Full:
            return await refuse_for_now(send, "Too many requests of this kind are being answered at the moment.")
        return None

    async def _answer(self, app: WsgiApp, places: Places, client: str, parts: tuple[Scope, Receive, Send]) -> None:
        scope, receive, send = parts
        if places.pool is not COMMON and self._answers.of(client) > _UNREAD_BYTES:
            raise Busy
        memory = _Memory(self._bodies, client)
        try:
            environ = await read_request(scope, receive, memory.grow)
            exchange = Exchange(app, environ, receive, send)
            async with places.place(client) as threads:
                body = await exchange.run(threads)
        finally:
            memory.free()
            self.load_early()
        if body is not None:
            await self._send(exchange, body, client)

    def load_early(self) -> None:
        """Once somebody was answered, what clients need first is loaded: the start waits for the first group alone."""
        if not self._has_answered:
            self._has_answered = True
            threading.Thread(target=self._load_early, name="loader", daemon=True).start()

    async def _send(self, exchange: Exchange, body: bytes, client: str) -> None:
        """A large answer counts while it waits for its client. One to a request that changed something always goes."""
        memory = _Memory(self._answers, client)
        try:
            if len(body) > PIECE_BYTES and exchange.is_safe:
                memory.grow(len(body))
            await exchange.send_whole(body)
        finally:
            memory.free()


class _Memory:
    """The share of one request in a budget of bytes."""

    def __init__(self, shares: Shares, client: str) -> None:
        self._shares = shares
        self._client = client
        self._taken = 0

    def grow(self, amount: int) -> None:
        """Raises `Busy`."""
        if not self._shares.take(self._client, amount):
            raise Busy
        self._taken += amount

    def free(self) -> None:
        if self._taken:
            self._shares.give_back(self._client, self._taken)


async def refuse_for_now(send: Send, text: str) -> None:
    """429 with a time after which trying again may help. What is left of the request is not read."""
    headers = [(b"retry-after", str(_RETRY_SECONDS).encode()), _CLOSE]
    await refuse(send, 429, f"{text} Try again in a moment.", "TOO_MANY", headers)


def _broken(_: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("500 INTERNAL SERVER ERROR", [("Content-Type", "application/json")])
    return [b'{"error": "Internal Server Error", "code": "INTERNAL_ERROR"}']
