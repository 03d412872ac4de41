"""HTTP entry point: an app per endpoint group, and the ways in (functions-framework, API Gateway).

routes = make_routes("history")            # routes.py: `@routes.get(..., permission=...)`
app = make_app(routes)                     # main.py
history = http_entry(app)                  # functions-framework target
lambda_handler = make_lambda_handler(app)  # API Gateway
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from flask import Flask, Request, Response

from dlambda.deployment import current
from dlambda.entry import dialects
from dlambda.entry.base_path import BasePath
from dlambda.entry.exposure import check_host
from dlambda.entry.json_request import JsonRequest
from dlambda.entry.problem import Problem, render
from dlambda.entry.routes import GroupApp, Routes
from dlambda.entry.start import set_up
from dlambda.entry.steps import add_steps
from dlambda.errors import AppError
from dlambda.usecases.events.measure import metrics

Handler = Callable[[Mapping[str, Any], Any], Mapping[str, Any]]
_SECURITY: Mapping[str, list[dict[str, list[str]]]] = {
    "user": [{"session": []}, {"bearer": []}, {"basic": []}, {"apikey": []}],
    "key": [{"key": []}],
}


def problems(*statuses: int) -> dict[int | str, Any]:
    """The error answers of a route, for its documentation."""
    return dict.fromkeys(statuses, Problem)


def text(*media_types: str) -> dict[str, Any]:
    """An answer of a route that is text and no JSON, for its documentation."""
    return {"content": {media_type: {"schema": {"type": "string"}} for media_type in media_types}}


def binary(*media_types: str) -> dict[str, Any]:
    """An answer of a route that is neither text nor JSON, for its documentation."""
    return {"content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in media_types}}


def make_routes(name: str, description: str = "", *, security: str = "user") -> Routes:
    """The routes of one group, named by its URL's noun. `security="key"`: they want an API key, not a user."""
    return Routes(name, description, _SECURITY[security])


def make_app(*groups: Routes, authenticated: bool = True) -> GroupApp:
    """A group's app. `authenticated=False` is for groups that check keys of their own, or are for everyone."""
    set_up()
    app = GroupApp(groups[0].name, static_folder=None)
    app.request_class = JsonRequest
    app.url_map.strict_slashes = False
    app.json.ensure_ascii = True  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for group in groups:
        app.register_blueprint(group)
    if authenticated:
        app.direct_routes = [route for group in groups for route in group.direct_routes]
    add_steps(app, authenticated=authenticated)
    below_base = dialects.DialectPaths(app.wsgi_app)
    app.wsgi_app = BasePath(below_base, current().settings.base_path)  # type: ignore[method-assign]
    return app


def http_entry(app: Flask) -> Callable[[Request], Response]:
    """The app as a functions-framework target, which must be a plain function."""

    def entry(incoming: Request) -> Response:
        try:
            check_host(incoming.headers.getlist("Host"))
        except AppError as error:
            return render(error)
        # Read here: in debug mode the framework's body can't be read from a second app.
        body = incoming.get_data(cache=True)
        environ = {**incoming.environ, "wsgi.input": _Replay(body), "CONTENT_LENGTH": str(len(body))}
        return cast("Response", Response.from_app(app, environ))

    return entry


def make_lambda_handler(app: Flask) -> Handler:
    """The app behind API Gateway's HTTP API (payload format 2.0)."""
    from apig_wsgi import make_lambda_handler as adapt

    handler = cast("Handler", adapt(app, binary_support=True))

    def handle(event: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
        # With an underscore a header would pass for the one with a hyphen that a proxy sets.
        headers = {name: text for name, text in event.get("headers", {}).items() if "_" not in name}
        answer = handler({**event, "headers": headers}, context)
        metrics().end_invocation()
        return answer

    return handle


class _Replay:
    """A body that has been read already, as a WSGI input."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        part = self._body if size < 0 else self._body[:size]
        self._body = self._body[len(part) :]
        return part

    def readline(self, _size: int = -1) -> bytes:
        line, mark, self._body = self._body.partition(b"\n")
        return line + mark
