"""Media of the library: the signature is checked here, and the plain file is sent, or a ZIP of several."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple, Protocol
from urllib.parse import unquote_to_bytes

from werkzeug.http import parse_date

from dlambda.aws.library import Library, OpenFile
from dlambda.aws.presigned import Parameters, check_signature
from dlambda.aws.stored import Stored
from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type
from dlambda.errors import AppError, Forbidden, NotFound
from dlambda.usecases.files.streamed_bundle import find_bundle
from local.gateway.asgi import Scope, Send, header, refuse
from local.gateway.file_sending import Slice, sender_of
from local.gateway.media_headers import Pairs, is_unchanged, named_by_url, protection
from local.gateway.ranges import Range, read_ranges
from local.gateway.zip_sending import ZipSource

_log = logging.getLogger(__name__)


class Source(Protocol):
    """The parts of an answer."""

    stored: Stored

    def pieces(self, first: int, end: int) -> AsyncGenerator[bytes | Slice]:
        """The bytes from `first` to before `end`. Raises `OSError` when it is no longer what it was."""

    def close(self) -> None:
        """Lets it go."""


class _FileSource:
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


class LibraryMedia:
    """Answers requests for the bucket's objects from `library`. `prefix`: of their paths, `/<bucket>/`."""

    def __init__(self, library: Library, prefix: bytes) -> None:
        self._library = library
        self._prefix = prefix

    async def serve(self, scope: Scope, send: Send, cors: Pairs) -> None:
        """See `MediaSource`."""
        try:
            parameters = _check(scope)
            key = unquote_to_bytes(scope["raw_path"].removeprefix(self._prefix)).decode(errors="strict")
            source = await asyncio.to_thread(self._open, key)
        except UnicodeDecodeError:
            return await refuse(send, 404, "File not found", "NOT_FOUND", cors)
        except AppError as error:
            return await refuse(send, error.status, error.message, error.code, cors)
        try:
            await _send(scope, send, source, _answer(scope, source.stored, parameters), cors)
        except OSError as error:
            _log.warning("A file could not be sent to its end: %s", error)
            await sender_of(scope).abort()
        finally:
            source.close()
        return None

    def _open(self, key: str) -> Source:
        """Raises `NotFound`."""
        try:
            return _FileSource(self._library.open(key))
        except NotFound:
            bundle = find_bundle(key)
            if bundle is None:
                raise
            return ZipSource(bundle, self._library)


def _check(scope: Scope) -> Parameters:
    """The parameters of a request whose signature is right. An address for GET serves HEAD as well."""
    host = header(scope, b"host").decode("latin-1")
    parts = (host, scope["raw_path"], scope["query_string"], current().clock.time())
    try:
        return check_signature("GET", *parts)
    except Forbidden:
        if scope["method"] != "HEAD":
            raise
    return check_signature("HEAD", *parts)


def _answer(scope: Scope, stored: Stored, parameters: Parameters) -> _Answer:
    etag, modified = f'"{stored.version}"'.encode(), stored.last_modified.encode()
    values = {b"content-type": content_type(stored.key).encode(), **named_by_url(parameters)}
    kind = values[b"content-type"]
    versions = [(b"accept-ranges", b"bytes"), (b"etag", etag), (b"last-modified", modified)]
    headers = [*values.items(), *protection(kind), *versions]
    if _has_failed(scope, etag, modified):
        return _Answer(412, [*versions, _length(0)])
    if is_unchanged(scope, etag, modified):
        return _Answer(304, headers)
    condition, text = header(scope, b"if-range"), header(scope, b"range")
    ranges = read_ranges(text, stored.size_bytes) if text and condition in {b"", etag, modified} else None
    if ranges is None:
        return _Answer(200, [*headers, _length(stored.size_bytes)], [(0, stored.size_bytes)])
    if not ranges:
        return _Answer(416, [*versions, (b"content-range", b"bytes */%d" % stored.size_bytes), _length(0)])
    if len(ranges) > 1:
        return _multipart(stored.size_bytes, headers, kind, ranges)
    first, end = ranges[0]
    return _Answer(
        206, [*headers, (b"content-range", _content_range(ranges[0], stored.size_bytes)), _length(end - first)], ranges
    )


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


async def _send(scope: Scope, send: Send, source: Source, answer: _Answer, cors: Pairs) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": [*answer.headers, *cors]})
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
