"""Media of the library: the signature is checked here, and the plain file is sent, or a ZIP of several."""

import contextlib
import logging
import secrets
from collections.abc import AsyncGenerator, Sequence
from functools import partial
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
from local.gateway.asgi import Message, Scope, Send, header, refuse
from local.gateway.bursts import Slice
from local.gateway.file_sending import Opening, sender_of
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
        yield self.slice(first, end)

    def slice(self, first: int, end: int) -> Slice:
        """The bytes as a part of the open file."""
        return Slice(self._file.descriptor, first, end - first)

    def close(self) -> None:
        self._file.close()


class _Answer(NamedTuple):
    """Status, headers, and the body in parts: bytes, and ranges of the source."""

    status: int
    headers: Pairs
    body: Sequence[bytes | Range] = ()


class _Prepared(NamedTuple):
    """A source, and the answer that is made of it."""

    source: Source
    answer: _Answer


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
            prepared, rest = await self._begin(key, scope, parameters, cors)
        except UnicodeDecodeError:
            return await refuse(send, 404, "File not found", "NOT_FOUND", cors)
        except AppError as error:
            return await refuse(send, error.status, error.message, error.code, cors)
        try:
            await _send(scope, send, prepared, rest)
        except OSError as error:
            _log.warning("A file could not be sent to its end: %s", error)
            await sender_of(scope).abort()
        finally:
            prepared.source.close()
        return None

    async def _begin(
        self, key: str, scope: Scope, parameters: Parameters, cors: Pairs
    ) -> tuple[_Prepared, Slice | None]:
        """The answer, and what is left of its opening; None without one, when nothing was sent. Raises `NotFound`."""
        opening_of = partial(_opening, scope["method"])
        try:
            source = _FileSource(self._library.open_at_once(key))
        except (BlockingIOError, NotFound):
            prepare = partial(self._prepare, key, scope, parameters, cors)
            return await sender_of(scope).begin(prepare, opening_of)
        prepared = _prepared(source, scope, parameters, cors)
        opening = opening_of(prepared)
        try:
            return prepared, await sender_of(scope).start(opening) if opening else None
        except BaseException:
            source.close()
            raise

    def _prepare(self, key: str, scope: Scope, parameters: Parameters, cors: Pairs) -> _Prepared:
        """In a thread. Raises `NotFound`."""
        return _prepared(self._open(key), scope, parameters, cors)

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


def _prepared(source: Source, scope: Scope, parameters: Parameters, cors: Pairs) -> _Prepared:
    """Closes the source when something is wrong."""
    try:
        answer = _answer(scope, source.stored, parameters)
    except BaseException:
        source.close()
        raise
    return _Prepared(source, answer._replace(headers=[*answer.headers, *cors]))


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
    now = parse_date(modified.decode()) if since else None
    return since is not None and now is not None and now > since


def _content_range(part: Range, size: int) -> bytes:
    return b"bytes %d-%d/%d" % (part[0], part[1] - 1, size)


def _length(size: int) -> tuple[bytes, bytes]:
    return b"content-length", str(size).encode()


def _opening(method: str, prepared: _Prepared) -> Opening | None:
    """The opening of an answer that is one part of a file; None of any other."""
    if method != "GET" or not isinstance(prepared.source, _FileSource) or len(prepared.answer.body) != 1:
        return None
    (part,) = prepared.answer.body
    return None if isinstance(part, bytes) else (_start(prepared.answer), prepared.source.slice(*part))


def _start(answer: _Answer) -> Message:
    return {"type": "http.response.start", "status": answer.status, "headers": answer.headers}


async def _send(scope: Scope, send: Send, prepared: _Prepared, rest: Slice | None) -> None:
    """`rest`: of its opening."""
    if rest is None:
        await send(_start(prepared.answer))
        await _send_body(scope, send, prepared)
    else:
        await sender_of(scope).go_on(rest)
    if not sender_of(scope).is_gone:
        await send({"type": "http.response.body", "body": b""})


async def _send_body(scope: Scope, send: Send, prepared: _Prepared) -> None:
    for part in prepared.answer.body if scope["method"] == "GET" else ():
        if isinstance(part, bytes):
            await send({"type": "http.response.body", "body": part, "more_body": True})
            continue
        async with contextlib.aclosing(prepared.source.pieces(*part)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Slice):
                    await sender_of(scope).send(piece)
                else:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                if sender_of(scope).is_gone:
                    return
