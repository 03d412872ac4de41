"""Notify: one try to tell notification targets of an event."""

from collections.abc import Mapping
from typing import Any

from dlambda.entry.sqs import make_queue_handler
from dlambda.usecases.events.deliver import deliver


def _handle(message: Mapping[str, Any], _context: Any) -> None:
    deliver(int(message["id"]))


lambda_handler = make_queue_handler(_handle)
