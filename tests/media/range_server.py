"""Serves a folder with range requests, and counts them."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


@dataclass
class Served:
    url: str = ""
    ranges: list[str] = field(default_factory=list)
    sent_bytes: int = 0
    fails_from: int | None = None  # what begins there or behind it is refused ...
    failures_left: int = 0  # ... so many times


@contextmanager
def serve(folder: Path) -> Iterator[Served]:
    served = Served()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = folder / unquote(self.path.partition("?")[0].lstrip("/"))
            if not path.is_file():
                self.send_error(404)
                return
            data = path.read_bytes()
            asked = self.headers.get("Range", "")
            found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
            first = int(found[1]) if found else 0
            last = int(found[2]) if found and found[2] else len(data) - 1
            served.ranges.append(asked)
            if served.fails_from is not None and first >= served.fails_from and served.failures_left:
                served.failures_left -= 1
                self.send_error(503)
                return
            self.send_response(206 if found else 200)
            if found:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(last - first + 1))
            self.end_headers()
            try:
                served.sent_bytes += self.wfile.write(data[first : last + 1])
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    server.server_close()
