"""The base paths of dialects: below `/ytptube` everything is answered as that server does (docs/contract/dialects.md).

Handlers know nothing of it: the path is taken off before the router sees it, the query is translated before it is read,
and the answer after everything else is done with it.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from flask import Response, request
from werkzeug.datastructures import ImmutableMultiDict

from dlambda.domain.dialects.dialect import Answer, Asked, Dialect
from dlambda.domain.dialects.registry import DIALECTS, split_path
from dlambda.entry.base_path import Wsgi

_KEY: Final = "dlambda.dialect"


class DialectPaths:
    """Takes a dialect's path off and remembers which one it was."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        name, path = split_path(environ["PATH_INFO"])
        if name:
            environ[_KEY] = DIALECTS[name]
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{name}"
            environ["PATH_INFO"] = path
        return self._app(environ, start_response)


def _dialect() -> Dialect | None:
    return request.environ.get(_KEY)


def is_asked() -> bool:
    """True if the request came below the path of a dialect."""
    return _dialect() is not None


def is_open() -> bool:
    """True if the dialect's server asks nobody who calls this route."""
    dialect = _dialect()
    return dialect is not None and f"{request.method} {request.path.rstrip('/')}" in dialect.open_routes


def translate_query() -> None:
    """Asks what a client of the dialect means. Raises `AppError` for what that server refuses."""
    dialect = _dialect()
    translate = dialect.queries.find(request.method, request.path) if dialect else None
    if translate:
        request.args = ImmutableMultiDict(translate(request.args.to_dict()))


def translate_answer(response: Response) -> Response:
    """Says the root's answer as the dialect does. What streams, and what is no JSON, stays."""
    dialect = _dialect()
    if dialect is None or not dialect.changes(request.method, request.path, response.status_code):
        return response
    if response.is_streamed or not response.is_json:
        return response
    answer = Answer(response.status_code, json.loads(response.get_data()))
    translated = dialect.translate(Asked(request.method, request.path, request.args.to_dict()), answer)
    if translated.status != answer.status:
        response.status_code = translated.status
    if translated.body is not answer.body:
        response.set_data(json.dumps(translated.body))
    return response
