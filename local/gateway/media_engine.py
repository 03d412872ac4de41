"""Media of another service: requests go there, which checks their signature; what its answers lack is added here.

`Authorization` goes no further: a redirect may carry
it, and storage refuses two credentials. Engines answer ranges
with status 200, have no ETag and loose CORS.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from dlambda.domain.web.etag import made_etag
from local.gateway.asgi import Scope, Send, header, refuse
from local.gateway.media_headers import Pairs, is_unchanged, named_by_url, protection
from local.gateway.upstream import CHUNK_BYTES, MediaService, Upstream

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


class EngineMedia:
    """Forwards requests for the bucket to the service that has it."""

    def __init__(self, service: MediaService) -> None:
        self._service = service

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

    async def _fetch(self, scope: Scope) -> Upstream:
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

    async def _whole_instead(self, scope: Scope, upstream: Upstream, condition: bytes) -> Upstream:
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

    async def _request(self, scope: Scope, method: str, wanted_range: bytes) -> Upstream:
        """The signature names the service's own host, whatever the client called this one."""
        target = scope["raw_path"] + b"?" + scope["query_string"]
        head = b"%s %s HTTP/1.0\r\nHost: %s\r\n" % (method.encode(), target, self._service.host_header)
        if wanted_range:
            head += b"Range: %s\r\n" % wanted_range
        return await self._service.request(head + b"\r\n")

    async def _answer(self, scope: Scope, send: Send, upstream: Upstream, cors: Pairs) -> None:
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


async def _stream(upstream: Upstream, send: Send) -> None:
    chunk = upstream.rest or await upstream.connection.receive(CHUNK_BYTES)
    while chunk:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        chunk = await upstream.connection.receive(CHUNK_BYTES)
    await send({"type": "http.response.body", "body": b""})


def _headers(upstream: Upstream, query: bytes) -> list[tuple[bytes, bytes]]:
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


def _versions(upstream: Upstream) -> set[bytes]:
    """Values that `If-Range` may name of the object that was answered."""
    return {_etag(upstream.headers), upstream.headers.get(b"last-modified", b"")}


def _etag(headers: Mapping[bytes, bytes]) -> bytes:
    """The engine's, or one made of length and time."""
    if etag := headers.get(b"etag", b"").replace(b'""', b""):
        return etag
    match = _TOTAL.search(headers.get(b"content-range", b""))
    total = match.group(1) if match else headers.get(b"content-length", b"")
    return b'"%s"' % made_etag(int(total or 0), headers.get(b"last-modified", b"").decode()).encode()
