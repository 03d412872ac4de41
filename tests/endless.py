"""A server of one film that is larger than any disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

_BLOCK = bytes(1 << 16)


class _Endless(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    closing = Event()
    size: int | None = None

    def do_GET(self) -> None:
        """As much of it as the client takes within ten seconds."""
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        if self.size is not None:
            self.send_header("Content-Length", str(self.size))
        self.end_headers()
        self.close_connection = True
        if self.command == "GET":
            try:
                for _ in range(1000):
                    self.wfile.write(_BLOCK)
                    if self.closing.wait(0.01):
                        return
            except OSError:
                return

    do_HEAD = do_GET  # noqa: N815 the library's name

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def endless_server(size: int | None = 10**15) -> Iterator[str]:
    """Its origin; `<origin>/film.mp4` is the film, which says that it has `size` bytes."""
    closing = Event()
    handler = type("_Film", (_Endless,), {"closing": closing, "size": size})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
