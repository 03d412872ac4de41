"""Saves the state of a work while its worker runs, so that an invocation that is killed loses little of it."""

import contextvars
import logging
import threading
from typing import Self

from dlambda.deployment import current
from dlambda.service_absence import warn
from dlambda.usecases.transient_errors import ENGINE_ERRORS
from dlambda.usecases.workers.saved_state import WorkState

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_UNSAVED_SECONDS = 20.0
_UNSAVED_LIVE_SECONDS = 8.0  # a stream offers its latest half minute or so
_UNSAVED_BYTES = 32 * 1024 * 1024


class StateSaver:
    """Saves from a thread while the block runs: what is 20 s old or more than 32 MB."""

    def __init__(self, state: WorkState, *, is_live: bool = False) -> None:
        self._state = state
        self._seconds = _UNSAVED_LIVE_SECONDS if is_live else _UNSAVED_SECONDS
        self._stopped = threading.Event()
        # The size that was there at a moment and was not saved then.
        self._mark: tuple[float, int] | None = None
        own_lines = contextvars.copy_context().run  # a thread has no request id of its own to log
        self._thread = threading.Thread(target=own_lines, args=(self._run,), name="state-saver", daemon=True)

    def __enter__(self) -> Self:
        if not self._state.is_durable:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            try:
                if self._is_due():
                    self._state.save(self._check)
                    self._mark = None
            except _Stopped:
                return
            except (*ENGINE_ERRORS, OSError) as error:
                warn(log, "The state of a download could not be saved; it is tried again in a second", error)

    def _is_due(self) -> bool:
        now, (size_bytes, saved_bytes) = current().clock.monotonic(), self._state.measure()
        if self._mark is None or saved_bytes >= self._mark[1]:
            self._mark = (now, size_bytes) if size_bytes > saved_bytes else None
        is_old = self._mark is not None and now - self._mark[0] >= self._seconds
        return is_old or size_bytes - saved_bytes >= _UNSAVED_BYTES

    def _check(self) -> None:
        """Ends a save between two requests: whoever waits for the thread saves the rest, or needs none."""
        if self._stopped.is_set():
            raise _Stopped


class _Stopped(Exception):
    """The work is over."""
