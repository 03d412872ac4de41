"""A proxy in front that names another host, as nginx does unless it is told otherwise: redirects still lead to the files."""

import http.client
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from tests.e2e.api import Api
from tests.e2e.service import Service
from tests.origin import Origin
from tests.patience import PATIENCE_SECONDS

INNER_HOST = "dlambda.internal:1"


@pytest.fixture(scope="module")
def outside(service: Service) -> Iterator[Api]:
    """The service as clients of the proxy see it."""

    class Proxy(BaseHTTPRequestHandler):
        def forward(self) -> None:
            connection = http.client.HTTPConnection(urlsplit(service.base).netloc, timeout=PATIENCE_SECONDS)
            headers = {name: text for name, text in self.headers.items() if name.lower() != "connection"}
            body = self.rfile.read(int(headers.get("Content-Length", 0)))
            connection.request(self.command, self.path, body or None, headers | {"Host": INNER_HOST})
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, text in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding"):
                    self.send_header(name, text)
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        do_GET = do_POST = do_HEAD = forward  # noqa: N815 the base class looks for these

        def log_message(self, *_: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield Api(f"http://127.0.0.1:{server.server_address[1]}")
        server.shutdown()


def test_a_file_is_fetched_and_played_through_it(outside: Api, api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("proxied/clip-1.mp4"))
    path = outside.download_path(item)
    clip = origin.media("clip.mp4").read_bytes()
    assert outside.follow("GET", path).body == clip
    part = outside.follow("GET", path, headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, clip[10:20])
    playlist = outside.get(f"/api/player/m3u8/video/{item['filename']}.m3u8").body.decode()
    [first, *_] = [line for line in playlist.splitlines() if not line.startswith("#")]
    assert outside.follow("GET", first).body[0] == 0x47
    token = outside.post("/api/file/download", [item["filename"]]).json()["token"]
    assert outside.follow("GET", f"/api/file/download/{token}").body[:2] == b"PK"
