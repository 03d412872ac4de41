"""The parent's side of a sandbox: connects, looks names up and counts processes for one sandboxed Python process.

The process itself cannot reach the network. It asks over a socket, and gets a connection to an address that was checked
here. No name can change its address between the check and the connection.
"""

import contextlib
import errno
import json
import os
import pickle
import socket
import threading
from collections.abc import Mapping
from typing import Any, Final

from dlambda.domain.web.urls import is_internal
from dlambda.media.sandbox.policy import Network, Policy
from dlambda.media.sandbox.processes import ProcessCounter

MESSAGE_BYTES: Final = 64 * 1024
_MOST_AT_ONCE: Final = 256
_LONGEST_SECONDS: Final = 60.0
_CONNECT_SECONDS: Final = 20.0


class Broker:
    """Serves one sandboxed process until its end of the socket closes."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._aliases = {alias: (host, port) for alias, host, port in policy.aliases}
        self._free = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def start(self, pid: int) -> None:
        """Serves process `pid`, in a thread of its own."""
        self.theirs.close()
        threading.Thread(target=self._serve, args=(pid,), name=f"broker-{pid}", daemon=True).start()

    def send_policy(self) -> None:
        """To a started program; see `enter.enter_program`."""
        self._ours.send(pickle.dumps(self._policy))

    def close(self) -> None:
        """For a process that was not started."""
        self._ours.close()
        self.theirs.close()

    def _serve(self, pid: int) -> None:
        # A message that is none ends the service for a process that was taken over.
        with self._ours, contextlib.suppress(OSError, ValueError, LookupError, TypeError):
            while True:
                data, descriptors, _, _ = socket.recv_fds(self._ours, MESSAGE_BYTES, 1)
                if not data:
                    break
                self._take(json.loads(data), descriptors, pid)

    def _take(self, request: Mapping[str, Any], descriptors: list[int], pid: int) -> None:
        if request["do"] == "count":
            ProcessCounter(descriptors[0], pid, self._policy.processes).start()
            return
        reply = socket.socket(fileno=descriptors[0])
        if self._policy.network is not Network.BROKER:
            _refuse(reply, errno.EACCES)
        elif not self._free.acquire(blocking=False):
            _refuse(reply, errno.EAGAIN)
        else:
            threading.Thread(target=self._answer, args=(request, reply), name="broker-request", daemon=True).start()

    def _answer(self, request: Mapping[str, Any], reply: socket.socket) -> None:
        try:
            with reply, contextlib.suppress(OSError, ValueError, LookupError, TypeError):
                if request["do"] == "look up":
                    _send(reply, _look_up(request))
                else:
                    self._connect(request, reply)
        finally:
            self._free.release()

    def _connect(self, request: Mapping[str, Any], reply: socket.socket) -> None:
        host, port = str(request["address"][0]), int(request["address"][1])
        own = self._aliases.get(host)
        if own is None and not self._policy.allow_internal and is_internal(host):
            _send(reply, {"internal": True})
            return
        try:
            host, port = _address_of(*own) if own else (host, port)
            connection = _connected(request, host, port)
        except OSError as error:
            _send(reply, _failure(error))
            return
        with connection:
            _send(reply, {}, [connection.fileno()])


def _connected(request: Mapping[str, Any], host: str, port: int) -> socket.socket:
    """Raises OSError. `host` is an address, never a name: it was checked as one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_DGRAM if request.get("datagrams") else socket.SOCK_STREAM)
    try:
        connection.settimeout(min(float(request.get("seconds") or _CONNECT_SECONDS), _LONGEST_SECONDS))
        connection.connect((host, port, 0, int(request["address"][3])) if len(request["address"]) > 3 else (host, port))
    except BaseException:
        connection.close()
        raise
    return connection


def _address_of(host: str, port: int) -> tuple[str, int]:
    """The address of what the operator owns. Raises OSError."""
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return str(rows[0][4][0]), port


def _look_up(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of `getaddrinfo`, as lists."""
    try:
        rows = socket.getaddrinfo(request["host"], request["port"], *request["hints"])
    except (OSError, UnicodeError) as error:
        return _failure(error)
    return {"rows": [[int(row[0]), int(row[1]), row[2], row[3], list(row[4])] for row in rows]}


def _failure(error: Exception) -> dict[str, Any]:
    number = error.errno if isinstance(error, OSError) else None
    return {
        "errno": number if isinstance(number, int) else errno.EIO,
        "text": getattr(error, "strerror", None) or str(error) or os.strerror(errno.EIO),
        "kind": "name" if isinstance(error, socket.gaierror) else "time" if isinstance(error, TimeoutError) else "",
    }


def _refuse(reply: socket.socket, number: int) -> None:
    with reply:
        _send(reply, {"errno": number})


def _send(reply: socket.socket, answer: Mapping[str, Any], descriptors: list[int] | None = None) -> None:
    with contextlib.suppress(OSError):
        socket.send_fds(reply, [json.dumps(answer).encode()], descriptors or [])
