"""A receiver of webhooks that really listens: it answers as it is told, or never."""

import json
import select
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs


class Receiver(ThreadingHTTPServer):
    """Use as a context manager. `/fails/N/...` answers 503 N times first, `/hangs` never answers."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: dict[str, list[Any]] = defaultdict(list)
        self.ids: dict[str, list[str]] = defaultdict(list)
        self.released = threading.Event()
        self.order: list[str] = []
        """The paths as they are posted to, and `given up` when a sender leaves `/hangs`."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.order.append(self.path)
        if self.path.startswith("/hangs"):
            self._hang()
            return
        is_form = self.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
        value = {key: each[0] for key, each in parse_qs(body.decode()).items()} if is_form else json.loads(body)
        self.server.got[self.path].append(value)
        self.server.ids[self.path].append(self.headers["X-Event-Id"])
        words = self.path.split("/")
        fails = words[1] == "fails" and len(self.server.got[self.path]) <= int(words[2])
        self.send_response(503 if fails else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _hang(self) -> None:
        """Until the sender goes, or the test ends."""
        while not self.server.released.wait(0.05):
            if select.select([self.connection], [], [], 0)[0]:
                self.server.order.append("given up")
                return

    def log_message(self, *_: object) -> None:
        """Tests look at what was got."""
