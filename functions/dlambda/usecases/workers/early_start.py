"""The next function of a recording starts before the present one ends: a stream does not wait for its start.

What is left between the two is that the one saves its last seconds, and the other begins with what is saved.
"""

from collections.abc import Callable

from dlambda.aws import queue
from dlambda.deployment import current
from dlambda.domain.messages.queue_messages import Message
from dlambda.store.items import leases

_AHEAD_SECONDS = 15.0  # a cold function takes five to ten
_LOOK_SECONDS = 0.2


class EarlyStart:
    """Starts the next invocation of a recording, once."""

    def __init__(self, message: Message) -> None:
        """`message` wakes a function that waits until the present one has ended (`await_release`)."""
        self._message = message
        self._is_sent = False

    def check(self, seconds_left: float) -> None:
        """Does so when the hand-over is near. `seconds_left`: of the present invocation."""
        if not self._is_sent and seconds_left < current().settings.handover_seconds + _ahead_seconds():
            queue.send(self._message)
            self._is_sent = True


def await_release(work_id: str, is_here: Callable[[], bool] = lambda: False) -> None:
    """Waits until nobody works on the item or order, for as long as a hand-over may take.

    `is_here`: whether this process is not done with it yet.
    """
    clock = current().clock
    until = clock.monotonic() + current().settings.handover_seconds + _ahead_seconds()
    while clock.monotonic() < until and (is_here() or not leases.find_expired([work_id], clock.time())):
        clock.sleep(_LOOK_SECONDS)


def _ahead_seconds() -> float:
    """How long before a hand-over; less where a setting makes invocations short."""
    return min(_AHEAD_SECONDS, current().settings.handover_seconds)
