"""Sessions of the terminal, as clients begin, read and end them; a worker runs them (docs/contract/system.md 5).

A session and the pages of its output are rows that expire. One is active at a time: who runs it renews a claim, so that
a session whose worker died is known as interrupted.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.messages.codec import from_fields, to_fields
from dlambda.domain.messages.queue_messages import RunTerminal
from dlambda.domain.system.terminal import Command
from dlambda.domain.system.terminal_session import (
    KEPT_SECONDS,
    KILLED,
    SessionEvent,
    TerminalSession,
    read_events,
)
from dlambda.domain.ytdlp.option_secrets import mask_options
from dlambda.errors import Conflict, NotFound
from dlambda.store import cache, sealing

_ACTIVE: Final = "terminal:active"
_RECENT: Final = "terminal:recent"
_MOST_RECENT: Final = 10
_FOLLOW_SECONDS: Final = 0.5
# A message waits no longer than this for its worker; who runs a session renews its claim more often.
_START_SECONDS: Final = 60.0
_HELD_SECONDS: Final = 30.0
# Its process is started between two renewals, which takes a minute at most on a busy machine.
HELD_AT_START_SECONDS: Final = 90.0
_ID: Final = re.compile(r"[0-9a-f]{32}")


def create(text: str, command: Command) -> TerminalSession:
    """A new session for the command that was read from `text`. Raises `Conflict` while another is active."""
    now = current().clock.time()
    session = TerminalSession(id=current().new_uuid().hex, command=mask_options(text), created_at=now)
    if not cache.claim(_ACTIVE, now, _START_SECONDS, session.id):
        raise Conflict("A terminal session is already active.")
    save(session)
    sealed = sealing.seal(json.dumps(to_fields(command))).hex()
    cache.put(_command_key(session.id), sealed, now + KEPT_SECONDS)
    _remember(session.id, now)
    queue.send(RunTerminal(session.id))
    return session


def list_recent() -> list[TerminalSession]:
    """The newest sessions, newest first; those that expired are left out."""
    now = current().clock.time()
    ids = cache.find(_RECENT, now) or []
    return [session for session in (_find(session_id, now) for session_id in ids) if session]


def find_active() -> TerminalSession | None:
    """The session that runs or is about to."""
    now = current().clock.time()
    session_id = cache.find(_ACTIVE, now)
    session = _find(session_id, now) if session_id else None
    return session if session and session.is_open else None


def get(session_id: str) -> TerminalSession:
    """Raises `NotFound`."""
    session = _find(session_id, current().clock.time()) if _ID.fullmatch(session_id) else None
    if session is None:
        raise NotFound("Terminal session not found.")
    return session


def cancel(session_id: str) -> None:
    """Has the active session end soon. Raises `NotFound`, and `Conflict` for one that has ended."""
    if not get(session_id).is_open:
        raise Conflict("Terminal session is not active.")
    cache.put(_cancel_key(session_id), True, current().clock.time() + KEPT_SECONDS)


def follow(session_id: str, after: int, seconds: float) -> Iterator[SessionEvent | None]:
    """The events behind number `after`, and those that come within `seconds`; None each time that none came.

    Ends behind `close`. Raises `NotFound` when the session expired meanwhile.
    """
    clock = current().clock
    end, page = clock.monotonic() + seconds, 0
    while True:
        session = get(session_id)
        for number in range(page, session.pages):
            for event in read_events(cache.find(_page_key(session_id, number), clock.time()) or [], after):
                after = event.sequence
                yield event
        page = max(page, session.pages - 1)  # the last may grow
        if not session.is_open or clock.monotonic() >= end:
            return
        yield None
        clock.sleep(_FOLLOW_SECONDS)


# What the worker that runs a session uses


def save(session: TerminalSession) -> None:
    """Writes how far the session is."""
    cache.put(_key(session.id), session.rendered(), current().clock.time() + KEPT_SECONDS + _START_SECONDS)


def save_page(session_id: str, number: int, events: list[SessionEvent]) -> None:
    """Writes a page of its output."""
    rendered = [event.rendered() for event in events]
    cache.put(_page_key(session_id, number), rendered, current().clock.time() + KEPT_SECONDS + _START_SECONDS)


def hold(session_id: str, seconds: float = _HELD_SECONDS) -> bool:
    """Keeps the session active for `seconds` from now; False when it is not any more."""
    return cache.renew(_ACTIVE, session_id, current().clock.time(), seconds)


def release(session_id: str) -> None:
    """Makes room for the next session."""
    cache.renew(_ACTIVE, session_id, current().clock.time(), -1)


def is_cancelled(session_id: str) -> bool:
    return bool(cache.find(_cancel_key(session_id), current().clock.time()))


def take_command(session_id: str) -> Command | None:
    """The command of the session; it is forgotten, so that no repeated message runs it again."""
    key, now = _command_key(session_id), current().clock.time()
    sealed = cache.find(key, now)
    if sealed is None:
        return None
    cache.remove(key)
    return from_fields(Command, json.loads(sealing.unseal(bytes.fromhex(sealed))))


def _find(session_id: str, now: float) -> TerminalSession | None:
    document = cache.find(_key(session_id), now)
    if document is None:
        return None
    session = TerminalSession.read(document)
    if session.is_open and cache.find(_ACTIVE, now) != session_id:
        return _end_of_lost(session, now)
    return session


def _end_of_lost(session: TerminalSession, now: float) -> TerminalSession:
    """Writes the end that a worker that died did not write. Several readers write the same."""
    closing = SessionEvent(session.last_sequence + 1, "close", {"exitcode": KILLED})
    save_page(session.id, session.pages, [closing])
    ended_session = session.interrupted(now).evolve(last_sequence=closing.sequence, pages=session.pages + 1)
    save(ended_session)
    return ended_session


def _remember(session_id: str, now: float) -> None:
    """Puts it first in the list. Only who made the active session writes there."""
    ids = [session_id, *(cache.find(_RECENT, now) or [])]
    for old_id in ids[_MOST_RECENT:]:
        _forget(old_id, now)
    cache.put(_RECENT, ids[:_MOST_RECENT], now + KEPT_SECONDS)


def _forget(session_id: str, now: float) -> None:
    session = _find(session_id, now)
    for number in range(session.pages if session else 0):
        cache.remove(_page_key(session_id, number))
    cache.remove(_key(session_id))


def _key(session_id: str) -> str:
    return f"terminal:{session_id}"


def _page_key(session_id: str, number: int) -> str:
    return f"terminal:{session_id}:{number}"


def _command_key(session_id: str) -> str:
    return f"terminal:{session_id}:command"


def _cancel_key(session_id: str) -> str:
    return f"terminal:{session_id}:cancel"
