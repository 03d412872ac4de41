"""The origin's HTTP server: threads, sendfile, ranges, and misbehaviour on request."""

import contextlib
import os
import re
import socket
import struct
import time
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self, cast
from urllib.parse import quote, unquote

from tests.origin.answers import Answer
from tests.origin.media import media_folder
from tests.origin.routes import Request, Routes

_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")
_TICKS_PER_SECOND = 20
_CHUNK = 1 << 30
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], folder: Path | None) -> None:
        super().__init__(address, _Handler)
        self.closing = Event()
        host, port = self.server_address[:2]
        self.base = f"http://{host!s}:{port}"
        self.routes = Routes(folder or media_folder(), self.base)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients go away in the middle all the time; that is nothing to print."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "origin"
    sys_version = ""
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 names that http.server asks for

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    @property
    def _origin(self) -> _Server:
        return cast("_Server", self.server)

    def _serve(self) -> None:
        raw, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, unquote(raw), raw, query, headers, body)
        answer = self._origin.routes.answer(request)
        if answer.hang:
            self._origin.closing.wait()
            self.close_connection = True
            return
        answer, first, length = _select(answer, headers)
        self._send_head(answer, first, length)
        if self.command != "HEAD" and length:
            self._send_body(answer, first, length)

    def _send_head(self, answer: Answer, first: int, length: int) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(length + answer.excess_bytes))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if isinstance(answer.body, Path):
            self.send_header("Accept-Ranges", "bytes" if answer.ranges else "none")
            self.send_header("Last-Modified", formatdate(answer.body.stat().st_mtime, usegmt=True))
        if answer.etag:
            self.send_header("ETag", answer.etag)
        if answer.status == 206:
            self.send_header("Content-Range", _content_range(answer, first, length))
        self.end_headers()

    def _send_body(self, answer: Answer, first: int, length: int) -> None:
        limits = [limit for limit in (answer.break_after, answer.stall_after) if limit >= 0]
        # Limits count from the start of the file, so that a resumed request meets them at the same place.
        count = max(0, min([length, *(limit - first for limit in limits)]))
        if isinstance(answer.body, Path):
            with answer.body.open("rb") as file:
                self._send_file(file.fileno(), first, count, answer.bytes_per_second)
        else:
            self._send_bytes(answer.body[first : first + count], answer.bytes_per_second)
        if count < length + answer.excess_bytes:
            if answer.stall_after >= 0:
                self._origin.closing.wait()
            self.close_connection = True
            with contextlib.suppress(OSError):
                self._cut(answer)

    def _cut(self, answer: Answer) -> None:
        if answer.is_reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send_file(self, source: int, first: int, count: int, rate: int) -> None:
        self.wfile.flush()
        sent = 0
        began = time.monotonic()
        while sent < count and not self._origin.closing.is_set():
            step = min(count - sent, max(1, rate // _TICKS_PER_SECOND) if rate else _CHUNK)
            done = os.sendfile(self.connection.fileno(), source, first + sent, step)
            if done == 0:
                return
            sent += done
            self._pace(began, sent, rate)

    def _send_bytes(self, body: bytes, rate: int) -> None:
        step = max(1, rate // _TICKS_PER_SECOND) if rate else len(body) or 1
        began = time.monotonic()
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self._pace(began, start + step, rate)

    def _pace(self, began: float, sent: int, rate: int) -> None:
        if rate:
            wait = began + sent / rate - time.monotonic()
            if wait > 0:
                self._origin.closing.wait(wait)


def _content_range(answer: Answer, first: int, length: int) -> str:
    excess = answer.excess_bytes
    return f"bytes {first}-{first + length - 1 + excess}/{_size(answer) + excess}"


def _size(answer: Answer) -> int:
    return answer.body.stat().st_size if isinstance(answer.body, Path) else len(answer.body)


def _select(answer: Answer, headers: dict[str, str]) -> tuple[Answer, int, int]:
    """The answer with its status, the first byte and the number of bytes, after conditions and Range."""
    size = _size(answer)
    if answer.status != 200:
        return answer, 0, size
    if answer.etag and headers.get("if-none-match") == answer.etag:
        return replace(answer, status=304, body=b""), 0, 0
    asked = _RANGE.match(headers.get("range", ""))
    stale = "if-range" in headers and headers["if-range"] != answer.etag
    if not asked or not answer.ranges or stale or asked.groups() == ("", ""):
        return answer, 0, size
    start, end = asked.groups()
    first = int(start) if start else max(0, size - int(end))
    last = min(int(end), size - 1) if start and end else size - 1
    if first > last:
        refusal = replace(answer, status=416, body=b"", headers={"Content-Range": f"bytes */{size}"})
        return refusal, 0, 0
    return replace(answer, status=206), first, last - first + 1


class Origin:
    """A running origin. Use it as a context manager, or `start` and `stop` it. `folder`: media of a test's own."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1", folder: Path | None = None) -> None:
        self._server = _Server((host, port), folder)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def base(self) -> str:
        """`http://127.0.0.1:<port>`, without a final slash."""
        return self._server.base

    def url(self, path: str) -> str:
        """The URL of a path as a person writes it: blanks, quotes, `#`, `%` and emoji get encoded."""
        return f"{self.base}/{quote(path.lstrip('/'), safe='/:?=&')}"

    def media(self, name: str) -> Path:
        """A file of the media folder, such as `clip.mp4`."""
        return self._server.routes.folder / name

    @property
    def counts(self) -> dict[str, int]:
        """Requests so far: `{"GET /clip-1.mp4": 2}`."""
        with self._server.routes.state.lock:
            return dict(self._server.routes.state.counts)

    def publish(self, name: str, count: int) -> list[str]:
        """Gives the watched source `name` so many entries; their URLs."""
        self._server.routes.publish(name, count)
        return [self.url(f"clip-{name}-{number}.mp4") for number in range(1, count + 1)]

    def hooked(self, key: str) -> list[dict[str, object]]:
        """What was posted to `/__hook/<key>`: `{"headers", "body"}` each."""
        with self._server.routes.state.lock:
            return list(self._server.routes.state.hooks[key])

    def start(self) -> Self:
        """Serves in a thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends hanging answers too."""
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
