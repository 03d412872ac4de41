"""One HTTP request to an address that a user or a site named: guarded, bounded in size and in time.

urllib3 alone, because its connection class is the one place where a host name becomes an address: each connection looks
the name up itself, refuses internal addresses (docs/contract/system.md 8) and connects to the address that it checked, so
neither a redirect nor a name that changes between check and use leads inside. Used by handlers of tasks, and fit for
thumbnails and notification targets.

    FetchFailed             the address could not be read: network, time, size, a status where one was not wanted
    Invalid                 the address is none, or leads into a private network (texts of system.md 8)
"""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

import certifi
from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Retry, Timeout, make_headers
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from dlambda.domain.urls import INTERNAL_TEXT, is_internal
from dlambda.domain.web_address import check_web_address
from dlambda.errors import Invalid, OperationFailed

DEFAULT_TIMEOUT_SECONDS: Final = 120.0
DEFAULT_LIMIT_BYTES: Final = 16 * 1024 * 1024
MAX_REDIRECTS: Final = 10
_CHUNK_BYTES: Final = 64 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_CREDENTIALS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


class FetchFailed(OperationFailed):
    """`message` is the cause, in words; `upstream_status` the status that was not wanted, if that is it."""

    def __init__(self, message: str, upstream_status: int | None = None) -> None:
        super().__init__(message)
        self.upstream_status = upstream_status


@dataclass(frozen=True)
class Request:
    """What to ask. `timeout_seconds` covers everything from look-up to the last byte and all redirects."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    limit_bytes: int = DEFAULT_LIMIT_BYTES
    proxy: str | None = None
    follow: bool = True


@dataclass(frozen=True)
class Answer:
    """What came. `url` is the address after redirects; header names are lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def content_type(self) -> str:
        """Without parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def expect_ok(self) -> "Answer":
        """Itself. Raises `FetchFailed` for a status of 400 and above."""
        if not self.ok:
            raise FetchFailed(f"HTTP status {self.status}", self.status)
        return self


def fetch(request: Request, *, allow_internal: bool = False) -> Answer:
    """The answer to `request`, whatever its status. Raises `FetchFailed` or `Invalid`.

    A redirect to another origin loses its credentials; one of a POST by 301, 302 or 303 becomes a GET.
    """
    end = time.monotonic() + request.timeout_seconds
    for _ in range(MAX_REDIRECTS + 1):
        answer = _ask(request, end, allow_internal=allow_internal)
        location = answer.headers.get("location")
        if not request.follow or answer.status not in _REDIRECTS or not location:
            return answer
        request = _redirected(request, answer.status, urljoin(answer.url, location))
    raise FetchFailed("Too many redirects")


def with_params(url: str, params: Mapping[str, Any]) -> str:
    """`url` with `params` merged into its query; a null one is left out, `true` and `false` are words."""
    if not params:
        return url
    parts = urlsplit(url)
    given = {name: _word(value) for name, value in params.items() if value is not None}
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in given]
    return urlunsplit(parts._replace(query=urlencode([*kept, *given.items()])))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _redirected(request: Request, status: int, url: str) -> Request:
    headers = request.headers
    if _origin(url) != _origin(request.url):
        headers = {name: value for name, value in headers.items() if name.lower() not in _CREDENTIALS}
    if status == 303 or (status in {301, 302} and request.method == "POST"):
        bodiless = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
        return replace(request, url=url, method="GET", body=None, headers=bodiless)
    return replace(request, url=url, headers=headers)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = check_web_address(url)
    return parts.scheme, parts.hostname, parts.port


def _ask(request: Request, end: float, *, allow_internal: bool) -> Answer:
    """One hop."""
    check_web_address(request.url)
    left = end - time.monotonic()
    if left <= 0:
        raise FetchFailed("Timed out")
    with _pool(request.proxy, allow_internal=allow_internal) as pool, _deadline(left) as clock:
        if request.proxy and not allow_internal:
            # The proxy looks the name up once more; this keeps plain attempts out.
            _addresses(str(urlsplit(request.url).hostname), 0, allow_internal=False)
        try:
            response = pool.request(
                request.method,
                quote(request.url, safe="!#$%&'()*+,/:;=?@[]~"),
                headers=dict(request.headers),
                body=request.body,
                timeout=Timeout(connect=min(left, 30.0), read=left),
                retries=Retry(total=False, redirect=False),
                redirect=False,
                preload_content=False,
            )
            body = _read(response, request.limit_bytes, end)
        except (HTTPError, OSError) as error:
            raise FetchFailed("Timed out" if clock.is_set() else _cause(error)) from error
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(request.url, response.status, headers, body)


def _read(response: BaseHTTPResponse, limit_bytes: int, end: float) -> bytes:
    body = bytearray()
    try:
        while chunk := response.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > limit_bytes:
                raise FetchFailed(f"The answer is larger than {limit_bytes} bytes")
            if time.monotonic() > end:
                raise FetchFailed("Timed out")
    finally:
        response.close()
    return bytes(body)


def _cause(error: Exception) -> str:
    """A text without object addresses and pool names, for people."""
    reason = getattr(error, "reason", None) or error.__cause__ or error
    text = str(reason) or type(reason).__name__
    return text.rpartition(">: ")[2] or text


# Where names become addresses


class _Guarded:
    """Connects to an address that was looked up and checked here. Mixed into urllib3's connections."""

    allow_internal: ClassVar[bool] = False
    host: str
    port: int
    timeout: Any
    socket_options: Any
    _dns_host: str

    def _new_conn(self) -> socket.socket:
        error: OSError = OSError("no address")
        for family, address in _addresses(self._dns_host, self.port, allow_internal=self.allow_internal):
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                if isinstance(self.timeout, int | float):
                    sock.settimeout(self.timeout)
                sock.connect(address)
            except OSError as failure:
                sock.close()
                error = failure
            else:
                _watch(sock)
                return sock
        raise error


def _addresses(host: str, port: int, *, allow_internal: bool) -> list[tuple[socket.AddressFamily, Any]]:
    """All addresses of `host`. Raises `Invalid` when there is none, or when one of them is internal."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Invalid("Invalid hostname.") from None
    if not allow_internal and any(is_internal(str(address[0])) for *_, address in found):
        raise Invalid(INTERNAL_TEXT)
    return [(family, address) for family, *_, address in found]


class _PlainConnection(_Guarded, HTTPConnection):
    pass


class _TlsConnection(_Guarded, HTTPSConnection):
    pass


class _OpenPlainConnection(_PlainConnection):
    allow_internal = True


class _OpenTlsConnection(_TlsConnection):
    allow_internal = True


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _OpenPlainPool(HTTPConnectionPool):
    ConnectionCls = _OpenPlainConnection


class _OpenTlsPool(HTTPSConnectionPool):
    ConnectionCls = _OpenTlsConnection


def _pool(proxy: str | None, *, allow_internal: bool) -> PoolManager:
    """A pool for one request; nothing is kept, as requests to one host are rare and far between."""
    pool: PoolManager
    if proxy:
        parts = check_web_address(proxy)
        bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        login = f"{parts.username}:{parts.password or ''}" if parts.username else None
        headers = make_headers(proxy_basic_auth=login) if login else {}
        pool = ProxyManager(bare, proxy_headers=headers, ca_certs=certifi.where())
    else:
        pool = PoolManager(ca_certs=certifi.where())
    pool.pool_classes_by_scheme = (
        {"http": _OpenPlainPool, "https": _OpenTlsPool} if allow_internal else {"http": _PlainPool, "https": _TlsPool}
    )
    return pool


# The clock: a timeout of a socket starts anew with each byte, so a slow sender could hold a request for hours.

_watched = threading.local()


def _watch(sock: socket.socket) -> None:
    """The deadline of this thread's request ends `sock` too."""
    _watched.sockets.append(socket.socket(fileno=_duplicate(sock)))


def _duplicate(sock: socket.socket) -> int:
    return sock.dup().detach()


@contextmanager
def _deadline(seconds: float) -> Iterator[threading.Event]:
    """Shuts the sockets that are opened inside down after `seconds`; the event says that it did."""
    sockets: list[socket.socket] = []
    rang = threading.Event()

    def ring() -> None:
        rang.set()
        for sock in list(sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    _watched.sockets = sockets
    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield rang
    finally:
        timer.cancel()
        for sock in sockets:
            sock.close()
