"""Sweep: the feed of one task, in as many invocations as it takes."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from dlambda.aws import queue
from dlambda.entry.sqs import make_queue_handler
from dlambda.usecases.tasks.fan_out import QUEUE
from dlambda.usecases.tasks.sweep_task import sweep_task


def _seconds_left(context: Any) -> float:
    return float(context.get_remaining_time_in_millis() / 1000)


def _handle(message: Mapping[str, Any], context: Any) -> None:
    queued_so_far = sweep_task(
        int(message["id"]), int(message["due"]), partial(_seconds_left, context), int(message.get("queued", 0))
    )
    if queued_so_far is not None:
        queue.send(QUEUE, {**message, "queued": queued_so_far})


lambda_handler = make_queue_handler(_handle)
