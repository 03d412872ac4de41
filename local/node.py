"""A node among those of a deployment: its name, and its address for pushes of others.

Only where tables, queues and media are services that other nodes can use as well (docs/several-machines.md).
"""

import contextlib
import secrets
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from dlambda.settings import Settings
from local.start_error import StartError

_BACKLOG = 1024


def name_of(settings: Settings, identity: str) -> str:
    """The name that somebody chose; else the host's, with the identity of the data folder where there may be others."""
    if settings.node:
        return settings.node
    host = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in socket.gethostname())
    host = host.strip("._-")[:40] or "node"
    return f"{host}-{identity}" if identity else host


def new_identity() -> str:
    """For a data folder that has none."""
    return secrets.token_hex(4)


@dataclass(frozen=True, slots=True)
class NodePort:
    """Where other nodes push to clients of this one."""

    listener: socket.socket
    url: str


def open_node_port(url: str, towards: str) -> NodePort:
    """Listens where `url` says; without one at a free port of the address by which this machine reaches the service at
    `towards`. Raises `StartError`.
    """
    if url:
        where = _read_url(url)
        listener = _bind(where[0], where[1]) or _bind("0.0.0.0", where[1])  # noqa: S104 behind a translated address
        if listener is None:
            raise StartError(f"DLAMBDA_NODE_URL={url}: its port cannot be listened at. Choose another one.")
        return NodePort(listener, url.rstrip("/"))
    host = _own_address(towards)
    listener = _bind(host, 0)
    if listener is None:
        raise StartError("No port is free for the other nodes. Set DLAMBDA_NODE_URL, such as http://10.0.0.5:8090.")
    url_host = f"[{host}]" if ":" in host else host
    return NodePort(listener, f"http://{url_host}:{listener.getsockname()[1]}")


def _read_url(url: str) -> tuple[str, int]:
    with contextlib.suppress(ValueError):
        where = urlsplit(url)
        if where.scheme in {"http", "https"} and where.hostname and where.path in {"", "/"} and not where.query:
            return where.hostname, where.port or (443 if where.scheme == "https" else 80)
    raise StartError(f"DLAMBDA_NODE_URL={url} is no address of a node, such as http://10.0.0.5:8090.")


def _bind(host: str, port: int) -> socket.socket | None:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        return None
    return listener


def _own_address(towards: str) -> str:
    """No packet is sent: the system says which of its addresses it would use."""
    where = urlsplit(towards)
    try:
        family, kind, _, _, address = socket.getaddrinfo(where.hostname, where.port or 443, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(address)
            host: str = probe.getsockname()[0]
    except OSError:
        return "127.0.0.1"
    return host
