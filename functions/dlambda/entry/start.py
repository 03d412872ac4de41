"""The start of every function's process."""

from dlambda.deployment import current
from dlambda.entry.logs import set_up_logs


def set_up() -> None:
    """Sets up the logs; in the cloud, where a start has a whole core, also what a first request to a service needs."""
    set_up_logs()
    if current().hosting.idle_is_free:
        current().session()
