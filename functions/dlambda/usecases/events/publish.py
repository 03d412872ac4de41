"""Tells the world: an event goes to the WebSocket clients that may hear of it, and to the notification targets."""

import contextvars
import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from dlambda.aws import socket
from dlambda.deployment import current, per_deployment
from dlambda.domain.dialects import registry
from dlambda.domain.events.event import Event, Name, make_id
from dlambda.domain.events.log_step import log_step
from dlambda.service_absence import warn
from dlambda.store import connections
from dlambda.usecases.events.announce import announce

log = logging.getLogger(__name__)


def publish(*events: Event) -> None:
    """Sends `events`, in order, to those whom they concern: admins, and the member whose they are.

    A client that is gone is forgotten; a push never fails its cause.
    """
    for step in filter(None, map(log_step, events)):  # an item's way can be read in the log
        log.info(step.text, extra={"item_id": step.item_id})
    stamped = [_stamp(event) for event in events]
    announce(stamped)
    _tell(stamped)


def tell_again(*events: Event) -> None:
    """Sends what WebSocket clients may have missed, to them alone: an event that they have changes nothing."""
    _tell([_stamp(event) for event in events])


def _tell(stamped: Sequence[Event]) -> None:
    client_events = [event for event in stamped if event.for_clients]
    if not client_events or not socket.is_served():
        return
    # Side by side: with many clients, whoever caused the events would wait for all of them one after another.
    pushers = _pushers()
    pushes = []
    for audience, connection_ids in connections.ids_by_audience().items():
        frames = [
            frame for event in client_events for frame in registry.messages(event, audience.dialect, audience.owner)
        ]
        if frames:
            pushes += [pushers.submit(contextvars.copy_context().run, _push, id_, frames) for id_ in connection_ids]
    for push in pushes:
        push.result()


@per_deployment
def _pushers() -> ThreadPoolExecutor:
    threads = ThreadPoolExecutor(8, "push")
    current().before_close(threads.shutdown)
    return threads


def reply(connection_id: str, event: Event) -> None:
    """Sends `event` to one client alone; to none that is gone."""
    connection = connections.find(connection_id)
    if connection is not None:
        _push(connection_id, registry.messages(_stamp(event), connection.dialect))


def _stamp(event: Event) -> Event:
    deployment = current()
    return event.stamped(make_id(deployment.random.choice), deployment.clock.now())


def problem(title: str, message: str, **data: object) -> Event:
    """The `log_error` that answers a client's mistake (websocket.md 4)."""
    return Event(Name.LOG_ERROR, data, title, message)


def _push(connection_id: str, frames: Iterable[bytes]) -> None:
    for frame in frames:
        try:
            if not socket.push(connection_id, frame):
                connections.remove(connection_id)
                return
        except socket.PUSH_ERRORS as error:
            warn(log, "A push to a WebSocket client failed", error)
            return
