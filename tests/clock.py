"""A clock that tests set: waiting costs nothing, and things happen at the moment that a test says."""

from collections.abc import Callable

from dlambda.deployment import Clock


class FakeClock(Clock):
    """Stands still until somebody sleeps or a test advances it."""

    def __init__(self, now: float) -> None:
        """`now`: unix seconds."""
        self._now = now
        self._planned: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Lets time pass, and does what is planned meanwhile, in order."""
        end = self._now + seconds
        while due := [entry for entry in self._planned if entry[0] <= end]:
            entry = min(due, key=lambda planned: planned[0])
            self._planned.remove(entry)
            self._now = max(self._now, entry[0])
            entry[1]()
        self._now = end

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Plans `action` for the moment when so much time has passed."""
        self._planned.append((self._now + seconds, action))
