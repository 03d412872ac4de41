"""Tells the world: an event goes to every WebSocket client, and to the notification targets that want it."""

import json
import logging
from collections.abc import Iterable

from dlambda.aws import socket
from dlambda.domain.event import Event, Name
from dlambda.settings import get_settings
from dlambda.store import connections
from dlambda.usecases.announce import announce

log = logging.getLogger(__name__)


def publish(*events: Event) -> None:
    """Sends `events`, in order, to everyone. A client that is gone is forgotten; a push that fails never fails its cause."""
    announce(events)
    frames = [_frame(event) for event in events if event.for_clients]
    if not frames or not get_settings().socket_endpoint:
        return
    for connection_id in connections.list_():
        _push(connection_id, frames)


def reply(connection_id: str, event: Event) -> None:
    """Sends `event` to one client alone."""
    _push(connection_id, [_frame(event)])


def problem(title: str, message: str, **data: object) -> Event:
    """The `log_error` that answers a client's mistake (websocket.md 4)."""
    return Event(Name.LOG_ERROR, data, title, message)


def _frame(event: Event) -> bytes:
    return json.dumps(event.frame(), default=str).encode()


def _push(connection_id: str, frames: Iterable[bytes]) -> None:
    for frame in frames:
        try:
            if not socket.push(connection_id, frame):
                connections.remove(connection_id)
                return
        except socket.PUSH_ERRORS:
            log.warning("A push to a WebSocket client failed", exc_info=True)
            return
