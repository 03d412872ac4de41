"""Runs a session of the terminal in a worker, and writes its output for those who read it (system.md 5)."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Final

from dlambda.deployment import current
from dlambda.domain.system.terminal_session import KILLED, SessionStatus, TerminalSession, Transcript
from dlambda.errors import NotFound, Unavailable
from dlambda.media.workers.terminal import Exit, Line
from dlambda.usecases.operations import terminal_sessions
from dlambda.usecases.operations.run_terminal import run

_WRITE_SECONDS: Final = 0.5
_HOLD_SECONDS: Final = 5.0
_MARGIN_SECONDS: Final = 20.0


def run_session(session_id: str, *, seconds_left: Callable[[], float]) -> None:
    """Does nothing for a session that began already, or that was given up before its message came."""
    try:
        session = terminal_sessions.get(session_id)
    except NotFound:
        return
    command = terminal_sessions.take_command(session_id) if session.is_open else None
    if command is None or not terminal_sessions.hold(session_id, terminal_sessions.HELD_AT_START_SECONDS):
        return
    session = session.evolve(status=SessionStatus.RUNNING, started_at=current().clock.time())
    terminal_sessions.save(session)
    with closing(run(command, seconds=seconds_left() - _MARGIN_SECONDS)) as output:
        _Recorder(session).record(output)


class _Recorder:
    """Writes what a command says, twice a second at most, and its end."""

    def __init__(self, session: TerminalSession) -> None:
        self._session = session
        self._transcript = Transcript()
        self._written_at = self._held_at = current().clock.monotonic()
        self._has_news = False

    def record(self, output: Generator[Line | Exit | None, None, None]) -> None:
        """Follows the output to its end, or until the session is cancelled or lost."""
        try:
            for line in output:
                if isinstance(line, Exit):
                    self._end(SessionStatus.FAILED if line.code == KILLED else SessionStatus.COMPLETED, line.code)
                    return
                if line is not None:
                    self._add("output", {"type": line.source, "line": line.text})
                if not self._goes_on():
                    return
        except Unavailable as error:
            self._add("output", {"type": "stderr", "line": error.message})
            self._end(SessionStatus.FAILED, KILLED)

    def _goes_on(self) -> bool:
        """Writes and renews when it is time; False when the session is not to run any more."""
        now = current().clock.monotonic()
        if now - self._held_at >= _HOLD_SECONDS:
            self._held_at = now
            if not terminal_sessions.hold(self._session.id):
                return False
        if now - self._written_at >= _WRITE_SECONDS:
            self._written_at = now
            if terminal_sessions.is_cancelled(self._session.id):
                self._end(SessionStatus.INTERRUPTED, KILLED)
                return False
            if self._has_news:
                self._write()
        return True

    def _add(self, event: str, data: dict[str, object]) -> None:
        self._transcript.add(event, data)
        self._has_news = True
        if self._transcript.is_full:
            self._write()
            self._transcript.turn_page()

    def _write(self) -> None:
        transcript = self._transcript
        terminal_sessions.save_page(self._session.id, transcript.page, transcript.events)
        self._session = self._session.evolve(last_sequence=transcript.sequence, pages=transcript.page + 1)
        terminal_sessions.save(self._session)
        self._has_news = False

    def _end(self, status: SessionStatus, code: int) -> None:
        self._transcript.add("close", {"exitcode": code})
        self._session = self._session.evolve(status=status, exit_code=code, finished_at=current().clock.time())
        self._write()
        terminal_sessions.release(self._session.id)
