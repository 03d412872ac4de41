"""The routes `$connect`, `$disconnect` and `$default` (docs/contract/websocket.md 2)."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.accounts.permission import Permission, check_permission, holds
from dlambda.domain.dialects.registry import BRIEF, DIALECTS, ROOT
from dlambda.domain.events.event import Event, Name, make_id
from dlambda.domain.messages.queue_messages import GreetClient
from dlambda.entry.attempts import PASSWORD, count_failures
from dlambda.entry.auth import authenticate
from dlambda.entry.exposure import check_open
from dlambda.entry.json_text import read_json
from dlambda.entry.senders import Incoming, check_sender
from dlambda.errors import AppError, Invalid
from dlambda.store import connections
from dlambda.usecases.events.publish import problem, reply
from events.on_socket.messages import HANDLERS

log = logging.getLogger(__name__)

_SID_LENGTH = 14
_SHOWN_LENGTH = 50
_PATH = "/ws"
_OK = {"statusCode": 200}
_FORBIDDEN = "You do not have permission to perform this action."
_OPAQUE = "Internal Server Error"
_FAILED = {"add_url": "Error Adding URL"}


def answer(event: Mapping[str, Any]) -> dict[str, Any]:
    """Handles an event of the gateway. Only `$connect` can be refused."""
    context = event["requestContext"]
    connection_id = context["connectionId"]
    if context["routeKey"] == "$connect":
        return _connect(event, connection_id)
    if context["routeKey"] == "$disconnect":
        connections.remove(connection_id)
        return _OK
    _message(connection_id, event.get("body") or "")
    return _OK


def _connect(event: Mapping[str, Any], connection_id: str) -> dict[str, Any]:
    query = event.get("queryStringParameters") or {}
    incoming = _incoming(event)
    try:
        check_open()
        admitted = check_sender(incoming)
        dialect = _dialect(query.get("dialect") or "") or (BRIEF if query.get("progress") == "true" else ROOT)
        with count_failures(PASSWORD, incoming.client):
            principal = authenticate(incoming, admitted, query.get("apikey"), query.get("ticket"))
        check_permission(principal, Permission.READ_ITEMS)
    except AppError as error:
        body = json.dumps({"error": error.message, "code": error.code, **error.extra})
        return {"statusCode": error.status, "headers": error.headers, "body": body}
    connections.add(connection_id, make_id(current().random.choice, _SID_LENGTH), principal, dialect)
    queue.send(GreetClient(connection_id))
    return _OK


def _incoming(event: Mapping[str, Any]) -> Incoming:
    """The handshake, its headers joined where there are several of one name."""
    headers = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
    peer = event["requestContext"].get("identity", {}).get("sourceIp", "")
    return Incoming("GET", _PATH, "", {name.lower(): ",".join(values) for name, values in headers.items()}, peer)


def _dialect(name: str) -> str:
    """Returns the name of a dialect. Raises `Invalid` for one that nobody speaks."""
    if name != ROOT and name not in DIALECTS:
        raise Invalid(f"There is no dialect {name[:_SHOWN_LENGTH]!r}.")
    return name


def greet(connection_id: str) -> None:
    """Tells a new client its session id."""
    connection = connections.find(connection_id)
    if connection is not None:
        beside = {"sid": connection.sid, "timestamp": current().clock.time()}
        reply(connection_id, Event(Name.CONNECTED, {"sid": connection.sid}, beside=beside))


def _message(connection_id: str, body: str) -> None:
    """Handles a frame. A frame without an event is ignored; a failure is logged and told, and the connection stays."""
    try:
        frame = read_json(body)
    except ValueError:
        return
    name = frame.get("event") if isinstance(frame, dict) else None
    permission, handler = HANDLERS.get(name, (None, None)) if isinstance(name, str) else (None, None)
    if permission is None or handler is None:
        return
    connection = connections.find(connection_id)
    if connection is None:
        return  # it was closed meanwhile
    if not holds(connection.principal, permission):
        reply(connection_id, problem("Forbidden", _FORBIDDEN))
        return
    try:
        handler(connection, frame.get("data"))
    except Exception:
        log.exception("Unexpected failure of a WebSocket message", extra={"event": name})
        reply(connection_id, problem(_FAILED.get(str(name), _OPAQUE), _OPAQUE))
