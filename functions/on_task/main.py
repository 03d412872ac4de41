"""Task: a task's own timer, the handlers' sweep, and the feed of one task."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from dlambda.aws import queue
from dlambda.entry.sqs import make_queue_handler
from dlambda.store.runs import SWEEP
from dlambda.usecases.tasks.run_task import run_task
from dlambda.usecases.tasks.run_tasks import QUEUE
from dlambda.usecases.tasks.sweep_task import fan_out, sweep_task


def _seconds_left(context: Any) -> float:
    return float(context.get_remaining_time_in_millis() / 1000)


def _handle(message: Mapping[str, Any], context: Any) -> None:
    task_id = int(message["id"])
    if message.get("sweep"):
        seconds_left = partial(_seconds_left, context)
        left = sweep_task(task_id, int(message.get("due", 0)), seconds_left, int(message.get("queued", 0)))
        if left is not None:
            queue.send(QUEUE, {**message, "queued": left})
    elif task_id == SWEEP:
        fan_out(int(message["due"]))
    else:
        run_task(task_id, int(message["due"]))


lambda_handler = make_queue_handler(_handle)
