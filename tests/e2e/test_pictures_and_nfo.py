"""Thumbnails, backgrounds and NFO files (docs/contract/system.md 9, downloads.md 4.11)."""

import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest

from tests.e2e import credentials
from tests.e2e.api import Api
from tests.e2e.service import Service

PICTURE = b"\x89PNG\r\n\x1a\n" + b"x" * 100


class _Pictures(BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        type(self).asked += 1
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Type", "text/html" if "page" in self.path else "image/png")
        self.send_header("Content-Length", str(len(PICTURE)))
        self.end_headers()
        self.wfile.write(PICTURE)

    def log_message(self, *_):
        return


@pytest.fixture(scope="module")
def pictures():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pictures)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def service(tmp_path_factory, pictures):
    settings = {"YTP_PICTURES_BACKENDS": f"{pictures}/one.png,{pictures}/two.png"}
    with Service(tmp_path_factory.mktemp("pictures") / "data", settings) as running:
        yield running


def test_a_thumbnail_is_fetched_once(api, pictures):
    before = _Pictures.asked
    for _ in range(3):
        reply = api.get(f"/api/thumbnail?url={quote(pictures, safe='')}/t.png&id=1")
        assert (reply.status, reply.headers["Content-Type"], reply.body) == (200, "image/png", PICTURE)
        assert reply.headers["Cache-Control"] == "public, max-age=31536000"
    assert _Pictures.asked == before + 1


@pytest.mark.parametrize(
    ("url", "status", "text"),
    [
        ("", 403, "URL is required."),
        ("ftp://x.example/a.png", 403, "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ("{}/missing.png", 404, "failed to retrieve the thumbnail."),
        ("{}/page", 500, "failed to retrieve the thumbnail."),
        ("http://127.0.0.1:9/a.png", 500, "failed to retrieve the thumbnail."),
    ],
)
def test_thumbnails_that_cannot_be_had(api, pictures, url, status, text):
    reply = api.get(f"/api/thumbnail?url={quote(url.format(pictures), safe='')}")
    assert (reply.status, reply.json()["error"]) == (status, text)


def test_internal_addresses_are_refused(guarded):
    api = Api(guarded.base, {"Authorization": credentials.basic()})
    for url in ("http://127.0.0.1/a.png", "http://[::1]/a.png", "http://169.254.169.254/latest", "http://10.0.0.1/"):
        reply = api.get(f"/api/thumbnail?url={quote(url, safe='')}")
        assert reply.status == 403
        assert reply.json()["error"] == "Access to internal urls or private networks is not allowed."


def test_a_background_is_kept_for_an_hour(api):
    first, second = (api.get("/api/random/background") for _ in range(2))
    assert (first.status, first.headers["X-Cache"], second.headers["X-Cache"]) == (200, "MISS", "HIT")
    assert first.body == second.body == PICTURE
    assert second.headers["X-Image-Via"] == "127.0.0.1"
    assert 3500 < int(second.headers["X-Cache-TTL"]) <= 3600
    assert api.get("/api/random/background?force=1").headers["X-Cache"] == "MISS"


def test_an_nfo_file_for_a_download(api, origin):
    folder = f"nfo-{uuid.uuid4().hex[:6]}"
    item = api.fetch(origin.url(f"clip-{folder}.mp4"), folder=folder)
    assert item["status"] == "finished", item
    address = f"/api/history/{item['_id']}/nfo"
    reply = api.post(address, {"type": "song"})
    assert (reply.status, reply.json()["error"]) == (400, "type must be 'tv' or 'movie'.")
    path = f"{folder}/{item['filename'].rpartition('.')[0]}.nfo"
    reply = api.post(address)
    assert (reply.status, reply.json()) == (200, {"message": "NFO file created", "nfo_file": f"/downloads/{path}"})
    text = api.follow("GET", f"/api/download/{quote(path)}").body.decode()
    assert "<episodedetails>" in text
    assert f"<title>clip-{folder}</title>" in text
    assert "<aired>20" in text  # the file's own date at its site
    reply = api.post(address)
    assert (reply.status, reply.json()["error"]) == (409, "NFO file already exists.")
    assert api.post(address, {"type": "MOVIE", "overwrite": True}).status == 200
    assert b"<movie>" in api.follow("GET", f"/api/download/{quote(path)}").body
    assert api.item(item["_id"])["sidecar"]["text"] == [{"file": f"/downloads/{path}"}]


def test_nfo_files_that_cannot_be(api, origin):
    reply = api.post("/api/history/none/nfo")
    assert (reply.status, reply.json()["error"]) == (404, "item 'none' not found.")
    item = api.fetch(origin.url("status/404/clip-nfo.mp4"))
    reply = api.request("POST", f"/api/history/{item['_id']}/nfo", raw=b"{no json")
    assert (reply.status, reply.json()["error"]) == (400, "item has no downloaded file.")
