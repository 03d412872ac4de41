"""Task: a task's own timer, the beginning of the handlers' sweep, and retries of many items."""

from dlambda.domain.messages.queue_messages import BeginSweep, ResumeSweep, RetryItems, RunTask
from dlambda.entry.sqs import Invocation, Route, make_queue_handler
from dlambda.usecases.items.retry_items import retry_items
from dlambda.usecases.tasks.fan_out import fan_out, fan_out_again
from dlambda.usecases.tasks.run_task import run_task


def run(message: RunTask, _invocation: Invocation) -> None:
    run_task(message.id, message.due)


def begin(message: BeginSweep, _invocation: Invocation) -> None:
    fan_out(message.due)


def resume(message: ResumeSweep, _invocation: Invocation) -> None:
    fan_out_again(message.due)


def retry(message: RetryItems, _invocation: Invocation) -> RetryItems | None:
    return retry_items(message.id)


lambda_handler = make_queue_handler(
    Route(RunTask, run), Route(BeginSweep, begin), Route(ResumeSweep, resume), Route(RetryItems, retry)
)
