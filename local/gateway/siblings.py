"""Pushes to WebSocket clients of another process of this gateway: who pushes knows the first one's address alone."""

import asyncio
from typing import Final
from urllib.parse import quote

from dlambda.domain.web.connection_id import process_of
from local.gateway.place import Place

_SECONDS: Final = 4.0
_PIECE_BYTES: Final = 64 * 1024


class Siblings:
    """The processes of this gateway. `secret_path`: below which their internal ports answer."""

    def __init__(self, place: Place, secret_path: str) -> None:
        self.place = place
        self._secret_path = secret_path

    @property
    def numbers(self) -> list[int]:
        """The numbers of the other processes."""
        return [number for number in range(len(self.place.internal_ports)) if number != self.place.number]

    def have(self, connection: str) -> bool:
        """True if a connection is another process'."""
        return process_of(connection) in self.numbers

    async def ask(self, method: str, connection: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer of the process that has a connection. Raises `OSError` and `ValueError`."""
        target = f"{self._secret_path}/%40connections/{quote(connection, safe='')}"
        lines = (f"{method} {target} HTTP/1.1", "host: gateway", "connection: close", f"content-length: {len(body)}")
        head = "\r\n".join((*lines, "", ""))
        async with asyncio.timeout(_SECONDS):
            port = self.place.internal_ports[process_of(connection)]
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_PIECE_BYTES)
            try:
                writer.write(head.encode() + body)
                answer = await reader.read()
            finally:
                writer.transport.abort()
        first, _, rest = answer.partition(b"\r\n")
        return int(first.split(b" ", 2)[1]), rest.partition(b"\r\n\r\n")[2]
