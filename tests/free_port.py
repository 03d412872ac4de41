"""Loopback ports for servers that tests start."""

import socket
import sys

_LOOPBACK = "127.0.0.1"
_held: list[socket.socket] = []


def free_port() -> int:
    """A loopback port for a server that this process starts; nobody else is given it while the process lives.

    It stays bound here. Linux lets a server bind it too, as long as nobody listens; elsewhere it is given back at once.
    """
    holder = socket.socket()
    holder.bind((_LOOPBACK, 0))
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # before, two might get one port
    port: int = holder.getsockname()[1]
    if sys.platform == "linux":
        _held.append(holder)
    else:
        holder.close()
    return port


def answers(port: int) -> bool:
    """True if something accepts connections on the loopback `port`."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((_LOOPBACK, port)) == 0
