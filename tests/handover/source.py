"""An origin that counts the bytes of media that it sends, at a rate for all clients together.

Films are as large as one likes: real media, with boxes and packets between that every player passes over.
"""

import hashlib
import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self, cast

from tests.handover.dash import DashFilm
from tests.origin.media import media_folder

_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")
BUFFER_BYTES = 64 * 1024
_BLOCK = BUFFER_BYTES
_PACKET = 188
_NULL_PACKET = bytes([0x47, 0x1F, 0xFF, 0x10]) + b"\xff" * (_PACKET - 4)
_NOISE = random.Random(17).randbytes(1024 * 1024)
_SECONDS = 10  # of the clip that the streams hold
_LEAST_FRAGMENTS = 5


class Film:
    """`film.mp4`: the clip, then a `free` box of numbered noise, `size_bytes` in all."""

    def __init__(self, size_bytes: int, version: int = 1) -> None:
        clip = (media_folder() / "clip.mp4").read_bytes()
        rest = size_bytes - len(clip)
        self.size_bytes = size_bytes
        self._first = version << 32
        self._head = clip + (1).to_bytes(4, "big") + b"free" + rest.to_bytes(8, "big")

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, in blocks."""
        while start < end:
            if start < len(self._head):
                block = self._head[start : min(end, len(self._head), start + _BLOCK)]
            else:
                block = self._noise(start - len(self._head), min(_BLOCK, end - start))
            yield block
            start += len(block)

    def _noise(self, start: int, most: int) -> bytes:
        """At most so many bytes from `start`. Each megabyte begins with its number: one lost or doubled shows."""
        number, offset = divmod(start, len(_NOISE))
        head = (self._first + number).to_bytes(8, "big")[offset:]
        return (head + _NOISE[offset + len(head) : offset + most])[:most]

    def digest(self) -> str:
        """Its SHA-256."""
        digest = hashlib.sha256()
        for block in self.read(0, self.size_bytes):
            digest.update(block)
        return digest.hexdigest()


class Source:
    """The origin while it runs. `sent_bytes`: of media, by all requests so far."""

    def __init__(self, size_bytes: int, bytes_per_second: float, fragment_bytes: int = 256 * 1024) -> None:
        self.film = Film(size_bytes)
        self.version = 1
        self.sent_bytes = 0
        self.fragments = max(_LEAST_FRAGMENTS, size_bytes // fragment_bytes)
        self._fragment_bytes = fragment_bytes
        self.dash = DashFilm(self.fragments, fragment_bytes)
        self._rate = bytes_per_second
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.source = self

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{path}"

    def change(self, size_bytes: int) -> None:
        """Another film takes the place of the present one."""
        self.version += 1
        self.film = Film(size_bytes, self.version)

    def pace(self, size: int) -> None:
        """Waits until so many bytes may go out, and counts them."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + size / self._rate
            wait = self._free_at - now
            self.sent_bytes += size
        time.sleep(wait)

    def sent_by(self, path: str) -> int:
        """The bytes of media that a stream has."""
        if path == "stream.m3u8":
            return sum(len(self._hls_fragment(number)) for number in range(self.fragments))
        return self.dash.size_bytes

    def document(self, path: str) -> bytes | None:
        """A playlist or manifest; None for media."""
        if path == "/stream.m3u8":
            lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXT-X-PLAYLIST-TYPE:VOD"]
            for number in range(self.fragments):
                lines += ["#EXTINF:0.050,", f"hls/{number}.ts"]
            return "\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()
        if path == "/stream.mpd":
            return self.dash.manifest.encode()
        return None

    def media(self, path: str) -> bytes | None:
        """A fragment."""
        folder, _, name = path.lstrip("/").rpartition("/")
        if folder == "hls":
            return self._hls_fragment(int(name.partition(".")[0]))
        if folder == "dash":
            return self._dash_fragment(name)
        return None

    def _hls_fragment(self, number: int) -> bytes:
        every = -(-self.fragments // _SECONDS)
        real = (media_folder() / "live" / f"{number // every}.ts").read_bytes() if number % every == 0 else b""
        padding = _NULL_PACKET * (max(0, self._fragment_bytes - len(real)) // _PACKET)
        return real + padding

    def _dash_fragment(self, name: str) -> bytes:
        track, _, number = name.removesuffix(".m4s").rpartition("-")
        return self.dash.init(int(number)) if track == "init" else self.dash.fragment(int(track), int(number) - 1)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    source: Source

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients go away in the middle all the time; that is nothing to print."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body would wait 40 ms for its head to be acknowledged

    def setup(self) -> None:
        # What lies in a buffer when a worker is stopped was sent in vain, and would be counted.
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BLOCK)
        super().setup()

    def do_GET(self) -> None:
        source = cast("_Server", self.server).source
        path = self.path.partition("?")[0]
        if (document := source.document(path)) is not None:
            self._begin(200, len(document))
            self.wfile.write(document)
        elif (media := source.media(path)) is not None:
            self._begin(200, len(media))
            self._send(source, (media[start : start + _BLOCK] for start in range(0, len(media), _BLOCK)))
        else:
            self._send_film(source)

    def _send_film(self, source: Source) -> None:
        size = source.film.size_bytes
        is_same = self.headers.get("If-Range", f'"film-{source.version}"') == f'"film-{source.version}"'
        match = _RANGE.match(self.headers.get("Range", "")) if is_same else None
        start = int(match[1]) if match else 0
        end = int(match[2]) + 1 if match and match[2] else size
        self._begin(206 if match else 200, end - start, start if match else None)
        self._send(source, source.film.read(start, end))

    def _begin(self, status: int, length: int, start: int | None = None) -> None:
        self.send_response(status)
        source = cast("_Server", self.server).source
        if start is not None:
            self.send_header("Content-Range", f"bytes {start}-{start + length - 1}/{source.film.size_bytes}")
        kind = {".m3u8": "application/vnd.apple.mpegurl", ".mpd": "application/dash+xml"}
        suffix = "." + self.path.partition("?")[0].rpartition(".")[2]
        self.send_header("Content-Type", kind.get(suffix, "video/mp4"))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"film-{source.version}"')
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _send(self, source: Source, blocks: Iterator[bytes]) -> None:
        try:
            for block in blocks:
                self.wfile.write(block)
                source.pace(len(block))
        except ConnectionError:
            self.close_connection = True

    def do_HEAD(self) -> None:
        self._begin(200, cast("_Server", self.server).source.film.size_bytes)

    def log_message(self, *_: object) -> None:
        """Quiet."""
