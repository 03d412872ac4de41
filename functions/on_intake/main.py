"""Intake: a URL becomes an item that waits for a slot, or the items of a playlist."""

from collections.abc import Mapping
from typing import Any

from dlambda.entry.sqs import make_queue_handler
from dlambda.usecases.intake import take_in


def _handle(message: Mapping[str, Any], _context: Any) -> None:
    take_in(message["id"])


lambda_handler = make_queue_handler(_handle)
