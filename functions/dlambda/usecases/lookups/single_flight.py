"""Single flight: who extracts a page first does it for all who ask for the same meanwhile; they wait for their turn.

Two implementations: in one process that lives on (one machine), and among many (the cloud).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from dlambda.deployment import current, per_deployment
from dlambda.errors import Unavailable
from dlambda.store import cache

_CLAIM_SECONDS: Final = 30
_LOOK_SECONDS: Final = 0.1
_BUSY: Final = "Others are looking up the same, and it takes long. Try again in a moment."


class SingleFlight(Protocol):
    """Turns by key, and what is done after an answer."""

    def turn(self, key: str, until: float) -> AbstractContextManager[bool]:
        """A context that one caller has at a time; yields whether another was first.

        Raises `Unavailable` when no turn comes until `until` (monotonic seconds).
        """

    def afterwards(self, action: Callable[[], object]) -> None:
        """Does what nobody who waits for the answer needs."""


class InProcess:
    """A lock for each key."""

    def __init__(self) -> None:
        self._turns: dict[str, tuple[threading.Lock, int]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, key: str, until: float) -> Iterator[bool]:
        with self._lock:
            lock, users = self._turns.get(key, (threading.Lock(), 0))
            self._turns[key] = (lock, users + 1)
        try:
            had_to_wait = lock.locked()
            if not lock.acquire(timeout=max(0.0, until - current().clock.monotonic())):
                raise Unavailable(_BUSY)
            try:
                yield had_to_wait
            finally:
                lock.release()
        finally:
            self._leave(key)

    def _leave(self, key: str) -> None:
        with self._lock:
            lock, users = self._turns[key]
            if users == 1:
                del self._turns[key]
            else:
                self._turns[key] = (lock, users - 1)

    def afterwards(self, action: Callable[[], object]) -> None:
        """In a thread of its own: the process lives on."""
        threading.Thread(target=action, daemon=True).start()


class AmongProcesses:
    """In this process by a lock, among processes by a claim that runs out by itself."""

    def __init__(self) -> None:
        self._here = InProcess()

    @contextmanager
    def turn(self, key: str, until: float) -> Iterator[bool]:
        with self._here.turn(key, until) as had_to_wait_here:
            claim = f"info-claim:{key}"
            had_to_wait = _claim(claim, until) or had_to_wait_here
            try:
                yield had_to_wait
            finally:
                cache.release(claim)

    def afterwards(self, action: Callable[[], object]) -> None:
        """At once: the process may be stopped behind the answer."""
        action()


def _claim(claim: str, until: float) -> bool:
    """Waits until no other process has it; answers whether one did. Raises `Unavailable`."""
    had_to_wait = False
    while not cache.claim(claim, current().clock.time(), _CLAIM_SECONDS):
        had_to_wait = True
        if current().clock.monotonic() > until:
            raise Unavailable(_BUSY)
        current().clock.sleep(_LOOK_SECONDS)
    return had_to_wait


@per_deployment
def single_flight() -> SingleFlight:
    """The implementation for this deployment."""
    return InProcess() if current().hosting.answers_alone else AmongProcesses()
