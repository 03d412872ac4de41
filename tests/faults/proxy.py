"""An HTTP proxy before one engine. A layer decides what becomes of each request."""

import contextlib
import http.client
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, cast
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 60
_OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Request:
    """What a client sent. `path` has its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """The last part of `X-Amz-Target`: `SendMessage`, `PutItem`; empty without one."""
        return self.headers.get("X-Amz-Target", "").rpartition(".")[2]


@dataclass(frozen=True)
class Answer:
    """What a client gets. `is_cut`: the connection ends in the middle of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False


class Engine:
    """The engine behind a proxy."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc

    def ask(self, request: Request) -> Answer:
        """The engine's own answer. The headers stay, `Host` among them, since signatures cover them."""
        connection = http.client.HTTPConnection(self._host, timeout=_TIMEOUT_SECONDS)
        try:
            connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name.lower() not in _OF_ONE_HOP:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body)
            response = connection.getresponse()
            body = response.read()
            headers = {name: value for name, value in response.getheaders() if name.lower() not in _OF_ONE_HOP}
            if request.method == "HEAD" and (length := response.getheader("Content-Length")):
                headers["Content-Length"] = length
            return Answer(response.status, headers, body)
        finally:
            connection.close()


class Layer(Protocol):
    """What stands before the engine."""

    def answer(self, request: Request, engine: Engine) -> Answer:
        """Does the request, or does something else with it."""


@contextlib.contextmanager
def proxy(engine_url: str, layer: Layer) -> Iterator[str]:
    """The URL of a proxy with `layer` before the engine."""
    server = _Server(Engine(engine_url), layer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, engine: Engine, layer: Layer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.engine, self.layer = engine, layer

    def handle_error(self, request: object, client_address: object) -> None:
        """Processes are killed all the time; that is nothing to print."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        server = cast("_Server", self.server)
        request = Request(self.command, self.path, dict(self.headers.items()), self._read_body())
        answer = server.layer.answer(request, server.engine)
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if answer.is_cut else answer.body)
        self.close_connection = self.close_connection or answer.is_cut

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 names that http.server asks for

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""
