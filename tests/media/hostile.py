"""Sites and files that want more than to be downloaded, and a listener that tells whether anybody came."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.media.samples import encode

SECRET_WIDTH = 160
M3U8 = "application/vnd.apple.mpegurl"


def make_film(path: Path, width: int = SECRET_WIDTH, seconds: int = 6) -> Path:
    """A film of this width; a download that has it holds the content of this file."""
    picture = f"testsrc2=s={width}x120:r=10:d={seconds}"
    sound = ("-f", "lavfi", "-i", f"sine=d={seconds}")
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p", "-c:a", "aac")
    encode(("-f", "lavfi", "-i", picture, *sound, *codecs), path)
    return path


class Site:
    """A site whose pages a test fills in: path to content, or content and its type, or a status with headers."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.pages: dict[str, bytes | str | Path] = {}
        self.headers: dict[str, Mapping[str, str]] = {}
        self.asked: list[str] = []

    def put(self, path: str, content: bytes | str | Path, **headers: str) -> str:
        """Its URL. Underscores in names of headers stand for dashes."""
        self.pages[path] = content
        self.headers[path] = {name.replace("_", "-"): value for name, value in headers.items()}
        return f"{self.base}{path}"


@contextmanager
def hostile_site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            site.asked.append(path)
            page = site.pages.get(path)
            if page is None:
                self.send_error(404)
                return
            body = page.read_bytes() if isinstance(page, Path) else page.encode() if isinstance(page, str) else page
            headers = site.headers[path]
            self.send_response(302 if "Location" in headers else 200)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Type" not in headers:
                self.send_header("Content-Type", M3U8 if path.endswith(".m3u8") else "video/mp4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 the name that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Quiet: programs that give up cut the connection."""

    server = Server(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Decoy:
    """A port of this machine; `heard` holds the first bytes of each connection. `answer` is sent back, if set."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.answer = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(0.5)
                try:
                    # A plain tcp:// input says nothing and waits.
                    self.heard.append(client.recv(100) if not self.answer else b"")
                except OSError:
                    self.heard.append(b"")
                if self.answer:
                    client.sendall(self.answer)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@contextmanager
def decoy() -> Iterator[Decoy]:
    running = Decoy()
    try:
        yield running
    finally:
        running.close()
