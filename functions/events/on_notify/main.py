"""Notify: one try to tell notification targets of an event."""

from dlambda.domain.messages.queue_messages import Deliver
from dlambda.entry.sqs import Invocation, Route, make_queue_handler
from dlambda.usecases.events.deliver import deliver


def notify(message: Deliver, _invocation: Invocation) -> None:
    deliver(message.id)


lambda_handler = make_queue_handler(Route(Deliver, notify))
