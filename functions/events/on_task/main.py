"""Task: a task's own timer, and the beginning of the handlers' sweep."""

from collections.abc import Mapping
from typing import Any

from dlambda.entry.sqs import make_queue_handler
from dlambda.store.tasks.task_schedule import SWEEP
from dlambda.usecases.tasks.fan_out import fan_out, fan_out_again
from dlambda.usecases.tasks.run_task import run_task


def _handle(message: Mapping[str, Any], _context: Any) -> None:
    task_id = int(message["id"])
    if task_id != SWEEP:
        run_task(task_id, int(message["due"]))
    elif message.get("again"):
        fan_out_again(int(message["due"]))
    else:
        fan_out(int(message["due"]))


lambda_handler = make_queue_handler(_handle)
