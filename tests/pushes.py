"""The gateway's management API as far as the service uses it: it keeps what is pushed to each connection."""

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote

Frame = dict[str, Any]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.pushes._keep(unquote(self.path.rpartition("/")[2]), body)
        self.send_response(status)
        if status == 410:
            self.send_header("x-amzn-ErrorType", "GoneException")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_DELETE(self) -> None:
        status = self.server.pushes._close(unquote(self.path.rpartition("/")[2]))
        self.send_response(status)
        if status == 410:
            self.send_header("x-amzn-ErrorType", "GoneException")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pushes: "Pushes"


class Pushes:
    """A running management API. `gone`: connections that have left, or were closed. `broken`: it answers 500."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.pushes = self
        self._lock = threading.Lock()
        self.reset()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reset(self) -> None:
        with self._lock:
            self.gone: set[str] = set()
            self.broken = False
            self._frames: dict[str, list[Frame]] = defaultdict(list)

    def to(self, connection_id: str) -> list[Frame]:
        """What one client got, in order."""
        with self._lock:
            return list(self._frames[connection_id])

    def _keep(self, connection_id: str, body: bytes) -> int:
        with self._lock:
            if self.broken:
                return 500
            if connection_id in self.gone:
                return 410
            self._frames[connection_id].append(json.loads(body))
            return 200

    def _close(self, connection_id: str) -> int:
        with self._lock:
            if connection_id in self.gone:
                return 410
            self.gone.add(connection_id)
            return 204

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
