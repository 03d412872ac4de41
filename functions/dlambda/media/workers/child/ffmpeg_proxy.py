"""A small HTTP proxy on the loopback for ffmpeg and libcurl, whose connections no audit hook of ours can see.

It runs inside the worker, so that the connections it makes go through the worker's guard. It knows CONNECT and plain
requests, and may itself go through the user's proxies. One thread per connection; everything ends with the worker.

Its port can be found by every program of this machine, and behind it may lie the login of a user's proxy: so it wants
credentials, which are made for each route and stand in its URL alone.
"""

import base64
import contextlib
import hmac
import secrets
import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_HEAD_LIMIT = 64 * 1024
_CHUNK = 256 * 1024
_CONNECT_SECONDS = 20.0
_IDLE_SECONDS = 300.0

Connect = Callable[[str, int], socket.socket]


@dataclass(frozen=True)
class Upstream:
    """The user's proxy, for requests that go on through it."""

    host: str
    port: int
    authorization: str | None = None

    @classmethod
    def parse(cls, proxy: str) -> "Upstream | None":
        """None for a proxy that does not speak HTTP."""
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme != "http" or not parts.hostname:
            return None
        login = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            login = _basic(pair)
        return cls(parts.hostname, parts.port or 80, login)


@dataclass(frozen=True)
class Route:
    """How requests go on: by `connect` to the site, or to a proxy that speaks HTTP."""

    upstream: Upstream | None = None
    connect: Connect | None = None


def _basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _connect(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), _CONNECT_SECONDS)


class Relay:
    """A proxy at `url`, and at the URLs of further routes; serves from `start` on.

    `refusals` counts the requests that the guard refused.
    """

    def __init__(
        self, upstream: Upstream | None = None, connect: Connect = _connect, listener: socket.socket | None = None
    ) -> None:
        self._connect = connect
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self._routes: dict[bytes, Route] = {}
        self.refusals = 0
        self.url = self.add(Route(upstream))

    def add(self, route: Route) -> str:
        """The address of `route` with its credentials: for ffmpeg's environment and libcurl, for no log."""
        login = f"{secrets.token_hex(8)}:{secrets.token_hex(24)}"
        self._routes[_basic(login).encode()] = route
        return f"http://{login}@127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> "Relay":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def close(self) -> None:
        """No new connections; those under way go on."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(_IDLE_SECONDS)
            head, early_bytes = _read_head(client)
            if not head:
                return
            route = self._route_of(_credentials_of(head))
            if route is None:
                # ffmpeg sends credentials only when it is asked for them.
                _refuse(client, "407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="relay"')
                return
            head = _without_credentials(head)
            try:
                server, first = self._open(head, route)
            except PermissionError:
                self.refusals += 1
                _refuse(client, "403 Forbidden")
                return
            except (OSError, ValueError):
                _refuse(client, "502 Bad Gateway")
                return
            with server:
                if first:
                    server.sendall(first + early_bytes)
                else:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _pump(client, server)

    def _route_of(self, credentials: bytes) -> Route | None:
        """None for credentials that are not ours."""
        routes = [route for own, route in list(self._routes.items()) if hmac.compare_digest(credentials, own)]
        return routes[0] if routes else None

    def _open(self, head: bytes, route: Route) -> tuple[socket.socket, bytes]:
        """The connection to go on with, and what to send first (nothing: a tunnel is to be confirmed)."""
        connect = route.connect or self._connect
        line, _, fields = head.partition(b"\r\n")
        method, target, version = line.decode("latin-1").split(" ", 2)
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            if route.upstream is None:
                return connect(host.strip("[]"), int(port)), b""
            return connect(route.upstream.host, route.upstream.port), _with_login(head, route.upstream)
        parts = urlsplit(target)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(target)
        if route.upstream is not None:
            return connect(route.upstream.host, route.upstream.port), _with_login(head, route.upstream)
        path = target.split("/", 3)[3] if target.count("/") > 2 else ""
        lines = [
            header_line
            for header_line in fields.split(b"\r\n")
            if not header_line.lower().startswith((b"proxy-", b"connection:"))
        ]
        request = f"{method} /{path} {version}\r\n".encode("latin-1")
        # One request for each connection: where the next one goes must be looked at again.
        body = b"\r\n".join([header_line for header_line in lines if header_line] + [b"Connection: close", b"", b""])
        return connect(parts.hostname, parts.port or 80), request + body


def _with_login(head: bytes, upstream: Upstream) -> bytes:
    if upstream.authorization is None:
        return head
    line, _, fields = head.partition(b"\r\n")
    return line + f"\r\nProxy-Authorization: {upstream.authorization}\r\n".encode() + fields


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """Reads a request up to the blank line, and the bytes after it; `(b"", b"")` if it ends early or is long."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = client.recv(4096)
        if not chunk or len(data) > _HEAD_LIMIT:
            return b"", b""
        data += chunk
    end = data.index(b"\r\n\r\n") + 4
    return data[:end], data[end:]


def _credentials_of(head: bytes) -> bytes:
    """The value of `Proxy-Authorization`; empty without exactly one."""
    values = [line.partition(b":")[2].strip() for line in head.split(b"\r\n") if _is_credentials(line)]
    return values[0] if len(values) == 1 else b""


def _without_credentials(head: bytes) -> bytes:
    """Ours are not for the next proxy, which may have its own."""
    return b"\r\n".join(line for line in head.split(b"\r\n") if not _is_credentials(line))


def _is_credentials(line: bytes) -> bool:
    return line.lower().startswith(b"proxy-authorization:")


def _refuse(client: socket.socket, status: str, *fields: str) -> None:
    lines = [f"HTTP/1.1 {status}", *fields, "Content-Length: 0", "Connection: close", "", ""]
    client.sendall("\r\n".join(lines).encode())


def _pump(first: socket.socket, second: socket.socket) -> None:
    """Copies both ways until either side ends or nothing has come for long."""
    pairs = {first: second, second: first}
    while True:
        readable, _, _ = select.select(list(pairs), [], [], _IDLE_SECONDS)
        if not readable:
            return
        for source in readable:
            chunk = source.recv(_CHUNK)
            if not chunk:
                return
            pairs[source].sendall(chunk)
