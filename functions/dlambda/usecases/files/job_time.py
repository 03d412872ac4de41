"""The time of an invocation that works on a job: before it ends, another invocation goes on."""

from collections.abc import Callable

CheckTime = Callable[[], None]
"""Raises `TimeIsUp` when too little is left for another step."""


class TimeIsUp(Exception):
    """The invocation is about to end; what is done of the job is stored."""


def has_time() -> None:
    """Is the check where nothing ends."""
