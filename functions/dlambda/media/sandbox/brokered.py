"""Inside a sandboxed process: Python's sockets, connected by the parent process (`broker.py`).

Every library here opens its connections by `socket.getaddrinfo` and `socket.socket.connect`; both ask the parent, and
the connection that comes back takes the place of the socket.
"""

import errno
import json
import os
import socket
from collections.abc import Mapping
from typing import Any, Final

from dlambda.media.sandbox.broker import MESSAGE_BYTES
from dlambda.media.sandbox.guard import InternalAddress

_ANSWER_SECONDS: Final = 90.0
_INTERNET: Final = frozenset({socket.AF_INET, socket.AF_INET6})
_ANY_ADDRESS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 nothing listens there


class _Client:
    """Asks the parent; from several threads at once, each with a reply socket of its own."""

    def __init__(self, broker: socket.socket) -> None:
        self._broker = broker

    def ask(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """The answer and the descriptors that came with it. Raises OSError, `InternalAddress` among them."""
        own_end, broker_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with own_end:
            with broker_end:
                socket.send_fds(self._broker, [json.dumps(request).encode()], [broker_end.fileno()])
            own_end.settimeout(_ANSWER_SECONDS)
            data, descriptors, _, _ = socket.recv_fds(own_end, MESSAGE_BYTES, 1)
        if not data:
            raise OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        answer: dict[str, Any] = json.loads(data)
        if answer.get("internal"):
            raise InternalAddress
        if "errno" in answer:
            raise _error(answer)
        return answer, descriptors

    def look_up(
        self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[tuple[Any, ...]]:
        """In the place of `socket.getaddrinfo`."""
        host = host.decode() if isinstance(host, bytes) else host
        answer, _ = self.ask({"do": "look up", "host": host, "port": port, "hints": [family, type, proto, flags]})
        return [
            (socket.AddressFamily(row[0]), socket.SocketKind(row[1]), row[2], row[3], tuple(row[4]))
            for row in answer["rows"]
        ]

    def connect(self, connecting: socket.socket, address: Any) -> None:
        """In the place of a socket's `connect`."""
        if connecting.family not in _INTERNET:
            raise InternalAddress
        request = {
            "do": "connect",
            "address": list(self._resolve(connecting, address)),
            "datagrams": connecting.type == socket.SOCK_DGRAM,
            "seconds": connecting.gettimeout(),
        }
        _, descriptors = self.ask(request)
        os.dup2(descriptors[0], connecting.fileno(), inheritable=False)
        os.close(descriptors[0])
        os.set_blocking(connecting.fileno(), connecting.gettimeout() is None)

    def _resolve(self, connecting: socket.socket, address: Any) -> tuple[Any, ...]:
        """`address` with an IP address for its host, which may be a name."""
        try:
            socket.inet_pton(connecting.family, str(address[0]).partition("%")[0])
        except OSError:
            rows = self.look_up(address[0], address[1], connecting.family, connecting.type)
            return tuple(rows[0][4])
        return tuple(address)


def _error(answer: Mapping[str, Any]) -> OSError:
    number, text = int(answer["errno"]), str(answer.get("text") or os.strerror(int(answer["errno"])))
    if answer.get("kind") == "name":
        return socket.gaierror(number, text)
    if answer.get("kind") == "time":
        return TimeoutError(text)
    return OSError(number, text)


def install(broker: socket.socket) -> None:
    """From here on this process connects and looks names up by its parent."""
    client = _Client(broker)

    def connect(self: socket.socket, address: Any) -> None:
        client.connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        try:
            client.connect(self, address)
        except OSError as error:
            return error.errno or errno.ECONNREFUSED
        return 0

    socket.getaddrinfo = client.look_up
    for method in (connect, connect_ex, bind):
        setattr(socket.socket, method.__name__, method)


def bind(_socket: socket.socket, address: Any) -> None:
    """In the place of a socket's `bind`. "Any address of this family" is what yt-dlp asks for when only one is to be
    used: nothing to do.
    """
    if address[0] not in _ANY_ADDRESS or address[1]:
        raise PermissionError(errno.EACCES, "A sandboxed process cannot choose its own address.")
