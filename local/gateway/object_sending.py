"""Sends an object of the library, or a ZIP of several: whole, or in the parts asked for (RFC 9110 13, 14)."""

import contextlib
import logging
import secrets
from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple, Protocol

from werkzeug.http import parse_date

from dlambda.aws.library import OpenFile
from dlambda.aws.stored import Stored
from local.gateway.asgi import Scope, Send, header
from local.gateway.file_sending import Slice, sender_of
from local.gateway.media_headers import Pairs, is_unchanged, protection
from local.gateway.ranges import Range, read_ranges

_log = logging.getLogger(__name__)
# They tell of a body that is not sent.
_OF_BODY = frozenset(
    {b"content-type", b"content-disposition", b"content-security-policy", b"cache-control", b"expires"}
)


class Source(Protocol):
    """The bytes of an object."""

    stored: Stored

    def pieces(self, first: int, end: int) -> AsyncGenerator[bytes | Slice]:
        """The bytes from `first` to before `end`. Raises `OSError` when it is no longer what it was."""

    def close(self) -> None:
        """Lets it go."""


class FileSource:
    """A plain file."""

    def __init__(self, file: OpenFile) -> None:
        self.stored = file.stored
        self._file = file

    async def pieces(self, first: int, end: int) -> AsyncGenerator[bytes | Slice]:
        yield Slice(self._file.descriptor, first, end - first)

    def close(self) -> None:
        self._file.close()


class _Answer(NamedTuple):
    """Status, headers, and the body in parts: bytes, and ranges of the source."""

    status: int
    headers: Pairs
    body: Sequence[bytes | Range] = ()


async def send_source(scope: Scope, send: Send, source: Source, headers: Pairs) -> None:
    """Answers GET or HEAD with the source, which the caller closes.

    `headers`: its type, and what else is not of the source. `etag` and `last-modified` among them stand for its own.
    """
    try:
        await _send(scope, send, source, _answer(scope, source.stored, headers))
    except OSError as error:
        _log.warning("A file could not be sent to its end: %s", error)
        await sender_of(scope).abort()


def _answer(scope: Scope, stored: Stored, named: Pairs) -> _Answer:
    own = {
        b"accept-ranges": b"bytes",
        b"etag": f'"{stored.version}"'.encode(),
        b"last-modified": stored.last_modified.encode(),
    }
    values = dict(named)
    kind = values.get(b"content-type", b"")
    headers = [*named, *((name, value) for name, value in [*own.items(), *protection(kind)] if name not in values)]
    etag, modified = (values.get(name, own[name]) for name in (b"etag", b"last-modified"))
    if _has_failed(scope, etag, modified):
        return _Answer(412, [*_without_body(headers), _length(0)])
    if is_unchanged(scope, etag, modified):
        return _Answer(304, headers)
    condition, text = header(scope, b"if-range"), header(scope, b"range")
    ranges = read_ranges(text, stored.size_bytes) if text and condition in {b"", etag, modified} else None
    if ranges is None:
        return _Answer(200, [*headers, _length(stored.size_bytes)], [(0, stored.size_bytes)])
    if not ranges:
        unsatisfied = (b"content-range", b"bytes */%d" % stored.size_bytes)
        return _Answer(416, [*_without_body(headers), unsatisfied, _length(0)])
    if len(ranges) > 1:
        return _multipart(stored.size_bytes, headers, kind, ranges)
    first, end = ranges[0]
    return _Answer(
        206, [*headers, (b"content-range", _content_range(ranges[0], stored.size_bytes)), _length(end - first)], ranges
    )


def _without_body(headers: Pairs) -> Pairs:
    return [pair for pair in headers if pair[0] not in _OF_BODY]


def _multipart(size: int, headers: Pairs, kind: bytes, ranges: Sequence[Range]) -> _Answer:
    boundary = secrets.token_hex(16).encode()
    body: list[bytes | Range] = []
    for part in ranges:
        head = (boundary, kind, _content_range(part, size))
        body += [b"\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n" % head, part]
    body.append(b"\r\n--%s--\r\n" % boundary)
    length = sum(len(part) if isinstance(part, bytes) else part[1] - part[0] for part in body)
    several = (b"content-type", b"multipart/byteranges; boundary=" + boundary)
    return _Answer(206, [several, *(pair for pair in headers if pair[0] != b"content-type"), _length(length)], body)


def _has_failed(scope: Scope, etag: bytes, modified: bytes) -> bool:
    """RFC 9110 13.2: `If-Match`, else `If-Unmodified-Since`, when the client wants this version or none."""
    if wanted := header(scope, b"if-match"):
        return b"*" not in wanted and etag not in [each.strip() for each in wanted.split(b",")]
    since = parse_date(header(scope, b"if-unmodified-since").decode("latin-1"))
    now = parse_date(modified.decode())
    return since is not None and now is not None and now > since


def _content_range(part: Range, size: int) -> bytes:
    return b"bytes %d-%d/%d" % (part[0], part[1] - 1, size)


def _length(size: int) -> tuple[bytes, bytes]:
    return b"content-length", str(size).encode()


async def _send(scope: Scope, send: Send, source: Source, answer: _Answer) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    for part in answer.body if scope["method"] == "GET" else ():
        if isinstance(part, bytes):
            await send({"type": "http.response.body", "body": part, "more_body": True})
            continue
        async with contextlib.aclosing(source.pieces(*part)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Slice):
                    await sender_of(scope).send(piece)
                else:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                if sender_of(scope).is_gone:
                    return
    await send({"type": "http.response.body", "body": b""})
