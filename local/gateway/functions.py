"""HTTP groups: the template's routes lead to the Flask applications of the functions, in threads."""

import importlib
import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.gateway.asgi import Receive, Scope, Send, refuse
from local.gateway.wsgi import ClientGone, Exchange, TooLarge, WsgiApp, read_request
from local.template import Function, Route

_THREADS = 32
_CLOSE = (b"connection", b"close")
_log = logging.getLogger(__name__)


class Router:
    """Finds the function of a path; the longest route wins."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._exact = {(route.method, route.path): route.function for route in routes if not route.greedy}
        self._greedy = [route for route in routes if route.greedy]

    def find(self, method: str, path: str) -> Function | None:
        """The function that answers `method` on `path` (below the base path), or None."""
        bare = path.rstrip("/")
        for each in (method, "ANY"):
            if found := self._exact.get((each, bare)):
                return found
        for route in self._greedy:
            if route.method in {method, "ANY"} and path.startswith(route.path + "/"):
                return route.function
        return None


class Functions:
    """The applications, each loaded once; all share the same threads."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._router = Router(routes)
        modules = {route.function.module for route in routes}
        self._apps = {module: _load(module) for module in sorted(modules)}
        self._threads = ThreadPoolExecutor(_THREADS, "functions")

    def find(self, method: str, path: str) -> WsgiApp | None:
        """The application that answers, or None."""
        function = self._router.find(method, path)
        return self._apps[function.module] if function else None

    async def call(self, app: WsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets `app` answer; it takes the base path off by itself. Stops streaming when the client goes."""
        try:
            environ = await read_request(scope, receive)
        except TooLarge:
            return await refuse(send, 413, "The request is too large.", "PAYLOAD_TOO_LARGE", [_CLOSE])
        except ClientGone:
            return None
        return await Exchange(app, environ, receive, send).run(self._threads)


def _load(module: str) -> WsgiApp:
    """The `app` of a function's module. One that does not load answers 500, and the others work."""
    try:
        app: WsgiApp = importlib.import_module(module).app
    except Exception:
        _log.exception("function %s does not load", module)
        return _broken
    return app


def _broken(_: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("500 INTERNAL SERVER ERROR", [("Content-Type", "application/json")])
    return [b'{"error": "Internal Server Error", "code": "INTERNAL_ERROR"}']
