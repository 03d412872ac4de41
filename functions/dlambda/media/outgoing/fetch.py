"""An HTTP request to an address that a user or a site named: guarded, bounded in size and in time.

Its connections check the addresses that they go to (`guarded_connections`). Used by handlers of tasks, and fit for
thumbnails and notification targets.

    FetchFailed             the address could not be read: network, time, size, a status where one was not wanted
    Invalid                 the address is none, or leads into a private network (texts of system.md 8)
"""

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError, LocationParseError, MaxRetryError, ProtocolError, ProxyError, SSLError
from urllib3.exceptions import TimeoutError as PoolTimeout
from urllib3.util import parse_url

from dlambda.domain.web.urls import is_internal
from dlambda.domain.web.web_address import check_web_address
from dlambda.errors import Invalid
from dlambda.media.outgoing.guarded_connections import (
    Hop,
    IsRefused,
    Socks,
    is_socks,
    pool_through,
    proxy_parts,
    under_way,
)
from dlambda.media.outgoing.request import Answer, FetchFailed, Request

MAX_REDIRECTS: Final = 10
_LONGEST_SECONDS: Final = 3600.0  # clocks and sockets take no number at all
_CONNECT_SECONDS: Final = 30.0
_UNSENDABLE: Final = "The request cannot be sent: its address or a header holds characters that are not allowed there."
_URL_CHARACTERS: Final = "!#$%&'()*+,/:;=?@[]~"
_CHUNK_BYTES: Final = 64 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_CREDENTIALS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


def fetch(request: Request, *, allow_internal: bool = False, is_refused: IsRefused = is_internal) -> Answer:
    """The answer to `request`, whatever its status. Raises `FetchFailed` or `Invalid`.

    A redirect to another origin loses its credentials; one of a POST by 301, 302 or 303 becomes a GET.
    """
    end = time.monotonic() + min(_LONGEST_SECONDS, request.timeout_seconds)
    refused = (lambda _: False) if allow_internal else is_refused
    for _ in range(MAX_REDIRECTS + 1):
        answer = _ask(request, end, refused)
        location = answer.headers.get("location")
        if not request.follow or answer.status not in _REDIRECTS or not location:
            return answer
        request = _redirect(request, answer.status, _target(answer.url, location))
    raise FetchFailed("Too many redirects")


def _target(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        raise FetchFailed("The site redirects to an address that is not valid") from None


def with_params(url: str, params: Mapping[str, Any]) -> str:
    """`url` with `params` merged into its query; a null one is left out, `true` and `false` are words."""
    if not params:
        return url
    parts = urlsplit(url)
    words = {name: _word(value) for name, value in params.items() if value is not None}
    other_pairs = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in words]
    return urlunsplit(parts._replace(query=urlencode([*other_pairs, *words.items()])))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _redirect(request: Request, status: int, url: str) -> Request:
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


def _ask(request: Request, end: float, is_refused: IsRefused) -> Answer:
    """Sends the request up to the next redirect."""
    try:
        url = _sendable(request.url)
        proxy = proxy_parts(request.proxy) if request.proxy else None
        return _send(replace(request, url=url), request.url, proxy, end, is_refused)
    except ValueError as error:  # urllib's and http.client's, UnicodeError among them
        raise FetchFailed(_UNSENDABLE) from error


def _send(request: Request, url: str, proxy: SplitResult | None, end: float, is_refused: IsRefused) -> Answer:
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise FetchFailed("Timed out")
    hop = Hop(is_refused, Socks(proxy) if proxy and is_socks(proxy) else None)
    if proxy:
        # The proxy looks the name up once more, so this only keeps plain attempts out.
        hop.addresses(str(urlsplit(request.url).hostname), 0)
    with pool_through(proxy) as pool, under_way(hop, seconds):
        try:
            response = pool.request(
                request.method,
                request.url,
                headers={name: _utf_8(value) for name, value in request.headers.items()},
                body=request.body,
                timeout=Timeout(connect=min(seconds, _CONNECT_SECONDS), read=seconds),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            body = _read(response, request.limit_bytes)
        except (HTTPError, HTTPException, OSError) as error:
            raise FetchFailed("Timed out" if hop.timed_out.is_set() else _cause(error)) from error
        if hop.timed_out.is_set():
            raise FetchFailed("Timed out")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(url, response.status, headers, body)


def _utf_8(value: str) -> str:
    """A header's value that the library, which encodes as Latin-1, sends as UTF-8, which receivers of messages read."""
    return value.encode().decode("latin-1")


def _sendable(url: str) -> str:
    """`url` in ASCII: the host as name servers know it, the rest percent-encoded. Raises `Invalid` or `ValueError`."""
    parts = check_web_address(url)
    encoded = {name: quote(getattr(parts, name), safe=_URL_CHARACTERS) for name in ("path", "query", "fragment")}
    try:
        return parse_url(urlunsplit(parts._replace(**encoded))).url
    except LocationParseError:
        raise Invalid("Invalid hostname.") from None


def _read(response: BaseHTTPResponse, limit_bytes: int) -> bytes:
    body = bytearray()
    try:
        while chunk := response.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > limit_bytes:
                raise FetchFailed(f"The answer is larger than {limit_bytes} bytes")
    finally:
        response.close()
    return bytes(body)


_WRAPPERS: Final = (ProtocolError, ProxyError, SSLError, MaxRetryError)
# What OpenSSL's texts have around the words: "[SSL: X] certificate verify failed: expired (_ssl.c:1006)".
_OPENSSL_MARKS: Final = re.compile(r"^\[[^\]]*\] | \(_\w+\.c:\d+\)$")


def _cause(error: Exception) -> str:
    """The innermost reason in words, without class names, numbers and object addresses."""
    if isinstance(error, PoolTimeout | TimeoutError):
        return "Timed out"
    inner = next((part for part in reversed(error.args) if isinstance(part, Exception)), None)
    if isinstance(error, ProxyError):
        return f"{str(error.args[0]).rstrip('.')}: {_cause(inner)}" if inner else str(error.args[0])
    if isinstance(error, _WRAPPERS) and inner:
        return _cause(inner)
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return _OPENSSL_MARKS.sub("", text.rpartition(">: ")[2] or text) or type(error).__name__
