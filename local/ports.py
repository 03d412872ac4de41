"""The ports of a run. The supervisor holds them, so that clients of a process that crashed wait instead of failing."""

import socket
from dataclasses import dataclass

from local.config import Config
from local.gateway.place import OpenCounts, Place
from local.node import open_node_port
from local.start_error import StartError

_BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `StartError` when the address cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except socket.gaierror:
        raise StartError(f"YTP_HOST={host} is no address of this machine.") from None
    except PermissionError:
        raise StartError(f"Port {port} may not be used by this user. Set PORT to one above 1023.") from None
    except OSError as error:
        if error.errno in {98, 48}:  # in use: Linux, macOS
            raise StartError(f"Port {port} is in use. Stop what uses it, or set PORT to another one.") from None
        raise StartError(f"Cannot listen on {host} port {port}: {error.strerror}.") from None
    return listener


@dataclass(frozen=True, slots=True)
class GatewayPorts:
    """The gateway's sockets: the public one, one for each process, and one for other nodes where there may be any."""

    public: socket.socket
    internal: tuple[socket.socket, ...]
    node_port: socket.socket | None
    node_url: str

    @property
    def port(self) -> int:
        """The number of the public one."""
        return int(self.public.getsockname()[1])

    @property
    def push_origin(self) -> str:
        """Where pushes to WebSocket clients go: to the first process, which passes on what is for others."""
        return f"http://127.0.0.1:{self.internal[0].getsockname()[1]}"

    def places(self) -> list[Place]:
        """The places of the processes, by their numbers."""
        ports = tuple(listener.getsockname()[1] for listener in self.internal)
        counts = OpenCounts(len(ports))
        node_port = self.node_port.fileno() if self.node_port else None
        return [
            Place(number, self.public.fileno(), internal.fileno(), None if number else node_port, ports, counts)
            for number, internal in enumerate(self.internal)
        ]

    def close(self) -> None:
        for listener in (self.public, *self.internal, *([self.node_port] if self.node_port else ())):
            listener.close()


def open_ports(config: Config) -> GatewayPorts:
    """Listens on the ports of a run. Raises `StartError`."""
    settings, services = config.settings, config.services
    public = listen(settings.host, settings.port)
    internal = tuple(listen("127.0.0.1", 0) for _ in range(settings.http_workers))
    if not services.are_shared:
        return GatewayPorts(public, internal, None, "")
    node_port = open_node_port(settings.node_url, services.tables)
    return GatewayPorts(public, internal, node_port.listener, node_port.url)
