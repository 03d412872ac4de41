"""Connections to addresses that are checked; the time of a request ends for all of its connections.

urllib3's connection class is the one place where a host name becomes an address: each connection looks the name up
itself, refuses internal addresses (docs/contract/system.md 8) and connects to the address that it checked, so neither a
redirect nor a name that changes between check and use leads inside.

A SOCKS proxy is spoken to by yt-dlp's own code, which is imported when there is one and not before.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import certifi
from urllib3 import PoolManager, ProxyManager, make_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProxyError

from dlambda.domain.web.urls import INTERNAL_TEXT
from dlambda.domain.web.web_address import check_web_address
from dlambda.errors import Invalid

_SOCKS_PORT: Final = 1080
IsRefused = Callable[[str], bool]
"""Says of an IP address whether it must not be reached."""
_Place = tuple[socket.AddressFamily, Any]


@dataclass(frozen=True)
class Hop:
    """The request that is under way: whom it may not reach, and its sockets, for the clock to end."""

    is_refused: IsRefused
    socks: "Socks | None" = None
    sockets: list[socket.socket] = field(default_factory=list)
    timed_out: threading.Event = field(default_factory=threading.Event)

    def addresses(self, host: str, port: int) -> list[_Place]:
        """All addresses of `host`. Raises `Invalid` when there is none, or when one of them is refused."""
        try:
            rows = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Invalid("Invalid hostname.") from None
        if any(self.is_refused(str(address[0])) for *_, address in rows):
            raise Invalid(INTERNAL_TEXT)
        return [(family, address) for family, *_, address in rows]

    def ring(self) -> None:
        """Time is over. A timeout of a socket starts anew with each byte, so a slow sender could go on for hours."""
        self.timed_out.set()
        for sock in list(self.sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


_hop: ContextVar[Hop] = ContextVar("_hop")


@contextmanager
def under_way(hop: Hop, seconds: float) -> Iterator[None]:
    token = _hop.set(hop)
    timer = threading.Timer(seconds, hop.ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _hop.reset(token)
        for sock in hop.sockets:
            sock.close()


_Way = Callable[[_Place], tuple[socket.socket, Any]]
"""A socket for a place, and what it is to be connected to."""


def _plain(place: _Place) -> tuple[socket.socket, Any]:
    family, address = place
    return socket.socket(family, socket.SOCK_STREAM), address


def is_socks(proxy: SplitResult) -> bool:
    return proxy.scheme.startswith("socks")


@dataclass(frozen=True)
class Socks:
    """A SOCKS proxy."""

    proxy: SplitResult

    @property
    def host(self) -> str:
        return str(self.proxy.hostname)

    @property
    def port(self) -> int:
        return self.proxy.port or _SOCKS_PORT

    def way_to(self, host: str, port: int, hop: Hop) -> _Way:
        """Through the proxy to `host`, whose name it looks up itself where its kind says so."""
        from yt_dlp.networking._helper import make_socks_proxy_opts
        from yt_dlp.socks import sockssocket

        options = make_socks_proxy_opts(self.proxy.geturl())
        if not options["rdns"]:
            # SOCKS 4 knows IPv4 alone.
            places = sorted(hop.addresses(host, port), key=lambda place: place[0] != socket.AF_INET)
            host = str(places[0][1][0])

        def way(place: _Place) -> tuple[socket.socket, Any]:
            family, address = place
            sock: socket.socket = sockssocket(family, socket.SOCK_STREAM)
            sock.setproxy(**options | {"addr": address[0], "port": address[1]})  # type: ignore[attr-defined]
            return sock, (host, port)

        return way


class _Guarded(HTTPConnection):
    """Connects to an address that was looked up and checked here: the site's, or a SOCKS proxy's."""

    def _new_conn(self) -> socket.socket:
        hop = _hop.get()
        if hop.socks is None:
            return self._first_that_answers(hop.addresses(self._dns_host, self.port), _plain)
        try:
            places = hop.addresses(hop.socks.host, hop.socks.port)
            return self._first_that_answers(places, hop.socks.way_to(self._dns_host, self.port, hop))
        except (OSError, EOFError, struct.error) as error:
            raise ProxyError("Unable to connect through the proxy", error) from error

    def _first_that_answers(self, places: list[_Place], way: "_Way") -> socket.socket:
        error: Exception = OSError("no address")
        for place in places:
            sock, target = way(place)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                if isinstance(self.timeout, int | float):
                    sock.settimeout(self.timeout)
                # A second handle, as TLS takes the first one over; kept from here on, so that time ends handshakes too.
                _hop.get().sockets.append(sock.dup())
                sock.connect(target)
            except (OSError, EOFError, struct.error) as failure:  # the last two are yt-dlp's, of a SOCKS proxy's answer
                sock.close()
                error = failure
            else:
                return sock
        raise error


class _GuardedTls(_Guarded, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


def proxy_parts(proxy: str) -> SplitResult:
    """Raises `Invalid` for what is no proxy."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    # Of an address that is checked all parts count but the scheme.
    check_web_address(parts._replace(scheme="http").geturl() if is_socks(parts) else parts.geturl())
    return parts


def pool_through(proxy: SplitResult | None) -> PoolManager:
    """A pool for one request; nothing is kept, as requests to one host are rare and far between."""
    pool: PoolManager
    if proxy and not is_socks(proxy):
        bare = urlunsplit(proxy._replace(netloc=proxy.netloc.rpartition("@")[2]))
        login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}" if proxy.username else None
        headers = make_headers(proxy_basic_auth=login) if login else {}
        pool = ProxyManager(bare, proxy_headers=headers, ca_certs=certifi.where())
    else:
        pool = PoolManager(ca_certs=certifi.where())
    pool.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
    return pool
