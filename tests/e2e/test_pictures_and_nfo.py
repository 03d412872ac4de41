"""Thumbnails, backgrounds and NFO files (docs/contract/system.md 9, downloads.md 4.11)."""

import uuid
from urllib.parse import quote

import pytest

from tests.e2e.api import Api
from tests.e2e.pictures import PICTURE, Pictures
from tests.origin import Origin


def test_a_thumbnail_is_fetched_once(api: Api, pictures: Pictures) -> None:
    before = pictures.requests
    for _ in range(3):
        reply = api.get(f"/api/thumbnail?url={quote(pictures.base, safe='')}/t.png&id=1")
        assert (reply.status, reply.headers["Content-Type"], reply.body) == (200, "image/png", PICTURE)
        assert reply.headers["Cache-Control"] == "public, max-age=31536000"
    assert pictures.requests == before + 1


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
def test_thumbnails_that_cannot_be_had(api: Api, pictures: Pictures, url: str, status: int, text: str) -> None:
    reply = api.get(f"/api/thumbnail?url={quote(url.format(pictures.base), safe='')}")
    assert (reply.status, reply.json()["error"]) == (status, text)


def test_a_background_is_kept_for_an_hour(api: Api) -> None:
    first, second = (api.get("/api/random/background") for _ in range(2))
    assert (first.status, first.headers["X-Cache"], second.headers["X-Cache"]) == (200, "MISS", "HIT")
    assert first.body == second.body == PICTURE
    assert second.headers["X-Image-Via"] == "127.0.0.1"
    assert 3500 < int(second.headers["X-Cache-TTL"]) <= 3600
    assert api.get("/api/random/background?force=1").headers["X-Cache"] == "MISS"


def test_an_nfo_file_for_a_download(api: Api, origin: Origin) -> None:
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


def test_nfo_files_that_cannot_be(api: Api, origin: Origin) -> None:
    reply = api.post("/api/history/none/nfo")
    assert (reply.status, reply.json()["error"]) == (404, "item 'none' not found.")
    item = api.fetch(origin.url("status/404/clip-nfo.mp4"))
    reply = api.request("POST", f"/api/history/{item['_id']}/nfo", raw=b"{no json")
    assert (reply.status, reply.json()["error"]) == (400, "item has no downloaded file.")
