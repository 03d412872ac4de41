"""How many wrong credentials an address, and all addresses together, may send in a while."""

import math
from typing import Final

WINDOW_SECONDS: Final = 60.0
PER_ADDRESS: Final = 20
PER_ACCOUNT: Final = 200
_MOST_ADDRESSES: Final = 10_000


class Attempts:
    """Failures in windows of a minute. `now` is a monotonic time in seconds."""

    def __init__(self) -> None:
        self._addresses: dict[str, _Window] = {}
        self._accounts: dict[str, _Window] = {}

    def fail(self, address: str, account: str, now: float) -> int:
        """Counts a failure. The seconds to wait when it was one too many, else 0."""
        if len(self._addresses) >= _MOST_ADDRESSES and address not in self._addresses:
            self._drop_oldest(now)
        waits = (
            _window(self._addresses, address, now).fail(PER_ADDRESS, now),
            _window(self._accounts, account, now).fail(PER_ACCOUNT, now),
        )
        return max(waits)

    def clear(self) -> None:
        """Forgets all."""
        self._addresses.clear()
        self._accounts.clear()

    def _drop_oldest(self, now: float) -> None:
        """Forgets what is over; with so many addresses at once, the account's window is the one that counts."""
        self._addresses = {name: window for name, window in self._addresses.items() if now < window.end}
        if len(self._addresses) >= _MOST_ADDRESSES:
            self._addresses.clear()


class _Window:
    """The failures until `end`."""

    def __init__(self, end: float) -> None:
        self.end = end
        self._failures = 0

    def fail(self, limit: int, now: float) -> int:
        self._failures += 1
        return math.ceil(self.end - now) if self._failures > limit else 0


def _window(windows: dict[str, _Window], name: str, now: float) -> _Window:
    """The open window of `name`, or a new one."""
    window = windows.get(name)
    if window is None or now >= window.end:
        window = windows[name] = _Window(now + WINDOW_SECONDS)
    return window
