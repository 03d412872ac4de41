"""Queue entry point: handles each message on its own. A known failure is permanent; an unexpected one is retried."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from dlambda.entry.logs import set_request_id, set_up_logs
from dlambda.errors import AppError

log = logging.getLogger(__name__)

Message = Mapping[str, Any]
Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]


def make_queue_handler(handle: Callable[[Message, Any], None]) -> Handler:
    """`handle` gets the body of each message and the invocation's context. What fails is reported back to the queue."""
    set_up_logs()

    def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        failed = [record["messageId"] for record in event["Records"] if not _handled(handle, record, context)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return lambda_handler


def _handled(handle: Callable[[Message, Any], None], record: Mapping[str, Any], context: Any) -> bool:
    """False when the same message should come again."""
    set_request_id(record["messageId"])
    try:
        handle(json.loads(record["body"]), context)
    except AppError as error:
        fate = "is retried" if error.retry else "is dropped: permanent error"
        log.warning("message %s: %s", fate, error.message, extra={"code": error.code})
        return not error.retry
    except Exception:
        log.exception("Unexpected failure of a message", extra={"body": record["body"][:500]})
        return False
    return True
