"""The minute's round for orders: those that wait or lost their worker are woken, those whose time is up go."""

import shutil

from dlambda.aws import bucket, queue
from dlambda.deployment import current
from dlambda.domain.messages.queue_messages import FulfilOrder
from dlambda.domain.orders.order import State
from dlambda.domain.orders.units import MINUTE
from dlambda.store.items import leases
from dlambda.store.orders import orders, quota_usage
from dlambda.usecases.orders.find_order import object_of
from dlambda.usecases.orders.order_folder import workdir_of

_REMOVE_AT_ONCE = 500


def sweep_orders(now: float) -> None:
    """Runs a round. Idempotent."""
    wake_orders(now)
    remove_expired(now)
    quota_usage.prune(now, current().settings.quota_rate_minutes * MINUTE)


def wake_orders(now: float) -> None:
    """Wakes orders that a worker left; then those that wait, as many as there are places."""
    running = orders.list_running()
    if running:
        queue.send_many(FulfilOrder(order_id) for order_id in sorted(leases.find_expired(running, now)))
    _free_lost_places()
    free = current().settings.task_max_workers - len(orders.read_places())
    if free > 0:
        wake_waiting(free)


def wake_waiting(count: int) -> None:
    """The oldest of those that wait; for each place that became free one, or wake-ups would breed wake-ups."""
    queue.send_many(FulfilOrder(order_id) for order_id in orders.list_waiting(count))


def _free_lost_places() -> None:
    """A place outlives its order only when a row was removed by hand; looked at, since nobody else would."""
    ids_without_order = set()
    for order_id in orders.read_places():
        order = orders.find(order_id)
        if order is None or order.state is not State.PROCESSING:
            ids_without_order.add(order_id)
    orders.release_places(ids_without_order)


def remove_expired(now: float) -> None:
    """Their files first, so that a round that dies in between is done again."""
    for order_id in orders.list_ended(now - current().settings.task_cleanup_time * MINUTE, _REMOVE_AT_ONCE):
        bucket.delete([entry.key for entry in bucket.list_(object_of(order_id, ""))])
        shutil.rmtree(workdir_of(order_id), ignore_errors=True)
        orders.remove(order_id)
