"""Passes bytes between a Unix socket and a loopback port, for an engine that knows TCP alone (local/dynoxide.py)."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

_HOST = "127.0.0.1"
_TRIES, _WAIT_SECONDS = 100, 0.05
_CHUNK_BYTES = 64 * 1024


def relay(listener: socket.socket, port: int, has_ended: Callable[[], bool]) -> None:
    """Until `ended()`. Connections wait while nothing listens on the port yet."""
    asyncio.run(_relay(listener, port, has_ended))


async def _relay(listener: socket.socket, port: int, has_ended: Callable[[], bool]) -> None:
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await _dial(port)
        except OSError:
            writer.close()
        else:
            await asyncio.gather(_copy(reader, back), _copy(there, writer))

    server = await asyncio.start_unix_server(pass_on, sock=listener)
    while not has_ended():  # noqa: ASYNC110 the end of a process is asked for
        await asyncio.sleep(_WAIT_SECONDS)
    server.close()


async def _dial(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(_TRIES):
        with contextlib.suppress(ConnectionRefusedError):
            return await asyncio.open_connection(_HOST, port)
        await asyncio.sleep(_WAIT_SECONDS)
    raise ConnectionRefusedError


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()
