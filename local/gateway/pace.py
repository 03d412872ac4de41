"""How often each client may do something, on average."""

import asyncio
from collections import OrderedDict
from typing import Final

_MOST_CLIENTS: Final = 4096


class Pace:
    """`per_second` times a second, after `burst` times at once. Who is faster waits."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1 / per_second
        self._burst_seconds = burst / per_second
        self._paid_until: OrderedDict[str, float] = OrderedDict()

    def delay(self, client: str, now: float) -> float:
        """Counts one time at `now` (seconds), and answers after how many seconds it may be done."""
        paid_until = max(now, self._paid_until.pop(client, now)) + self._interval
        self._paid_until[client] = paid_until
        if len(self._paid_until) > _MOST_CLIENTS:
            self._paid_until.popitem(last=False)
        return max(0.0, paid_until - now - self._burst_seconds)

    async def wait(self, client: str) -> None:
        """Waits until it may be done."""
        if seconds := self.delay(client, asyncio.get_running_loop().time()):
            await asyncio.sleep(seconds)
