"""Wakes a poller of this machine at once: a datagram with the queue's name beside each message that is sent.

The queue stays the way; a lost datagram costs the time until the next poll.
"""

import contextlib
import os
import socket
from typing import Any

from dlambda import unix_socket

_CONTEXT_KEY = "dlambda_queue"
_MAX_BYTES = 256
_PATIENCE_SECONDS = 0.05  # a worker that is behind has room for few


class Nudger:
    """Sends a datagram after each send of a boto3 SQS client."""

    def __init__(self, path: str) -> None:
        self._path = path

    def watch(self, client: Any) -> None:
        """Registers with `client`, once for each."""
        for operation in ("SendMessage", "SendMessageBatch"):
            client.meta.events.register(
                f"before-parameter-build.sqs.{operation}", self._remember, unique_id=f"n1{operation}"
            )
            client.meta.events.register(f"after-call.sqs.{operation}", self._nudge, unique_id=f"n2{operation}")

    def _remember(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[_CONTEXT_KEY] = str(params.get("QueueUrl", "")).rpartition("/")[2]

    def _nudge(self, context: dict[str, Any], **_: Any) -> None:
        # Connected for each, since the worker may have been started again; the next poll finds the message anyway.
        with (
            contextlib.suppress(OSError),
            unix_socket.connect(self._path, _PATIENCE_SECONDS, socket.SOCK_DGRAM) as channel,
        ):
            channel.send(context.get(_CONTEXT_KEY, "").encode())


def watch_sends() -> None:
    """Nudges for the client that the functions of this process send with."""
    from dlambda.aws import queue  # loads boto3, which a process may want to do late

    Nudger(os.environ["DLAMBDA_NUDGE_SOCKET"]).watch(queue.client())


def listen(path: str) -> socket.socket:
    """Where the nudges arrive."""
    return unix_socket.bind(path, socket.SOCK_DGRAM)


def hear(listener: socket.socket) -> str:
    """The name of the next nudged queue, prefix included."""
    return listener.recv(_MAX_BYTES).decode(errors="replace")
