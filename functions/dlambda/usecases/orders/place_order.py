"""Takes an order of a key: checked at once, counted, stored, and then a worker is woken (docs/contract/hostapi.md)."""

import logging

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.messages.queue_messages import FulfilOrder
from dlambda.domain.orders.key import Key
from dlambda.domain.orders.order import Kind, Order, make_id
from dlambda.domain.orders.order_request import parse_order_request
from dlambda.errors import Invalid
from dlambda.media.sandbox.guard import check_url
from dlambda.service_absence import warn
from dlambda.store.orders import orders, rate_limits
from dlambda.usecases.accounts.key_limits import count_order

log = logging.getLogger(__name__)


def place_order(key: Key, kind: Kind, body: object) -> Order:
    """The new order. Raises `Invalid` naming the field, `TooMany` at the limit of the key or of
    one of its makers; nothing is stored then.
    """
    url, options = parse_order_request(kind, body)
    try:
        check_url(url, allow_internal=current().settings.allow_internal_urls)
    except Invalid as error:
        raise Invalid(f"url: {error.message}") from None
    order_id, now = make_id(current().random.choice), current().clock.time()
    count_order(key, order_id, now)
    order = Order(order_id, kind, url, key.id, key.name, now, options)
    try:
        orders.add(order)
    except BaseException:
        rate_limits.withdraw((key.id, *key.makers), order_id, now)
        raise
    try:
        queue.send(FulfilOrder(order.id))
    except queue.SEND_ERRORS as error:
        warn(log, "An order waits for the sweep: its message could not be sent", error, order_id=order.id)
    return order
