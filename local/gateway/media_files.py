"""Media of the library: the signature is checked here, and the plain file is sent."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from werkzeug.http import parse_date

from dlambda.aws.library import Library, OpenFile
from dlambda.aws.presigned import Parameters, check_signature
from dlambda.deployment import current
from dlambda.domain.files.content_type import content_type
from dlambda.errors import AppError, Forbidden
from local.gateway.asgi import Scope, Send, header, refuse
from local.gateway.file_sending import Slice, sender_of
from local.gateway.media_headers import Pairs, is_unchanged, named_by_url, protection
from local.gateway.ranges import Range, read_ranges


class _Answer(NamedTuple):
    """Status, headers, and the body in parts: bytes, and parts of the file."""

    status: int
    headers: Pairs
    body: Sequence[bytes | Slice] = ()


class LibraryMedia:
    """Answers requests for the bucket's objects from `library`. `prefix`: of their paths, `/<bucket>/`."""

    def __init__(self, library: Library, prefix: bytes) -> None:
        self._library = library
        self._prefix = prefix

    async def serve(self, scope: Scope, send: Send, cors: Pairs) -> None:
        """See `MediaSource`."""
        try:
            parameters = _checked(scope)
            key = unquote_to_bytes(scope["raw_path"].removeprefix(self._prefix)).decode(errors="strict")
            file = await asyncio.to_thread(self._library.open, key)
        except UnicodeDecodeError:
            return await refuse(send, 404, "File not found", "NOT_FOUND", cors)
        except AppError as error:
            return await refuse(send, error.status, error.message, error.code, cors)
        try:
            await _send(scope, send, _answer(scope, file, parameters), cors)
        finally:
            file.close()
        return None


def _checked(scope: Scope) -> Parameters:
    """The parameters of a request whose signature is right. An address for GET serves HEAD as well."""
    host = header(scope, b"host").decode("latin-1")
    parts = (host, scope["raw_path"], scope["query_string"], current().clock.time())
    try:
        return check_signature("GET", *parts)
    except Forbidden:
        if scope["method"] != "HEAD":
            raise
    return check_signature("HEAD", *parts)


def _answer(scope: Scope, file: OpenFile, parameters: Parameters) -> _Answer:
    stored = file.stored
    etag, modified = f'"{stored.version}"'.encode(), stored.last_modified.encode()
    values = {b"content-type": content_type(stored.key).encode(), **named_by_url(parameters)}
    kind = values[b"content-type"]
    versions = [(b"accept-ranges", b"bytes"), (b"etag", etag), (b"last-modified", modified)]
    headers = [*values.items(), *protection(kind), *versions]
    if _has_failed(scope, etag, modified):
        return _Answer(412, [*versions, (b"content-length", b"0")])
    if is_unchanged(scope, etag, modified):
        return _Answer(304, headers)
    condition, text = header(scope, b"if-range"), header(scope, b"range")
    ranges = read_ranges(text, stored.size_bytes) if text and condition in {b"", etag, modified} else None
    if ranges is None:
        whole = Slice(file.descriptor, 0, stored.size_bytes)
        return _Answer(200, [*headers, _length(stored.size_bytes)], [whole])
    if not ranges:
        unsatisfied = (b"content-range", b"bytes */%d" % stored.size_bytes)
        return _Answer(416, [*versions, unsatisfied, (b"content-length", b"0")])
    if len(ranges) > 1:
        return _multipart(file, headers, kind, ranges)
    first, end = ranges[0]
    part = [(b"content-range", _content_range(ranges[0], stored.size_bytes)), _length(end - first)]
    return _Answer(206, [*headers, *part], [Slice(file.descriptor, first, end - first)])


def _multipart(file: OpenFile, headers: Pairs, kind: bytes, ranges: Sequence[Range]) -> _Answer:
    boundary = secrets.token_hex(16).encode()
    body: list[bytes | Slice] = []
    for first, end in ranges:
        head = (boundary, kind, _content_range((first, end), file.stored.size_bytes))
        body.append(b"\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n" % head)
        body.append(Slice(file.descriptor, first, end - first))
    body.append(b"\r\n--%s--\r\n" % boundary)
    size = sum(part.size if isinstance(part, Slice) else len(part) for part in body)
    several = (b"content-type", b"multipart/byteranges; boundary=" + boundary)
    return _Answer(206, [several, *(pair for pair in headers if pair[0] != b"content-type"), _length(size)], body)


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


async def _send(scope: Scope, send: Send, answer: _Answer, cors: Pairs) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": [*answer.headers, *cors]})
    for part in answer.body if scope["method"] == "GET" else ():
        if isinstance(part, Slice):
            await sender_of(scope).send(part)
        else:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
