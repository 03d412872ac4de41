"""Answers of the service that has the media: local/gateway/upstream.py."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvloop

from local.gateway.upstream import CHUNK_BYTES, MediaService, media_service
from tests.e2e.certificates import make_certificate

_SIZES = range(1_000_000, 2_600_000, 40_000)


def _answer(client: socket.socket, context: ssl.SSLContext) -> None:
    """As many bytes as the path says; ends at once, and waits for nobody."""
    with context.wrap_socket(client, server_side=True) as tls:
        size_bytes = int(tls.recv(4096).split()[1][1:])
        tls.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % size_bytes + bytes(size_bytes))
        tls.settimeout(0)
        with suppress(OSError):
            tls.unwrap()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaService]:
    """One that is reached by TLS."""
    certificate = make_certificate(tmp_path_factory.mktemp("certificate"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.path, certificate.key_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=_answer, args=(client, context), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield media_service(f"https://127.0.0.1:{listener.getsockname()[1]}", str(certificate.path))
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("pause_seconds", [0, 0.001, 0.02])
def test_a_slow_client_gets_all_that_an_encrypted_service_sent(service: MediaService, pause_seconds: float) -> None:
    async def missing_bytes(size_bytes: int) -> int:
        upstream = await service.request(b"GET /%d HTTP/1.0\r\n\r\n" % size_bytes)
        count = len(upstream.rest)
        while chunk := await upstream.connection.receive(CHUNK_BYTES):
            count += len(chunk)
            await asyncio.sleep(pause_seconds)
        upstream.close()
        return size_bytes - count

    async def ask_all() -> list[int]:
        return await asyncio.gather(*map(missing_bytes, _SIZES))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(ask_all()) == [0 for _ in _SIZES]
