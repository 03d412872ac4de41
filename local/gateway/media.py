"""Presigned media: `/<bucket>/...`, from the library's files, or from the media engine where it keeps the bucket."""

from typing import Protocol
from urllib.parse import unquote_to_bytes

from dlambda.entry.senders import check_sender, cors_headers
from dlambda.errors import Forbidden
from local.gateway.asgi import Scope, Send, answer, refuse
from local.gateway.connections import wait_for_reader
from local.gateway.media_headers import Pairs
from local.gateway.senders import client_of_scope, incoming
from local.gateway.shares import Shares

# Each holds an open file, or a connection to the engine and a chunk.
_MOST_STREAMS = 256
_MOST_OF_A_CLIENT = 128
# A player that was paused, or has enough, reads nothing for minutes.
_READER_SECONDS = 900.0
_CORS = [
    (b"access-control-allow-methods", b"GET, HEAD"),
    (
        b"access-control-allow-headers",
        b"Range, If-Range, If-None-Match, If-Modified-Since, Content-Type, Authorization",
    ),
    (b"access-control-expose-headers", b"Content-Length, Content-Range, Accept-Ranges, ETag, Last-Modified"),
    (b"access-control-max-age", b"900"),
]
_ORIGIN_HEADERS = ("Vary", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")


class MediaSource(Protocol):
    """Where the bytes come from."""

    async def serve(self, scope: Scope, send: Send, cors: Pairs) -> None:
        """Answers GET or HEAD of a signed path; checks the signature. `cors` are further headers."""


class Media:
    """Answers requests for the bucket."""

    def __init__(self, bucket: str, source: MediaSource) -> None:
        self._prefix = f"/{bucket}/".encode()
        self._source = source
        self._streams = Shares(_MOST_STREAMS, _MOST_OF_A_CLIENT)

    def owns(self, raw_path: bytes) -> bool:
        """True if the path as it came lies in the bucket (or is the bucket)."""
        return (raw_path + b"/").startswith(self._prefix)

    async def serve(self, scope: Scope, send: Send) -> None:
        method = scope["method"]
        try:
            cors = _cors(scope)
        except Forbidden as error:
            return await refuse(send, error.status, error.message, error.code)
        if method == "OPTIONS":
            return await answer(send, 204, cors)
        if method not in {"GET", "HEAD"}:
            return await refuse(send, 405, "Method Not Allowed", "METHOD_NOT_ALLOWED", cors)
        if not _is_plain(scope["raw_path"], self._prefix) or not _is_signed(scope["query_string"]):
            return await refuse(send, 403, "Access denied.", "FORBIDDEN", cors)
        client = client_of_scope(scope)
        if not self._streams.take(client):
            busy = "Too many files are being sent at the moment. Try again in a moment."
            return await refuse(send, 429, busy, "TOO_MANY", [*cors, (b"retry-after", b"5")])
        try:
            wait_for_reader(scope, _READER_SECONDS)
            return await self._source.serve(scope, send, cors)
        finally:
            self._streams.give_back(client)


def _cors(scope: Scope) -> Pairs:
    """For whom the answer is. Raises `Forbidden` for pages of other origins."""
    request = incoming(scope, scope["raw_path"].decode("latin-1"))
    headers = cors_headers(request, check_sender(request))
    return [*_CORS, *((name.lower().encode(), headers[name].encode()) for name in _ORIGIN_HEADERS if name in headers)]


def _is_plain(raw_path: bytes, prefix: bytes) -> bool:
    """True if the path names an object of this bucket and no way out of it, however it is encoded."""
    if not raw_path.startswith(prefix):
        return False
    decoded = unquote_to_bytes(raw_path)
    parts = decoded.split(b"/")[1:]
    return len(parts) > 1 and not any(part in {b"", b".", b".."} for part in parts) and b"\0" not in decoded


def _is_signed(query: bytes) -> bool:
    return b"X-Amz-Signature=" in query and b"X-Amz-Credential=" in query
