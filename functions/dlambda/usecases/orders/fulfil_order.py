"""Does what an order asks for: takes it, lets a worker process bring the media, converts, stores, ends it.

Every order ends. A worker that dies leaves the state in the workdir (one machine) or the bucket, and the next goes on;
one that dies again and again on the same order makes it an error.
"""

import logging
import threading
from collections.abc import Callable
from enum import StrEnum

from dlambda.deployment import current, per_deployment
from dlambda.domain.orders.order import Order, OrderFailed
from dlambda.errors import AppError, Conflict
from dlambda.store.items import leases
from dlambda.store.orders import orders
from dlambda.usecases.orders.bring_media import bring_media
from dlambda.usecases.orders.order_folder import workdir_of
from dlambda.usecases.workers.early_start import await_release
from dlambda.usecases.workers.leased_run import HandOver
from dlambda.usecases.workers.saved_state import saved_state
from dlambda.usecases.workers.work_folder import remove_folder

log = logging.getLogger(__name__)

_MOST_STARTS = 6
_LOST_TEXT = "Another worker has the order."
_LOCK = threading.Lock()


class Outcome(StrEnum):
    """The outcome of a message that named an order."""

    LEFT = "left"  # nothing was to be done, or not by us
    ENDED = "ended"  # its place is free
    UNFINISHED = "unfinished"  # the rest must go on in another invocation


def fulfil_order(order_id: str, *, seconds_left: Callable[[], float]) -> Outcome:
    """Works on an order if a place and its lease can be had. `seconds_left`: how long this invocation may run on."""
    orders_in_progress = _orders_in_progress()
    with _LOCK:
        if order_id in orders_in_progress:
            return Outcome.LEFT
        orders_in_progress.add(order_id)
    try:
        return _fulfil(order_id, seconds_left)
    finally:
        orders_in_progress.discard(order_id)


def await_turn(order_id: str) -> None:
    """Waits until the worker that is about to hand the order over has ended, here or elsewhere."""
    await_release(order_id, lambda: order_id in _orders_in_progress())


@per_deployment
def _orders_in_progress() -> set[str]:
    """The orders that this process works on."""
    return set()


def fail_order(order_id: str, error: str) -> None:
    """Ends an order that cannot be worked on, unless another worker has it."""
    order = orders.find(order_id)
    if order is None or order.has_ended:
        return
    lease = leases.acquire(order_id, leases.new_owner(), current().clock.time())
    if lease is None:
        raise leases.Lost(_LOST_TEXT)
    orders.end(order, order.failed(error, current().clock.time()), lease)


def _fulfil(order_id: str, seconds_left: Callable[[], float]) -> Outcome:
    order = orders.find(order_id)
    if order is None or order.has_ended:
        return Outcome.LEFT
    lease = leases.acquire(order_id, leases.new_owner(), current().clock.time())
    if lease is None:
        return Outcome.LEFT
    try:
        running_order = orders.start(order, lease, current().clock.time(), places=current().settings.task_max_workers)
    except Conflict:
        return Outcome.LEFT
    if running_order is None:
        leases.release(lease)  # it waits on; whoever ends next wakes it
        return Outcome.LEFT
    try:
        with leases.released_on_failure(lease):
            return _run(running_order, lease, seconds_left)
    except leases.Lost:
        log.info("lease lost: another worker has the order", extra={"order_id": order_id})
        return Outcome.LEFT


def _run(order: Order, lease: leases.Lease, seconds_left: Callable[[], float]) -> Outcome:
    """Works on an order that was started. Raises what the same message may meet again, and `Lost`."""
    try:
        if order.starts > _MOST_STARTS:
            raise OrderFailed("The worker ended unexpectedly, again and again.")
        _end(order, bring_media(order, lease, seconds_left), lease)
    except HandOver as stop:
        # What is saved is worth another begin; a conversion is done anew.
        starts = 0 if stop.is_saved else order.starts
        orders.hand_over(order, order.evolve(starts=starts), lease, current().clock.time())
        return Outcome.UNFINISHED
    except (OrderFailed, AppError) as problem:
        may_pass = isinstance(problem, AppError) and problem.retry
        if isinstance(problem, leases.Lost) or (order.starts < _MOST_STARTS and may_pass):
            raise
        _end(order, order.failed(str(problem), current().clock.time()), lease)
    return Outcome.ENDED


def _end(order: Order, ended_order: Order, lease: leases.Lease) -> None:
    orders.end(order, ended_order, lease)
    remove_folder(workdir_of(order.id))
    saved_state().forget(order.id)
