"""A throw-away download inside the warm process, so that its children find everything imported and compiled.

yt-dlp's extractors load lazily and compile their URL patterns at first use: 0.65 s that each child would pay again.
"""

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dlambda.media.workers.child import child_download, child_extract, child_record, child_terminal, query_child  # noqa: F401 imported before the fork
from dlambda.media.ytdlp.worker_jobs import ExtractJob

_SIZE = 4096
_PAGE = b"<!doctype html><title>A page that no site claims</title>"


class _Handler(BaseHTTPRequestHandler):
    timeout = 5.0  # seconds; no connection outlives the rehearsal for long

    def do_GET(self) -> None:
        kind, body = ("text/html", _PAGE) if self.path.endswith(".html") else ("video/mp4", b"\0" * _SIZE)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 the name that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextlib.contextmanager
def _rehearsing() -> Iterator[tuple[str, Path]]:
    """The URL of a server in this process, and a folder. A failure meanwhile only costs the speed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = False  # closing it waits for them
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Exception):
            yield f"http://127.0.0.1:{server.server_address[1]}", Path(folder)
    finally:
        # Forking needs a process of one thread.
        server.shutdown()
        server.server_close()
        thread.join()


def rehearse() -> None:
    """Extracts and downloads a small file."""
    with _rehearsing() as (url, folder):
        job = ExtractJob(url=f"{url}/warm.mp4", params={}, workdir=folder)
        info = child_extract.read_page(job)["info"]
        child_download.rehearse(info, folder)


def rehearse_page() -> None:
    """Reads a page that no site claims: the extractors of all sites look for their players in it.

    Importing them and compiling their patterns takes 0.3 s and 20 MB, which each child with such a page would need.
    """
    with _rehearsing() as (url, folder):
        child_extract.read_page(ExtractJob(url=f"{url}/warm.html", params={}, workdir=folder))
