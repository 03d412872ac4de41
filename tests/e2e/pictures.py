"""A server of pictures for a test to count the requests of."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 100


class Pictures(ThreadingHTTPServer):
    """Use as a context manager. Answers 404 to paths with `missing`, a page's type to those with `page`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests = 0

    @property
    def base(self) -> str:
        """Its URL without a final slash."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Pictures

    def do_GET(self) -> None:
        self.server.requests += 1
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Type", "text/html" if "page" in self.path else "image/png")
        self.send_header("Content-Length", str(len(PICTURE)))
        self.end_headers()
        self.wfile.write(PICTURE)

    def log_message(self, *_: object) -> None:
        """Tests look at the count."""
