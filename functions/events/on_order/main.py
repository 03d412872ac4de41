"""Order: what the holder of an API key asked for becomes a file in the bucket."""

import logging
from collections.abc import Mapping
from typing import Any

from dlambda.aws import queue
from dlambda.entry.sqs import make_queue_handler
from dlambda.errors import AppError
from dlambda.media.workers.worker import warm_up
from dlambda.usecases.orders.fulfil_order import Outcome, fail_order, fulfil_order
from dlambda.usecases.orders.sweep_orders import wake_waiting
from dlambda.usecases.transient_errors import ENGINE_ERRORS

log = logging.getLogger(__name__)
_UNEXPECTED = "Internal Server Error"

warm_up()


def _handle(message: Mapping[str, Any], context: Any) -> None:
    order_id = message["id"]
    try:
        outcome = fulfil_order(order_id, seconds_left=lambda: context.get_remaining_time_in_millis() / 1000)
    except AppError:
        raise
    except ENGINE_ERRORS:
        # The sweep wakes it again when its lease is over; what it brought is kept.
        log.warning("An order was left for later", exc_info=True, extra={"order_id": order_id})
        return
    except Exception:
        # Last resort: every order ends, also by an error that nobody foresaw.
        log.exception("Unexpected failure of an order", extra={"order_id": order_id})
        fail_order(order_id, _UNEXPECTED)
        outcome = Outcome.ENDED
    if outcome is Outcome.UNFINISHED:
        queue.send("order", {"id": order_id})
    elif outcome is Outcome.ENDED:
        wake_waiting(1)


lambda_handler = make_queue_handler(_handle)
