"""The routes of `/api/system/terminal*` (docs/contract/system.md 5)."""

from typing import Any

from flask import Response

from dlambda.domain.accounts.permission import Permission
from dlambda.entry.http import make_routes, problems, text
from endpoints.system import terminal
from endpoints.system.terminal_schemas import Cancelled, CursorQuery, Session, SessionList, SessionOrNone, SessionPath

routes = make_routes("terminal", "yt-dlp's command line")

_BASE = "/api/system/terminal"
_ONE = f"{_BASE}/<session_id>"
Answer = dict[str, Any] | Response


@routes.post(_BASE, permission=Permission.USE_CONSOLE, responses={200: Session, **problems(400, 403, 409, 429)})
def open_terminal() -> Answer:
    """Runs yt-dlp's command line (setting `console_enabled`); its output comes as server-sent events. With `Accept:
    application/json` a session begins, which goes on without its client.
    """
    return terminal.terminal()


@routes.get(_BASE, permission=Permission.USE_CONSOLE, responses={200: SessionList, **problems(403)})
def list_sessions() -> Answer:
    """The newest sessions, newest first."""
    return terminal.list_recent()


@routes.get(f"{_BASE}/active", permission=Permission.USE_CONSOLE, responses={200: SessionOrNone, **problems(403)})
def get_active_session() -> Answer:
    """The session that runs, or null."""
    return terminal.active()


@routes.get(_ONE, permission=Permission.USE_CONSOLE, responses={200: Session, **problems(403, 404)})
def get_session(path: SessionPath) -> Answer:
    """How far a session is."""
    return terminal.get(path.session_id)


@routes.delete(_ONE, permission=Permission.USE_CONSOLE, responses={200: Cancelled, **problems(403, 404, 409)})
def cancel_session(path: SessionPath) -> Answer:
    """Ends the session that runs."""
    return terminal.cancel(path.session_id)


@routes.get(
    f"{_ONE}/stream",
    permission=Permission.USE_CONSOLE,
    responses={200: text("text/event-stream"), **problems(400, 403, 404, 429)},
)
def stream_session(path: SessionPath, query: CursorQuery) -> Answer:
    """The output of a session as server-sent events, behind `Last-Event-ID` or `since`."""
    return terminal.stream(path.session_id, query.since)
