"""Virtual time: many callers in threads of which one runs, and waiting is a step of the clock.

A thousand callers that wait 12 ms for each request then need no more of the machine than what they compute.
"""

import heapq
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from typing import TypeVar

from dlambda.deployment import Clock

T = TypeVar("T")
_STACK_BYTES = 512 * 1024


class TimeIsUp(BaseException):
    """Ends a caller at the end of the simulation, wherever it waits."""


class VirtualClock(Clock):
    """The time of the simulation. Whoever sleeps lets the caller run whose moment is next."""

    def __init__(self, began_at: float, most_seconds: float) -> None:
        """`began_at`: unix seconds of the first moment; the simulation ends `most_seconds` later."""
        self._began_at, self._most = began_at, most_seconds
        self._seconds = 0.0
        self._sleepers: list[tuple[float, int, threading.Lock]] = []
        self._numbers = count()
        self._errors: list[BaseException] = []

    def time(self) -> float:
        return self._began_at + self._seconds

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Raises `TimeIsUp` when the simulation ends meanwhile."""
        moment = self._moment(seconds)
        self._wake_next()
        moment.acquire()
        if self._seconds >= self._most:
            raise TimeIsUp

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """As the machine's clock does: the caller goes on at the moment when the last of them is done."""
        if len(calls) < 2:
            return [call() for call in calls]
        answers: dict[int, T] = {}
        errors: list[BaseException] = []
        done = threading.Lock()
        done.acquire()

        def run(number: int, begin: threading.Lock) -> None:
            begin.acquire()
            try:
                answers[number] = calls[number]()
            except BaseException as error:  # `TimeIsUp` is the caller's as well
                errors.append(error)
            if len(answers) + len(errors) == len(calls):
                done.release()
            else:
                self._wake_next()

        for number in range(len(calls)):
            threading.Thread(target=run, args=(number, self._moment(0.0))).start()
        self._wake_next()
        done.acquire()
        if errors:
            raise errors[0]
        return [answers[number] for number in range(len(calls))]

    def run(self, callers: Sequence[Callable[[], None]]) -> None:
        """Runs all callers, which begin at the same moment, to their ends. Raises the first of their errors, at the end."""
        before = threading.stack_size(_STACK_BYTES)
        threads = [threading.Thread(target=self._run_one, args=(caller, self._moment(0.0))) for caller in callers]
        for thread in threads:
            thread.start()
        threading.stack_size(before)
        self._wake_next()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _run_one(self, caller: Callable[[], None], begin: threading.Lock) -> None:
        begin.acquire()
        try:
            with suppress(TimeIsUp):
                caller()
        except BaseException as error:
            self._errors.append(error)
        finally:
            self._wake_next()

    def _moment(self, seconds: float) -> threading.Lock:
        """A lock that opens when that moment has come."""
        moment = threading.Lock()
        moment.acquire()
        heapq.heappush(self._sleepers, (self._seconds + seconds, next(self._numbers), moment))
        return moment

    def _wake_next(self) -> None:
        if self._sleepers:
            at, _, moment = heapq.heappop(self._sleepers)
            self._seconds = max(self._seconds, at)
            moment.release()
