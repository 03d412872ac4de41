"""HTTP groups: the template's routes lead to the Flask applications of the functions, in threads."""

import asyncio
import contextlib
import importlib
import itertools
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from a2wsgi.wsgi import WSGIResponder

from local.gateway.asgi import Receive, Scope, Send
from local.template import Function, Route

# Answers up to this length are sent in one piece.
_MODERATE_BYTES = 2 * 1024 * 1024
_STREAM_QUEUE = 10
_THREADS = 32
_APP = "dlambda.app"
_GONE = "dlambda.gone"
_log = logging.getLogger(__name__)

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


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

    async def call(self, app: WsgiApp, base: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets `app` answer. It sees its path below `base`, and stops streaming when the client goes."""
        gone = threading.Event()
        inner = {**scope, "root_path": base, _APP: app, _GONE: gone}
        watched = _Receive(receive, gone)
        try:
            await _Responder(_dispatch, self._threads, _STREAM_QUEUE)(inner, watched, send)
        finally:
            watched.stop()


class _Responder(WSGIResponder):
    """Answers of known, moderate length go back to the loop in one piece; what streams goes chunk by chunk.

    Each hand-over between threads costs about as much as a table request.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._start: dict[str, Any] | None = None
        self._body = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await super().__call__(scope, receive, send)
        if self._start is not None:
            await send(self._start)
            await send({"type": "http.response.body", "body": self._body})

    def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and _is_moderate(message["headers"]):
            self._start = message
        else:
            super().send(message)

    def wsgi(self, environ: Any, start_response: Any) -> None:
        chunks = iter(self.app(environ, start_response))
        first = next(chunks, b"")
        if self._start is not None:
            self._body = first + b"".join(chunks)
            return
        for chunk in itertools.chain([first], chunks):
            self.send({"type": "http.response.body", "body": chunk, "more_body": True})
        self.send({"type": "http.response.body", "body": b""})


def _is_moderate(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    length = dict(headers).get(b"content-length", b"")
    return length.isdigit() and int(length) <= _MODERATE_BYTES


class _Receive:
    """Hands the request's body on, and hears meanwhile whether the client goes; few functions ask for either."""

    def __init__(self, receive: Receive, gone: threading.Event) -> None:
        self._messages: asyncio.Queue[Any] = asyncio.Queue(1)
        self._pump = asyncio.get_running_loop().create_task(self._run(receive, gone))

    async def __call__(self) -> Any:
        return await self._messages.get()

    async def _run(self, receive: Receive, gone: threading.Event) -> None:
        while not gone.is_set():
            message = await receive()
            if message["type"] == "http.disconnect":
                gone.set()
            await self._messages.put(message)

    def stop(self) -> None:
        self._pump.cancel()


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


def _dispatch(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    scope = environ["asgi.scope"]
    chunks = scope[_APP](environ, start_response)
    try:
        for chunk in chunks:
            if scope[_GONE].is_set():
                return
            yield chunk
    finally:
        with contextlib.suppress(AttributeError):
            chunks.close()
