"""Task: a task's own timer, and the beginning of the handlers' sweep."""

from dlambda.domain.messages.queue_messages import BeginSweep, ResumeSweep, RunTask
from dlambda.entry.sqs import Invocation, Route, make_queue_handler
from dlambda.usecases.tasks.fan_out import fan_out, fan_out_again
from dlambda.usecases.tasks.run_task import run_task


def run(message: RunTask, _invocation: Invocation) -> None:
    run_task(message.id, message.due)


def begin(message: BeginSweep, _invocation: Invocation) -> None:
    fan_out(message.due)


def resume(message: ResumeSweep, _invocation: Invocation) -> None:
    fan_out_again(message.due)


lambda_handler = make_queue_handler(Route(RunTask, run), Route(BeginSweep, begin), Route(ResumeSweep, resume))
