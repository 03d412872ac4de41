"""Queue entry point: handles each message on its own. A known failure is permanent; an unexpected one is retried."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dlambda.aws import queue
from dlambda.deployment import current, per_deployment
from dlambda.domain.messages.queue_messages import Message
from dlambda.domain.messages.queues import MOST_RECEIVES, QUEUES, read_message, wait_seconds
from dlambda.entry.logs import follow_level, set_request_id
from dlambda.entry.start import set_up
from dlambda.errors import AppError
from dlambda.service_absence import find_absence
from dlambda.traces import step
from dlambda.usecases.events.measure import metrics

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)
_SHOWN_CHARACTERS = 500
_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call of a function. `seconds_left` answers how long it may run on."""

    seconds_left: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Route(Generic[M]):
    """The handler of a message type. A message that `handle` returns is sent: another invocation continues the work."""

    kind: type[M]
    handle: Callable[[M, Invocation], Message | None]


class QueueHandler:
    """The Lambda handler of one or several queues."""

    def __init__(self, routes: tuple[Route[Any], ...]) -> None:
        self._routes = routes

    @property
    def kinds(self) -> tuple[type[Message], ...]:
        """The messages that it handles."""
        return tuple(route.kind for route in self._routes)

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Handles the records of the event; answers those that should come again."""
        invocation = Invocation(lambda: float(context.get_remaining_time_in_millis() / 1000))
        failed = [record["messageId"] for record in event["Records"] if not _handle(self._routes, record, invocation)]
        metrics().end_invocation()
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def make_queue_handler(*routes: Route[Any]) -> QueueHandler:
    """A handler with a route for each type of message that its queues carry."""
    set_up()
    return QueueHandler(routes)


def _handle(routes: tuple[Route[Any], ...], record: Mapping[str, Any], invocation: Invocation) -> bool:
    """False when the same message should come again."""
    set_request_id(record["messageId"])
    follow_level()
    body = record["body"]
    try:
        message = read_message(body, [route.kind for route in routes])
    except AppError as error:
        log.error("message is dropped: it cannot be read: %s", error.message, extra={"body": body[:_SHOWN_CHARACTERS]})  # noqa: TRY400 the text is all
        return True
    handle = next(route.handle for route in routes if route.kind is type(message))
    try:
        with step(type(message).__name__, **{"message_id": str(message.id)} if hasattr(message, "id") else {}):
            if (remainder := handle(message, invocation)) is not None:
                queue.send(remainder)
    except AppError as error:
        fate = _next_try(message, record) if error.retry else "is dropped: permanent error"
        log.warning("message %s %s: %s", type(message).__name__, fate, error.message, extra={"code": error.code})
        return not error.retry
    except Exception as error:  # noqa: BLE001 the last resort of a message: it is logged, and comes again
        _log_failure(error, message, record)
        return False
    return True


def _log_failure(error: Exception, message: Message, record: Mapping[str, Any]) -> None:
    """A line for a service that is away, which is no mistake of ours; else what was raised, with its trace once."""
    kind, fate = type(message).__name__, _next_try(message, record)
    extra = {"body": record["body"][:_SHOWN_CHARACTERS]}
    if service := find_absence(error):
        log.warning("message %s %s, since %s cannot serve now: %s", kind, fate, service, error, extra=extra)
    elif _traced_failures().add(record["messageId"], type(error)):
        log.error("Unexpected failure of a message: %s %s", kind, fate, exc_info=error, extra=extra)
    else:
        log.error("Unexpected failure of a message, as before: %s %s: %r", kind, fate, error, extra=extra)


def _next_try(message: Message, record: Mapping[str, Any]) -> str:
    """When the message comes again; the minute's round may wake what it names before."""
    receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
    if receives >= MOST_RECEIVES:
        return "goes to the dead letters"
    is_hidden = current().hosting.hides_failed_messages
    seconds = QUEUES[message.queue].visibility_seconds if is_hidden else wait_seconds(receives)
    return f"is tried again within {seconds} s"


class _TracedFailures:
    """Failures of messages whose trace this process has logged, the latest of them."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, type[Exception]], None] = OrderedDict()

    def add(self, message_id: str, kind: type[Exception]) -> bool:
        """False for one that is among them already."""
        is_new = (message_id, kind) not in self._failures
        self._failures[message_id, kind] = None
        if len(self._failures) > _MOST_REMEMBERED:
            self._failures.popitem(last=False)
        return is_new


@per_deployment
def _traced_failures() -> _TracedFailures:
    return _TracedFailures()
