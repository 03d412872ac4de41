"""Takes an order of a key: checked at once, counted, stored, and then a worker is woken (docs/contract/hostapi.md)."""

import logging
import math

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.messages.queue_messages import FulfilOrder
from dlambda.domain.orders.key import Key
from dlambda.domain.orders.order import Kind, Order, make_id
from dlambda.domain.orders.order_request import parse_order_request
from dlambda.domain.orders.units import MINUTE
from dlambda.errors import Invalid, TooMany
from dlambda.media.sandbox.guard import check_url
from dlambda.store.orders import orders, rate_limits

log = logging.getLogger(__name__)


def place_order(key: Key, kind: Kind, body: object) -> Order:
    """The new order. Raises `Invalid` naming the field, `TooMany` at the limit of the key or of
    one of its makers; nothing is stored then.
    """
    url, options = parse_order_request(kind, body)
    settings = current().settings
    try:
        check_url(url, allow_internal=settings.allow_internal_urls)
    except Invalid as error:
        raise Invalid(f"url: {error.message}") from None
    order_id, now = make_id(current().random.choice), current().clock.time()
    seconds = settings.task_cleanup_time * MINUTE
    try:
        rate_limits.record(key.id, order_id, now, limit=settings.request_limit, seconds=seconds, makers=key.makers)
    except rate_limits.RateLimitReached as reached:
        text = f"Rate limit exceeded. Max {settings.request_limit} per {settings.task_cleanup_time:g} min"
        raise TooMany(text, headers={"Retry-After": str(math.ceil(reached.wait_seconds))}) from None
    order = Order(order_id, kind, url, key.id, key.name, now, options)
    try:
        orders.add(order)
    except BaseException:
        rate_limits.withdraw(key.id, order_id, now, key.makers)
        raise
    try:
        queue.send(FulfilOrder(order.id))
    except queue.SEND_ERRORS:
        text = "An order waits for the sweep: its message could not be sent"
        log.warning(text, exc_info=True, extra={"order_id": order.id})
    return order
