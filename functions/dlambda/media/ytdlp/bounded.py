"""Inside a worker process: how much of an answer is read into memory (pages, playlists, manifests, keys).

yt-dlp reads what is no media file as a whole, and a megabyte of gzip may be a gigabyte of page. Media files are read
block by block into a file, and have no limit here.
"""

import zlib
from collections.abc import Callable
from typing import Any

import brotli
from yt_dlp.networking._requests import RequestsResponseAdapter
from yt_dlp.networking._urllib import HTTPHandler, UrllibResponseAdapter
from yt_dlp.networking.common import Response
from yt_dlp.networking.exceptions import TransportError

MOST_BYTES = 64 * 1024 * 1024
_BLOCK = 256 * 1024
_TEXT = "The page is larger than {} MB, and pages of that size are not read."

ReadBlock = Callable[[int], bytes]


class TooLarge(TransportError):  # type: ignore[misc]
    """An answer that is read as a whole has more bytes than that, unpacked."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        super().__init__(_TEXT.format(most_bytes // (1024 * 1024)))


def read_all(read_block: ReadBlock, most_bytes: int = MOST_BYTES) -> bytes:
    """Reads the rest of the body. Raises `TooLarge`."""
    blocks: list[bytes] = []
    size = 0
    while block := read_block(_BLOCK):
        size += len(block)
        if size > most_bytes:
            raise TooLarge(most_bytes)
        blocks.append(block)
    return b"".join(blocks)


def bound(class_: type) -> None:
    """Bounds what the answers of one of yt-dlp's handlers bring when they are read as a whole."""
    original = class_.read  # type: ignore[attr-defined]

    def read(self: Any, amt: int | None = None) -> bytes:
        if amt is not None and amt >= 0:
            block: bytes = original(self, amt)
            return block
        return read_all(lambda size: original(self, size))

    class_.read = read  # type: ignore[attr-defined]


def _inflate(data: bytes, wbits: int) -> bytes:
    """The first stream in `data`; junk behind it is left out, as yt-dlp does."""
    inflater = zlib.decompressobj(wbits)
    plain = inflater.decompress(data, MOST_BYTES + 1)
    if len(plain) > MOST_BYTES:
        raise TooLarge
    if not inflater.eof:
        raise zlib.error("incomplete or truncated stream")
    return plain


def _gunzip(data: bytes) -> bytes:
    return _inflate(data, zlib.MAX_WBITS | 16) if data else data


def _inflate_deflate(data: bytes) -> bytes:
    try:
        return _inflate(data, -zlib.MAX_WBITS) if data else data
    except zlib.error:
        return _inflate(data, zlib.MAX_WBITS)


def _unbrotli(data: bytes) -> bytes:
    decoder = brotli.Decompressor()
    plain = b""
    if data:
        plain = decoder.process(data, output_buffer_limit=MOST_BYTES + 1)
        if len(plain) > MOST_BYTES:
            raise TooLarge
    return plain


def _bound_decoding() -> None:
    """yt-dlp's handler for urllib unpacks an answer before anybody reads it."""
    original = HTTPHandler.http_response

    def http_response(self: Any, request: Any, response: Any) -> Any:
        if response.headers.get("Content-Encoding"):
            read_block = response.read
            response.read = lambda *amount: read_block(*amount) if amount else read_all(read_block)
        return original(self, request, response)

    HTTPHandler.http_response = HTTPHandler.https_response = http_response
    HTTPHandler.gz = staticmethod(_gunzip)
    HTTPHandler.deflate = staticmethod(_inflate_deflate)
    HTTPHandler.brotli = staticmethod(_unbrotli)


def install() -> None:
    """Bounds every answer that yt-dlp reads as a whole, for this process. Idempotent."""
    if getattr(Response, "is_bounded", False):
        return
    Response.is_bounded = True
    for class_ in (Response, RequestsResponseAdapter, UrllibResponseAdapter):
        bound(class_)
    _bound_decoding()
