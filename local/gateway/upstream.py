"""Connections to the service that has the media: one request on each, in HTTP/1.0, so that no answer is in chunks."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

CHUNK_BYTES = 512 * 1024
_HEAD_LIMIT_BYTES = 64 * 1024
_TIMEOUT_SECONDS = 30.0


class Stream(Protocol):
    """Bytes to the service and from it."""

    async def send(self, data: bytes) -> None:
        """Raises `OSError`."""

    async def receive(self, most: int) -> bytes:
        """The bytes that have arrived; empty at the end. Raises `OSError`."""

    def close(self) -> None:
        """Ends it at once."""


class PlainStream:
    """Bytes as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self, most: int) -> bytes:
        return await self._reader.read(most)

    def close(self) -> None:
        self._writer.transport.abort()


class TlsStream:
    """Encrypted bytes.

    uvloop's own TLS loses the end of what it was sent when the service closes while the client is slow.
    """

    def __init__(self, plain: PlainStream, context: ssl.SSLContext, host: str) -> None:
        self._plain = plain
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_hostname=host)

    async def handshake(self) -> None:
        """Raises `OSError` for a certificate that is not trusted."""
        await self._until_done(self._tls.do_handshake)

    async def send(self, data: bytes) -> None:
        await self._until_done(lambda: self._tls.write(data))

    async def receive(self, most: int) -> bytes:
        try:
            return await self._until_done(lambda: self._read(most))
        except ssl.SSLEOFError:  # whether it is all is told by the length
            return b""

    def _read(self, most: int) -> bytes:
        """All records that are there."""
        content = self._tls.read(most)
        records = [content]
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLEOFError):  # whoever asks next is told
            while content and self._received.pending and (most := most - len(content)):
                content = self._tls.read(most)
                records.append(content)
        return b"".join(records)

    def close(self) -> None:
        self._plain.close()

    async def _until_done(self, action: Callable[[], T]) -> T:
        """Repeats `action` until enough bytes have arrived for it, and returns its result."""
        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                await self._flush()
                self._feed(await self._plain.receive(CHUNK_BYTES))
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        if self._to_send.pending:
            await self._plain.send(self._to_send.read())

    def _feed(self, data: bytes) -> None:
        if data:
            self._received.write(data)
        else:
            self._received.write_eof()


async def _ask(stream: Stream, head: bytes) -> "Upstream":
    """Sends a request and reads the answer's headers. Raises `OSError`, `ValueError`."""
    await stream.send(head)
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = await stream.receive(_HEAD_LIMIT_BYTES)
        if not chunk or len(data) > _HEAD_LIMIT_BYTES:
            raise ValueError("no HTTP answer")
        data += chunk
    head, _, body_start = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    pairs = (line.partition(b":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Upstream(stream, int(first.split(b" ", 2)[1]), headers, body_start)


@dataclass(slots=True)
class Upstream:
    """The service's answer up to its headers; `rest` is the body's begin."""

    connection: Stream
    status: int
    headers: dict[bytes, bytes]
    rest: bytes

    def close(self) -> None:
        self.connection.close()


@dataclass(frozen=True, slots=True)
class MediaService:
    """Where the media are. `host_header`: what signatures name; `tls`: for encrypted connections."""

    host: str
    port: int
    host_header: bytes
    tls: ssl.SSLContext | None = None

    async def request(self, head: bytes) -> Upstream:
        """Sends a request and reads the answer's headers. Raises `OSError`, `TimeoutError`, `ValueError`."""
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            plain = PlainStream(*await asyncio.open_connection(self.host, self.port, limit=CHUNK_BYTES))
            try:
                return await _ask(await self._stream(plain), head)
            except BaseException:
                plain.close()
                raise

    async def _stream(self, plain: PlainStream) -> Stream:
        if self.tls is None:
            return plain
        stream = TlsStream(plain, self.tls, self.host)
        await stream.handshake()
        return stream


def media_service(address: str, certificates: str) -> MediaService:
    """The service at a URL. `certificates`: file of the authorities that its certificate may be of; empty: the
    machine's.
    """
    where = urlsplit(address)
    tls = ssl.create_default_context(cafile=certificates or None) if where.scheme == "https" else None
    host_header = where.netloc.rpartition("@")[2].encode()
    return MediaService(where.hostname or "", where.port or (443 if tls else 80), host_header, tls)
