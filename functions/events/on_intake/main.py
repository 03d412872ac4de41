"""Intake: a URL becomes an item that waits for a slot, or the items of a playlist."""

from dlambda.domain.messages.queue_messages import IntakeItem
from dlambda.entry.sqs import Invocation, Route, make_queue_handler
from dlambda.media.workers.warm_process import warm_up, warm_up_at_start
from dlambda.usecases.items.intake import process_intake

warm_up_at_start()


def intake(message: IntakeItem, _invocation: Invocation) -> None:
    warm_up()  # it begins while the URL is looked up
    process_intake(message.id)


lambda_handler = make_queue_handler(Route(IntakeItem, intake))  # entries of lists look the same
