"""Sweep: the feed of one task, in as many invocations as it takes."""

from dlambda.domain.messages.queue_messages import SweepTask
from dlambda.entry.sqs import Invocation, Route, make_queue_handler
from dlambda.usecases.tasks.sweep_task import sweep_task


def sweep(message: SweepTask, invocation: Invocation) -> SweepTask | None:
    return sweep_task(message, invocation.seconds_left)


lambda_handler = make_queue_handler(Route(SweepTask, sweep))
