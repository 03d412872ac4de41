"""Runs a worker process under a lease: listens to it, keeps the lease, and hands over before the invocation ends.

Two use cases do so, and each is a `Work` of its own:

* The download of an item (`usecases/items/download_item.py`) can be cancelled, tells clients of its progress and
  watches the disk. It ends with its worker, also with one that dies: the item's retries decide what follows. It calls
  `renew_if_due` between the parts of an upload.
* A key task (`usecases/orders/order_worker.py`) cannot be cancelled and counts bytes against quotas. It bears tables
  that are away for a while, and starts a worker that died again. It converts and uploads inside `renewing`.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from dlambda.deployment import current
from dlambda.media.workers.download import Message, Result, Running
from dlambda.service_absence import warn
from dlambda.store.items import leases
from dlambda.usecases.transient_errors import ENGINE_ERRORS

log = logging.getLogger(__name__)

_CONVERSION_PART = 4  # a conversion leaves no state, and may go on for longer
_HEARTBEAT_SECONDS = 1.0
_TICK_SECONDS = 0.25


class HandOver(Exception):
    """The invocation's time is up. `is_saved`: the next one goes on from here, and loses nothing."""

    def __init__(self, *, is_saved: bool = False) -> None:
        super().__init__("The invocation's time is up.")
        self.is_saved = is_saved


class Work(Protocol):
    """A user of `LeasedRun.follow`, which calls these while a worker runs. What they raise stops the worker."""

    def note(self, messages: Sequence[Message]) -> None:
        """Takes over what the worker reported. Called a few times a second."""

    def heartbeat(self) -> None:
        """Renews the lease (`LeasedRun.renew`) and stores what belongs with it. Called about once a second."""

    def check(self, running: Running) -> None:
        """Stops the worker when it should end. Called a few times a second."""


class LeasedRun:
    """Keeps the lease of an item or order while one invocation works on it.

    `seconds_left` tells how long this invocation may run on, `progress` what each renewal stores. `log_fields` stand in
    the lines of the log. One thread uses it; that of `renewing` is its own.
    """

    def __init__(
        self,
        lease: leases.Lease,
        seconds_left: Callable[[], float],
        progress: Callable[[], Mapping[str, Any]],
        log_fields: Mapping[str, str],
    ) -> None:
        self.lease = lease
        self.seconds_left = seconds_left
        self.is_cancelled = False
        self._progress = progress
        self._log_fields = log_fields
        self._renewed_at = current().clock.monotonic()
        self._is_lost = False

    def follow(self, running: Running, work: Work) -> Result | None:
        """Listens to the worker until it is gone; its result, or None when the invocation's time was up first.

        Nothing is handed over once the user has cancelled: `work` ends the worker then. Raises `Lost`, and what `work`
        raises.
        """
        try:
            while running.result is None:
                work.note(running.messages(_TICK_SECONDS))
                if running.alive:
                    self._tick(running, work)
                if running.alive and self._is_time_up and not self.is_cancelled:
                    running.suspend()
                    return None
        finally:
            if running.alive:
                running.stop(0)
        return running.result

    def _tick(self, running: Running, work: Work) -> None:
        if self._is_heartbeat_due():
            work.heartbeat()
        work.check(running)

    def renew(self) -> None:
        """Renews the lease and learns whether the user has cancelled. Raises `Lost`."""
        self._renewed_at = current().clock.monotonic()
        request = leases.renew(self.lease, current().clock.time(), self._progress())
        self.is_cancelled = self.is_cancelled or request == leases.CANCEL

    def renew_if_due(self) -> None:
        """Renews about once a second, however often it is called: between the parts of an upload."""
        if self._is_heartbeat_due():
            self.renew()

    def _is_heartbeat_due(self) -> bool:
        return current().clock.monotonic() - self._renewed_at >= _HEARTBEAT_SECONDS

    def check_time(self) -> None:
        """Renews when it is due, between the parts of something long. Raises `Lost`, and `HandOver` in time."""
        self.renew_if_due()
        if self._is_time_up:
            raise HandOver

    @property
    def _is_time_up(self) -> bool:
        return self.seconds_left() < current().settings.handover_seconds

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Renews the lease from a thread while the block runs, and does `check` at its end."""
        ended = threading.Event()
        thread = threading.Thread(target=self._renew_until, args=(ended,), name="run-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        self.check()

    def _renew_until(self, ended: threading.Event) -> None:
        while not ended.wait(_HEARTBEAT_SECONDS):
            try:
                self.renew()
            except leases.Lost:
                self._is_lost = True
                return
            except ENGINE_ERRORS as error:
                # Tried again in a second; when it stays so, the lease runs out and another worker takes over.
                warn(log, "A lease could not be renewed", error, **self._log_fields)

    def check(self) -> None:
        """Raises `Lost` when `renewing` has lost the lease, `HandOver` when the invocation is about to end."""
        if self._is_lost:
            raise leases.Lost("The lease is held by another worker.")
        if self.seconds_left() < current().settings.handover_seconds / _CONVERSION_PART:
            raise HandOver
