"""Small servers on free ports of this machine, and a SOCKS proxy among them."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dlambda.media.workers.child.ffmpeg_proxy import _pump


@contextmanager
def serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[Any]:
    """A server on a free port of this machine; `asked` is for the handler to fill."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class SocksHandler(socketserver.BaseRequestHandler):
    """SOCKS5 without a login, for names and IPv4 addresses."""

    def handle(self) -> None:
        self.request.recv(262)
        self.request.sendall(b"\x05\x00")
        head = self.request.recv(4)
        size = self.request.recv(1)[0] if head[3] == 3 else 4
        name = self.request.recv(size)
        host = name.decode() if head[3] == 3 else socket.inet_ntoa(name)
        port = int.from_bytes(self.request.recv(2), "big")
        self.server.asked.append((host, port))  # type: ignore[attr-defined]
        with socket.create_connection((host, port)) as target:
            self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
            _pump(self.request, target)
