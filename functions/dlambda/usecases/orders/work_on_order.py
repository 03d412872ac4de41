"""Works on an order that a message named; every order ends, also by an error that nobody foresaw."""

import logging
from collections.abc import Callable

from dlambda.domain.messages.queue_messages import FulfilOrder
from dlambda.errors import AppError
from dlambda.service_absence import warn
from dlambda.usecases.orders.fulfil_order import Outcome, fail_order, fulfil_order
from dlambda.usecases.orders.sweep_orders import wake_waiting
from dlambda.usecases.transient_errors import ENGINE_ERRORS

log = logging.getLogger(__name__)
_UNEXPECTED = "Internal Server Error"


def work_on_order(order_id: str, *, seconds_left: Callable[[], float]) -> FulfilOrder | None:
    """Fulfils an order, and wakes the next one when its place is free. Answers the message for what is unfinished.

    `seconds_left`: how long this invocation may run on. Raises deliberate errors. Without an engine the order is left:
    the sweep wakes it again when its lease is over.
    """
    try:
        outcome = fulfil_order(order_id, seconds_left=seconds_left)
    except AppError:
        raise
    except ENGINE_ERRORS as error:
        warn(log, "An order was left to the minute's round", error, order_id=order_id)
        return None
    except Exception:
        # Last resort: every order ends, also by an error that nobody foresaw.
        log.exception("Unexpected failure of an order", extra={"order_id": order_id})
        fail_order(order_id, _UNEXPECTED)
        outcome = Outcome.ENDED
    if outcome is Outcome.UNFINISHED:
        return FulfilOrder(order_id)
    if outcome is Outcome.ENDED:
        wake_waiting(1)
    return None
