"""Order: what the holder of an API key asked for becomes a file in the bucket."""

from dlambda.domain.messages.queue_messages import FulfilOrder
from dlambda.entry.sqs import Invocation, Route, make_queue_handler
from dlambda.media.workers.warm_process import warm_up_at_start
from dlambda.usecases.orders.fulfil_order import await_turn
from dlambda.usecases.orders.work_on_order import work_on_order

warm_up_at_start()


def fulfil(message: FulfilOrder, invocation: Invocation) -> FulfilOrder | None:
    if message.awaits_release:
        await_turn(message.id)
    return work_on_order(message.id, seconds_left=invocation.seconds_left)


lambda_handler = make_queue_handler(Route(FulfilOrder, fulfil))
