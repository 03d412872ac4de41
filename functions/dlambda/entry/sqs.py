"""Queue entry point: handles each message on its own. A known failure is permanent; an unexpected one is retried."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dlambda.aws import queue
from dlambda.domain.messages.queue_messages import Message
from dlambda.domain.messages.queues import read_message
from dlambda.entry.logs import follow_level, set_request_id, set_up_logs
from dlambda.errors import AppError
from dlambda.traces import step
from dlambda.usecases.events.measure import metrics

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)
_SHOWN_CHARACTERS = 500


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
    set_up_logs()
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
        fate = "is retried" if error.retry else "is dropped: permanent error"
        log.warning("message %s: %s", fate, error.message, extra={"code": error.code})
        return not error.retry
    except Exception:
        log.exception("Unexpected failure of a message", extra={"body": body[:_SHOWN_CHARACTERS]})
        return False
    return True
