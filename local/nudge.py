"""Wakes a poller of this machine at once: a datagram with the queue's name beside each message that is sent.

The queue stays the way; a lost datagram costs the time until the next poll.
"""

import contextlib
import os
import socket
from typing import Any

_CONTEXT_KEY = "dlambda_queue"
_LOOPBACK = "127.0.0.1"
_MAX_BYTES = 256


class Nudger:
    """Sends a datagram after each send of a boto3 SQS client."""

    def __init__(self, port: int) -> None:
        self._address = (_LOOPBACK, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

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
        with contextlib.suppress(OSError):  # the next poll finds the message
            self._socket.sendto(context.get(_CONTEXT_KEY, "").encode(), self._address)


def watch_sends() -> None:
    """Nudges for the client that the functions of this process send with."""
    from dlambda.aws import queue  # loads boto3, which a process may want to do late

    Nudger(int(os.environ["DLAMBDA_NUDGE_PORT"])).watch(queue.client())


def listen(port: int) -> socket.socket:
    """Where the nudges arrive."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((_LOOPBACK, port))
    return listener


def hear(listener: socket.socket) -> str:
    """The name of the next nudged queue, prefix included."""
    return listener.recv(_MAX_BYTES).decode(errors="replace")
