"""The steps around every route: who asks and from where, what the answer says beside its body, the line of the log."""

import time
from functools import lru_cache

from flask import Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from dlambda.domain.accounts.permission import Permission, check_permission
from dlambda.domain.web.answer_size import MOST_ANSWER_BYTES
from dlambda.entry import dialects, idempotency
from dlambda.entry.around import admit, common_headers, id_of_request, line_of_answer, origin_headers
from dlambda.entry.attempts import PASSWORD, count_failures
from dlambda.entry.auth import authenticate
from dlambda.entry.logs import follow_level, set_request_id
from dlambda.entry.principals import current_principal, set_principal
from dlambda.entry.problem import render, render_http, render_unexpected
from dlambda.entry.routes import GroupApp, permission_of
from dlambda.entry.senders import Incoming, header_names
from dlambda.errors import AnswerTooLarge, AppError, Unauthorized
from dlambda.usecases.accounts.key_limits import count_add
from dlambda.usecases.accounts.login_need import login_needed

_MEDIA = ("video/", "audio/", "application/octet-stream", "application/zip")
_PLAIN = ("text/", "application/json", "application/problem+json")
_TOO_LARGE = "The answer would be larger than 5.5 MB: ask for less of it."
_KNOWS_USERS = "DLAMBDA_KNOWS_USERS"


def add_steps(app: GroupApp, *, authenticated: bool) -> None:
    """Adds the checks before each route, the headers after it, and the answers to errors.

    `authenticated`: users and their permissions are checked.
    """
    app.config[_KNOWS_USERS] = authenticated
    app.before_request(_begin)
    if authenticated:
        app.before_request(_authenticate)
        app.before_request(_authorize)
        app.before_request(idempotency.replay)
    app.before_request(dialects.translate_query)
    # These run from the last to the first: the answer that is kept for repeats is the root's.
    app.after_request(_finish)
    app.after_request(dialects.translate_answer)
    app.after_request(idempotency.keep)
    app.register_error_handler(AppError, render)
    app.register_error_handler(HTTPException, render_http)
    app.register_error_handler(Exception, render_unexpected)


def _begin() -> Response | None:
    g.began = time.monotonic()
    g.request_id = id_of_request(request.headers.get("X-Request-Id", ""))
    set_request_id(g.request_id)
    follow_level()
    g.admission = None
    g.incoming = _incoming()
    g.admission = admit(g.incoming, knows_users=current_app.config[_KNOWS_USERS])
    if request.method == "OPTIONS" and request.url_rule is not None:
        return Response(status=204)
    return None


def _incoming() -> Incoming:
    environ = request.environ
    headers = {name: environ[key] for name, key in _variables(header_names()) if key in environ}
    query = request.query_string.decode("latin-1")
    return Incoming(request.method, request.path, query, headers, request.remote_addr or "")


@lru_cache(maxsize=8)
def _variables(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Headers with their names in a WSGI environment."""
    return [(name, f"HTTP_{name.upper().replace('-', '_')}") for name in names]


def _authenticate() -> None:
    """Finds out who asks. A route for everyone is answered without, also when the credentials are wrong."""
    try:
        with count_failures(PASSWORD, g.incoming.client):
            set_principal(authenticate(g.incoming, g.admission, request.args.get("apikey")))
    except Unauthorized:
        if not _is_public():
            raise


def _is_public() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return dialects.is_open() or (view is not None and permission_of(view) is Permission.PUBLIC)


def _authorize() -> None:
    """Raises `Forbidden` where the caller lacks the route's permission; a route that declares none is for admins."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or _is_public():  # there is no such route, or it asks nobody
        return
    principal, permission = current_principal(), permission_of(view)
    check_permission(principal, permission)
    if principal.key_id and permission is Permission.ADD_ITEMS:
        count_add(principal.key_id)


def _bound(response: Response) -> Response:
    """The answer, or an error in the place of one that is larger than a function's may be. Streams and media pass."""
    kind = response.mimetype or ""
    if response.is_streamed or kind.startswith(_MEDIA):
        return response
    byte_count = response.calculate_content_length() or 0
    if not kind.startswith(_PLAIN):  # it grows by a third on its way
        byte_count = byte_count * 4 // 3
    return response if byte_count <= MOST_ANSWER_BYTES else render(AnswerTooLarge(_TOO_LARGE))


def _finish(answer: Response) -> Response:
    response = _bound(answer)
    for name, text in common_headers(g.request_id).items():
        response.headers.setdefault(name, text)
    _allow_origins(response)
    _part_callers(response)
    if log := line_of_answer(request.method, request.path, response.status_code, g.began):
        log()
    return response


def _allow_origins(response: Response) -> None:
    """CORS (system.md 3)."""
    headers = origin_headers(g.incoming, g.admission)
    response.vary.add(headers.pop("Vary"))
    max_age = headers.pop("Access-Control-Max-Age")
    response.headers.update(headers)
    response.headers.setdefault("Access-Control-Max-Age", max_age)


def _part_callers(response: Response) -> None:
    """Where callers sign in, no cache gives the answer of one to another: members ask for the same paths."""
    cache_control = response.headers.get("Cache-Control", "")
    if "max-age" in cache_control and current_app.config[_KNOWS_USERS] and login_needed():
        response.headers["Cache-Control"] = cache_control.replace("public", "private")
        response.headers.pop("Pragma", None)
        response.vary.update(("Authorization", "Cookie"))
