"""Runs the worker processes of an order: counts what they bring, and starts one that died again."""

import logging
from collections.abc import Callable, Sequence

from dlambda.deployment import current
from dlambda.domain.orders.order import Order, OrderFailed
from dlambda.media.workers import download
from dlambda.service_absence import warn
from dlambda.store.items import leases
from dlambda.usecases.orders.count_bytes import ByteCount
from dlambda.usecases.transient_errors import ENGINE_ERRORS
from dlambda.usecases.workers.early_start import EarlyStart
from dlambda.usecases.workers.leased_run import HandOver, LeasedRun

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 120.0
_MOST_TRIES = 3


class OrderWorker:
    """Works on an order for one invocation. `run` keeps its lease, `byte_count` counts what it brings."""

    def __init__(self, order: Order, lease: leases.Lease, seconds_left: Callable[[], float]) -> None:
        self._log_fields = {"order_id": order.id}
        self.run = LeasedRun(lease, seconds_left, lambda: {"percent": self._percent}, self._log_fields)
        self.byte_count = ByteCount(order)
        self._percent: float | None = None
        self._bytes_of: dict[str | None, int] = {}
        self._carry: Callable[[], object] | None = None
        self._next: EarlyStart | None = None
        self._answered_at = current().clock.monotonic()

    def follow(
        self,
        start: Callable[[], download.Running],
        save: Callable[[], bool],
        carry: Callable[[], object] | None = None,
        early_start: EarlyStart | None = None,
    ) -> download.Result:
        """Runs the worker process that `start` begins to its result; calls `carry` about once a second meanwhile.

        `early_start` begins the next function before this one ends.

        A worker that dies is started again, since its state is kept. `save` answers whether the next invocation begins
        further on. Raises `HandOver`, after it, when the invocation's time is up; `OrderFailed` when the worker dies
        again and again, or the quota is used up; `Lost`.
        """
        self._carry, self._next = carry, early_start
        for _ in range(_MOST_TRIES):
            result = self.run.follow(start(), self)
            if result is None:
                raise HandOver(is_saved=save())
            if result.error != download.ENDED_TEXT:
                return result
        raise OrderFailed(download.ENDED_TEXT)

    # What `LeasedRun.follow` calls

    def note(self, messages: Sequence[download.Message]) -> None:
        """Adds up the bytes of all files."""
        for message in messages:
            if not isinstance(message, download.Progress):
                continue
            downloaded_bytes = int(message.downloaded_bytes or 0)
            self._bytes_of[message.filename] = max(downloaded_bytes, self._bytes_of.get(message.filename, 0))
            total = message.total_bytes or message.total_bytes_estimate
            if total:
                self._percent = round(min(100.0, downloaded_bytes / total * 100), 1)

    def heartbeat(self) -> None:
        """Stores how far it is. When the tables are away for a moment, the media goes on coming."""
        try:
            self.run.renew()
            self.byte_count.raise_to(sum(self._bytes_of.values()))
            if self._carry:
                self._carry()
        except ENGINE_ERRORS as error:
            if current().clock.monotonic() - self._answered_at > _PATIENCE_SECONDS:
                raise
            warn(log, "The progress of an order could not be stored", error, **self._log_fields)
        else:
            self._answered_at = current().clock.monotonic()

    def check(self, running: download.Running) -> None:  # noqa: ARG002 an order cannot be cancelled
        """Starts the next function of a recording when the end of this one is near."""
        if self._next:
            self._next.check(self.run.seconds_left())
