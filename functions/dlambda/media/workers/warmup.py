"""A throw-away download inside the warm process, so that its children find everything imported and compiled.

yt-dlp's extractors load lazily and compile their URL patterns at first use: 0.65 s that each child would pay again.
"""

import contextlib
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dlambda.media.workers import child_download, child_extract, child_record, child_terminal, query_child  # noqa: F401 imported before the fork
from dlambda.media.workers.worker_jobs import ExtractJob

_SIZE = 4096


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(_SIZE))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(b"\0" * _SIZE)

    do_HEAD = do_GET  # noqa: N815 the name that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def rehearse() -> None:
    """Extracts and downloads a small file from a server in this process. A failure only costs the speed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Exception):
            url = f"http://127.0.0.1:{server.server_address[1]}/warm.mp4"
            job = ExtractJob(url=url, params={}, workdir=folder)
            info = child_extract.read_page(job)["info"]
            child_download.rehearse(info, folder)
    finally:
        # Forking needs a process of one thread.
        server.shutdown()
        server.server_close()
        thread.join()
