"""Media of an engine: requests go there, which checks their signature; what its answers lack is added here.

The Host header stays as it came, since the signature covers it. `Authorization` goes no further: a redirect may carry
it, and storage refuses two credentials. The engine answers ranges with status 200, has no ETag and loose CORS.
"""

import asyncio
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from dlambda.domain.web.etag import made_etag
from local.gateway.asgi import Scope, Send, header, refuse
from local.gateway.media_headers import Pairs, is_unchanged, named_by_url, protection

_CHUNK_BYTES = 512 * 1024
_HEAD_LIMIT_BYTES = 64 * 1024
_TIMEOUT_SECONDS = 30.0
_KEPT = (
    b"content-type",
    b"content-disposition",
    b"content-range",
    b"last-modified",
    b"cache-control",
    b"content-language",
)
_TOTAL = re.compile(rb"bytes (?:\d+-\d+|\*)/(\d+)$")
_RANGE = re.compile(rb"bytes\s*=\s*(?P<first>\d{0,18})\s*-\s*(?P<last>\d{0,18})")


@dataclass(slots=True)
class _Upstream:
    """The engine's answer up to its headers; `rest` is the body's begin."""

    socket: socket.socket
    status: int
    headers: dict[bytes, bytes]
    rest: bytes

    def close(self) -> None:
        self.socket.close()


class EngineMedia:
    """Forwards requests for the bucket to the engine at `address` (host, port)."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._engine = address

    async def serve(self, scope: Scope, send: Send, cors: Pairs) -> None:
        """Answers GET or HEAD of a signed path; `cors` are further headers."""
        try:
            upstream = await self._fetch(scope)
        except (OSError, TimeoutError, ValueError):
            return await refuse(send, 503, "The media engine does not answer.", "UNAVAILABLE", cors)
        try:
            await self._answer(scope, send, upstream, cors)
        finally:
            upstream.close()
        return None

    async def _fetch(self, scope: Scope) -> _Upstream:
        """A URL signed for GET serves HEAD as well: only its headers are used. One signed for HEAD is tried second."""
        range_ = _single_range(header(scope, b"range"))
        upstream = await self._request(scope, "GET", range_)
        if scope["method"] == "HEAD" and upstream.status == 403:
            upstream.close()
            upstream = await self._request(scope, "HEAD", range_)
        if not range_ or not (upstream.status < 300 or upstream.status == 416):
            return upstream
        condition = header(scope, b"if-range")
        if upstream.status == 416 or (condition and condition not in _versions(upstream)):
            return await self._whole_instead(scope, upstream, condition)
        return upstream

    async def _whole_instead(self, scope: Scope, upstream: _Upstream, condition: bytes) -> _Upstream:
        """The whole for a part of an older version; for a part that there is none of, how large the whole is."""
        try:
            whole = await self._request(scope, "GET", b"")
        except BaseException:
            upstream.close()
            raise
        if upstream.status != 416 or whole.status >= 300 or (condition and condition not in _versions(whole)):
            upstream.close()
            return whole
        whole.close()
        upstream.headers[b"content-range"] = b"bytes */" + whole.headers.get(b"content-length", b"*")
        return upstream

    async def _request(self, scope: Scope, method: str, wanted_range: bytes) -> _Upstream:
        """Asks in HTTP/1.0: one request on one connection, and no chunks in the answer."""
        loop = asyncio.get_running_loop()
        target = scope["raw_path"] + b"?" + scope["query_string"]
        head = b"%s %s HTTP/1.0\r\nHost: %s\r\n" % (method.encode(), target, header(scope, b"host"))
        if wanted_range:
            head += b"Range: %s\r\n" % wanted_range
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await loop.sock_connect(connection, self._engine)
                await loop.sock_sendall(connection, head + b"\r\n")
                return await _read_head(connection)
        except BaseException:
            connection.close()
            raise

    async def _answer(self, scope: Scope, send: Send, upstream: _Upstream, cors: Pairs) -> None:
        headers = [*_headers(upstream, scope["query_string"]), *cors]
        if upstream.status < 300:
            etag = _etag(upstream.headers)
            headers += [(b"accept-ranges", b"bytes"), (b"etag", etag)]
            if is_unchanged(scope, etag, upstream.headers.get(b"last-modified", b"")):
                await send({"type": "http.response.start", "status": 304, "headers": headers})
                return await send({"type": "http.response.body", "body": b""})
        status = 206 if upstream.status == 200 and b"content-range" in upstream.headers else upstream.status
        if length := upstream.headers.get(b"content-length"):
            headers.append((b"content-length", length))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if scope["method"] == "HEAD":
            return await send({"type": "http.response.body", "body": b""})
        return await _stream(upstream, send)


async def _stream(upstream: _Upstream, send: Send) -> None:
    loop = asyncio.get_running_loop()
    chunk = upstream.rest or await loop.sock_recv(upstream.socket, _CHUNK_BYTES)
    while chunk:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        chunk = await loop.sock_recv(upstream.socket, _CHUNK_BYTES)
    await send({"type": "http.response.body", "body": b""})


async def _read_head(connection: socket.socket) -> _Upstream:
    loop = asyncio.get_running_loop()
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = await loop.sock_recv(connection, _HEAD_LIMIT_BYTES)
        if not chunk or len(data) > _HEAD_LIMIT_BYTES:
            raise ValueError("no HTTP answer")
        data += chunk
    head, _, body_start = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    pairs = (line.partition(b":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return _Upstream(connection, int(first.split(b" ", 2)[1]), headers, body_start)


def _headers(upstream: _Upstream, query: bytes) -> list[tuple[bytes, bytes]]:
    """The client's headers: those of the engine, with those that the signed URL itself names."""
    values = {name: upstream.headers[name] for name in _KEPT if name in upstream.headers}
    if upstream.status < 300:
        values |= named_by_url(parse_qsl(query.decode("latin-1"), errors="replace"))
    return [*values.items(), *protection(values.get(b"content-type", b""))]


def _single_range(text: bytes) -> bytes:
    """The range that was asked for; nothing when it cannot be read, or is several, which the engine cannot give.

    The whole is a proper answer to both (RFC 9110 14.2).
    """
    range_match = _RANGE.fullmatch(text.strip().lower())
    if not range_match or not (range_match["first"] or range_match["last"]):
        return b""
    if range_match["first"] and range_match["last"] and int(range_match["last"]) < int(range_match["first"]):
        return b""
    return b"bytes=%s-%s" % (range_match["first"], range_match["last"])


def _versions(upstream: _Upstream) -> set[bytes]:
    """Values that `If-Range` may name of the object that was answered."""
    return {_etag(upstream.headers), upstream.headers.get(b"last-modified", b"")}


def _etag(headers: Mapping[bytes, bytes]) -> bytes:
    """The engine's, or one made of length and time."""
    if etag := headers.get(b"etag", b"").replace(b'""', b""):
        return etag
    match = _TOTAL.search(headers.get(b"content-range", b""))
    total = match.group(1) if match else headers.get(b"content-length", b"")
    return b'"%s"' % made_etag(int(total or 0), headers.get(b"last-modified", b"").decode()).encode()
