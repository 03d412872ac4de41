"""Wakes a poller of this machine at once: a datagram with the queue's name beside each message that is sent.

The queue stays the way; a lost datagram costs the time until the next poll.
"""

import contextlib
import os
import socket
from typing import Any

from dlambda import unix_socket
from dlambda.aws import queue
from dlambda.deployment import current

_CONTEXT_KEY = "dlambda_queue"
_MAX_BYTES = 256
_PATIENCE_SECONDS = 0.05  # a worker that is behind has room for few


class Nudger:
    """Sends a datagram after each send of an SQS client."""

    def __init__(self, path: str) -> None:
        self._path = path

    def watch(self, clients: Any) -> None:
        """Registers with a session, whose clients made from now on send nudges, or with one client's events."""
        for operation in ("SendMessage", "SendMessageBatch"):
            clients.register(f"before-parameter-build.sqs.{operation}", self._remember)
            clients.register(f"after-call.sqs.{operation}", self._nudge)

    def _remember(self, **event: Any) -> None:
        event["context"][_CONTEXT_KEY] = str(event["params"].get("QueueUrl", "")).rpartition("/")[2]

    def _nudge(self, **event: Any) -> None:
        # Connected for each, since the worker may have been started again; the next poll finds the message anyway.
        with (
            contextlib.suppress(OSError),
            unix_socket.connect(self._path, _PATIENCE_SECONDS, socket.SOCK_DGRAM) as channel,
        ):
            channel.send(event["context"].get(_CONTEXT_KEY, "").encode())


def watch_sends() -> None:
    """Lets the SQS client of this process send nudges. Call it before the first client is made.

    Two threads that ask for the first client at once get one each, and only one of the two is kept: hooks of a client
    could belong to the other.
    """
    nudger = Nudger(os.environ["DLAMBDA_NUDGE_SOCKET"])
    if current().settings.queues_socket:
        nudger.watch(queue.client().meta.events)
    else:
        nudger.watch(current().session())


def listen(path: str) -> socket.socket:
    """Where the nudges arrive."""
    return unix_socket.bind(path, socket.SOCK_DGRAM)


def hear(listener: socket.socket) -> str:
    """The name of the next nudged queue, prefix included."""
    return listener.recv(_MAX_BYTES).decode(errors="replace")
