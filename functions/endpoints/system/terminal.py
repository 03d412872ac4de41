"""Routes of `/api/system/terminal*` (docs/contract/system.md 5)."""

from collections.abc import Iterator
from typing import Any, Final

from flask import Response, jsonify, request

from dlambda.deployment import current
from dlambda.domain.system.terminal import Command
from dlambda.domain.system.terminal_session import SessionEvent, read_cursor
from dlambda.entry.sse import Sent, Streams
from dlambda.errors import FeatureDisabled, Forbidden, Invalid, Required, Unavailable
from dlambda.media.workers.terminal import Exit
from dlambda.usecases.operations import terminal_sessions
from dlambda.usecases.operations.run_terminal import read_command, run

_streams = Streams(2)
_readers = Streams(8)
_JSON, _STREAM = "application/json", "text/event-stream"
_POLL_SECONDS: Final = 20.0


def check_enabled() -> None:
    """Raises `FeatureDisabled` when the operator did not switch the console on."""
    if not current().settings.console_enabled:
        raise FeatureDisabled("Console feature is disabled.", "console")


def terminal() -> Response:
    """Begins a session for clients that want JSON, else streams what the command writes. Raises the documented texts
    before anything is run.
    """
    check_enabled()
    wants_session = _wants_session()
    if not (wants_session or current().settings.answers_stream):
        raise Forbidden("The console needs an answer that streams: use the deployment's TerminalUrl.")
    text = _command_text()
    command = read_command(text)
    if wants_session:
        return jsonify(terminal_sessions.create(text, command).view())
    return _streams.open(_events(command))


def _wants_session() -> bool:
    """True if `Accept` names JSON and not the stream itself: two generations of clients (system.md 5)."""
    kinds = set(request.accept_mimetypes.values())
    return _JSON in kinds and _STREAM not in kinds


def _command_text() -> str:
    if not request.get_data().strip():
        raise Invalid("Request body is required.")
    body = request.get_json()
    if not isinstance(body, dict):
        raise Invalid("Invalid request payload.")
    text = body.get("command")
    if not isinstance(text, str) or not text.strip():
        raise Required("Command is required.")
    return text


def _events(command: Command) -> Iterator[Sent | None]:
    output = run(command, seconds=current().settings.answer_seconds)
    try:
        for line in output:
            if isinstance(line, Exit):
                yield Sent("close", {"exitcode": line.code})
            else:
                yield Sent("output", {"type": line.source, "line": line.text}) if line else None
    except Unavailable as error:
        yield Sent("output", {"type": "stderr", "line": error.message})
        yield Sent("close", {"exitcode": -1})
    finally:
        output.close()


def list_recent() -> dict[str, Any]:
    check_enabled()
    return {"items": [session.view() for session in terminal_sessions.list_recent()]}


def active() -> Response:
    """The active session, or JSON's null."""
    check_enabled()
    session = terminal_sessions.find_active()
    return jsonify(session.view() if session else None)


def get(session_id: str) -> dict[str, Any]:
    check_enabled()
    return terminal_sessions.get(session_id).view()


def cancel(session_id: str) -> dict[str, Any]:
    check_enabled()
    terminal_sessions.cancel(session_id)
    return {"message": "Terminal session cancellation requested.", "session_id": session_id}


def stream(session_id: str, since: str) -> Response:
    """Replays the session behind the last event that the client has seen, and goes on while it runs."""
    check_enabled()
    after = read_cursor(since, request.headers.get("Last-Event-ID", ""))
    terminal_sessions.get(session_id)
    if current().settings.answers_stream:
        events = terminal_sessions.follow(session_id, after, current().settings.answer_seconds)
        return _readers.open(_send(events))
    return _readers.open(_send(_until_pause(terminal_sessions.follow(session_id, after, _POLL_SECONDS))))


def _send(events: Iterator[SessionEvent | None]) -> Iterator[Sent | None]:
    for event in events:
        yield Sent(event.event, event.data, str(event.sequence)) if event else None


def _until_pause(events: Iterator[SessionEvent | None]) -> Iterator[SessionEvent | None]:
    """As far as there is something at once, where an answer is sent whole: the client asks for the rest."""
    has_some = False
    for event in events:
        if event is None and has_some:
            return
        has_some = has_some or event is not None
        yield event
