"""The attacker's site at a "public" address: pages by path, and ports that answer one thing to whoever connects."""

import socket
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.security.nameserver import ATTACKER


@dataclass(frozen=True)
class Page:
    """One answer. `body` may be large: it is sent as it is."""

    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Attacker:
    """Must be made inside the network namespace. Pages are looked up by their path."""

    def __init__(self) -> None:
        self._pages: dict[str, Page] = {}
        self._asked: Counter[str] = Counter()
        self._listeners: list[socket.socket] = []
        self._bodies: dict[str, list[bytes]] = {}
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def serve(self, path: str, page: Page) -> None:
        """`path` (with its slash) answers `page` from now on."""
        self._pages[path] = page

    def asked(self, path: str) -> int:
        """How often `path` was asked for."""
        return self._asked[path]

    def received(self, path: str) -> list[bytes]:
        """The bodies that were sent to `path`."""
        return list(self._bodies.get(path, []))

    def say(self, answer: bytes, port: int = 0) -> int:
        """A port of the site that answers `answer` to the first bytes of each client, or unasked. Its number."""
        listener = socket.create_server((ATTACKER, port), backlog=16)
        self._listeners.append(listener)
        threading.Thread(target=_say, args=(listener, answer), daemon=True).start()
        return int(listener.getsockname()[1])

    def close(self) -> None:
        """Closes the site."""
        self._server.shutdown()
        self._server.server_close()
        for listener in self._listeners:
            listener.close()

    def answer(self, target: str, body: bytes) -> Page:
        """The page at `target`, counted."""
        path = urlsplit(target).path
        self._asked[path] += 1
        if body:
            self._bodies.setdefault(path, []).append(body)
        return self._pages.get(path, Page(b"Nothing here", status=404))


def _say(listener: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_say_once, args=(connection, answer), daemon=True).start()


def _say_once(connection: socket.socket, answer: bytes) -> None:
    with connection:
        connection.settimeout(0.5)  # a protocol in which the server speaks first
        try:
            connection.recv(4096)
        except TimeoutError:
            pass
        except OSError:
            return
        try:
            connection.sendall(answer)
        except OSError:
            return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, site: Attacker) -> None:
        self.site = site
        super().__init__((ATTACKER, 80), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are nothing to tell of."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        page = self.server.site.answer(self.path, body)
        self.send_response(page.status)
        self.send_header("Content-Type", page.kind)
        self.send_header("Content-Length", str(len(page.body)))
        for name, value in page.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            try:
                self.wfile.write(page.body)
            except OSError:
                self.close_connection = True

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Quiet."""
