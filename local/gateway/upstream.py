"""Connections to the service that has the media: one request on each, in HTTP/1.0, so that no answer is in chunks."""

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

CHUNK_BYTES = 512 * 1024
_HEAD_LIMIT_BYTES = 64 * 1024
_TIMEOUT_SECONDS = 30.0


class Connection:
    """Bytes from the service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def receive(self, most: int) -> bytes:
        """The bytes that have arrived; empty at the end."""
        return await self._reader.read(most)

    async def ask(self, head: bytes) -> "Upstream":
        """Sends a request and reads the answer's headers. Raises `OSError`, `ValueError`."""
        self._writer.write(head)
        await self._writer.drain()
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = await self.receive(_HEAD_LIMIT_BYTES)
            if not chunk or len(data) > _HEAD_LIMIT_BYTES:
                raise ValueError("no HTTP answer")
            data += chunk
        head, _, body_start = data.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        pairs = (line.partition(b":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        return Upstream(self, int(first.split(b" ", 2)[1]), headers, body_start)

    def close(self) -> None:
        """Ends it at once."""
        self._writer.transport.abort()


@dataclass(slots=True)
class Upstream:
    """The service's answer up to its headers; `rest` is the body's begin."""

    connection: Connection
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
            connection = Connection(
                *await asyncio.open_connection(self.host, self.port, ssl=self.tls, limit=CHUNK_BYTES)
            )
            try:
                return await connection.ask(head)
            except BaseException:
                connection.close()
                raise


def media_service(address: str, certificates: str) -> MediaService:
    """The service at a URL. `certificates`: file of the authorities that its certificate may be of; empty: the
    machine's.
    """
    where = urlsplit(address)
    tls = ssl.create_default_context(cafile=certificates or None) if where.scheme == "https" else None
    host_header = where.netloc.rpartition("@")[2].encode()
    return MediaService(where.hostname or "", where.port or (443 if tls else 80), host_header, tls)
