"""The steps around every route: who asks and from where, what the answer says beside its body, the line of the log."""

import logging
import time
import uuid
from functools import lru_cache

from flask import Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from dlambda.deployment import current
from dlambda.domain.accounts.permission import Permission, check_permission
from dlambda.domain.web.answer_size import MOST_ANSWER_BYTES
from dlambda.entry import dialects, idempotency
from dlambda.entry.attempts import PASSWORD, count_failures
from dlambda.entry.auth import authenticate
from dlambda.entry.exposure import check_open
from dlambda.entry.logs import follow_level, set_request_id
from dlambda.entry.principals import current_principal, set_principal
from dlambda.entry.problem import render, render_http, render_unexpected
from dlambda.entry.routes import GroupApp, permission_of
from dlambda.entry.senders import Incoming, check_sender, cors_headers, header_names
from dlambda.errors import AnswerTooLarge, AppError, Unauthorized
from dlambda.usecases.accounts.key_limits import count_add
from dlambda.usecases.accounts.login_need import login_needed

access_log = logging.getLogger("dlambda.access")

_PREFLIGHT_SECONDS = 900
_MEDIA = ("video/", "audio/", "application/octet-stream", "application/zip")
_PLAIN = ("text/", "application/json", "application/problem+json")
_TOO_LARGE = "The answer would be larger than 5.5 MB: ask for less of it."
_QUIET_PATHS = frozenset({"/api/ping", "/api/system/live", "/api/system/ready"})
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
    g.request_id = request.headers.get("X-Request-Id", "")[:64] or uuid.uuid4().hex
    set_request_id(g.request_id)
    follow_level()
    g.admission = None
    g.incoming = _incoming()
    if current_app.config[_KNOWS_USERS]:
        check_open()
    g.admission = check_sender(g.incoming)
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
    response.headers.setdefault("X-Request-Id", g.request_id)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    _allow_origins(response)
    _part_callers(response)
    if current().settings.access_log and request.path not in _QUIET_PATHS:
        took = round((time.monotonic() - g.began) * 1000, 1)
        access_log.info(
            "%s %s %s",
            request.method,
            request.path,
            response.status_code,
            extra={"status": response.status_code, "ms": took},
        )
    return response


def _allow_origins(response: Response) -> None:
    """CORS (system.md 3)."""
    headers = cors_headers(g.incoming, g.admission)
    response.vary.add(headers.pop("Vary"))
    response.headers.update(headers)
    response.headers.setdefault("Access-Control-Max-Age", str(_PREFLIGHT_SECONDS))


def _part_callers(response: Response) -> None:
    """Where callers sign in, no cache gives the answer of one to another: members ask for the same paths."""
    cache_control = response.headers.get("Cache-Control", "")
    if "max-age" in cache_control and current_app.config[_KNOWS_USERS] and login_needed():
        response.headers["Cache-Control"] = cache_control.replace("public", "private")
        response.headers.pop("Pragma", None)
        response.vary.update(("Authorization", "Cookie"))
