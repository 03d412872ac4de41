"""A whole service below a base path: docs/contract/system.md 3."""

import io
import zipfile
from collections.abc import Iterator

import pytest
import yt_dlp_host_api

from tests.e2e.api import Api, Record, Reply
from tests.e2e.credentials import ADMIN_KEY
from tests.e2e.listener import Listener
from tests.e2e.service import Service
from tests.origin import Origin
from tests.origin.media import media_folder

BASE = "/dlambda"  # as the bucket is called: what lies in it has a path of its own all the same
SETTINGS = {"YTP_BASE_PATH": f"{BASE}/", "YTP_ADMIN_KEY": ADMIN_KEY, "YTP_BROWSER_CONTROL_ENABLED": "true"}


class _Based(Service):
    @property
    def root(self) -> str:
        """Where redirects are relative to."""
        return super().base

    @property
    def base(self) -> str:
        return self.root + BASE


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Based]:
    with _Based(tmp_path_factory.mktemp("based") / "data", SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def item(service: _Based, origin: Origin) -> Record:
    with Listener(service.base) as listener:
        listener.wait("connected")
        found = service.api.fetch(origin.url("base/clip-1.mp4"), folder="sea")
        assert listener.wait("item_moved")
    assert found["status"] == "finished", found
    return found


@pytest.fixture
def clip() -> bytes:
    return (media_folder() / "clip.mp4").read_bytes()


def follow(service: _Based, path: str) -> Reply:
    """From an address below the base path, by what redirects say, which never lead out of it."""
    reply = service.api.get(path)
    while reply.status == 302:
        target = reply.headers["Location"]
        assert target.startswith(f"{BASE}/")
        reply = Api(service.root).get(target)
    return reply


def test_what_lies_beside_it_is_unknown(service: _Based) -> None:
    root = Api(service.root)
    assert service.api.get("/api/ping").json() == {"status": "pong"}
    assert (root.get("/api/ping").status, root.get(f"{BASE}x/api/ping").status) == (404, 404)
    assert root.get("/").headers["Location"] == f"{BASE}/"


def test_a_dialect_lies_below_it(service: _Based) -> None:
    assert isinstance(Api(f"{service.base}/ytptube").get("/api/system/configuration").json()["queue"], dict)
    assert Api(service.root).get("/ytptube/api/ping").status == 404
    with Listener(f"{service.base}/ytptube") as listener:
        assert list(listener.wait("connected")["data"]["data"]) == ["sid"]


def test_a_download_is_fetched(service: _Based, item: Record, clip: bytes) -> None:
    assert follow(service, f"/api/download/sea/{item['filename']}").body == clip


def test_a_playlist_leads_to_pieces(service: _Based, item: Record) -> None:
    reply = service.api.get(f"/api/player/m3u8/video/sea/{item['filename']}.m3u8")
    [first, *_] = [line for line in reply.body.decode().splitlines() if not line.startswith("#")]
    assert first.startswith(f"{BASE}/api/player/segments/")
    assert follow(service, first.removeprefix(BASE)).body[0] == 0x47


def test_files_are_changed_and_bundled(service: _Based, item: Record, clip: bytes) -> None:
    [done] = service.api.post("/api/file/actions", [{"action": "directory", "path": "", "new_dir": "new"}]).json()
    assert done["ok"], done
    token = service.api.post("/api/file/download", ["sea"]).json()["token"]
    with zipfile.ZipFile(io.BytesIO(follow(service, f"/api/file/download/{token}").body)) as archive:
        assert archive.read(f"sea/{item['filename']}") == clip


def test_the_key_api(service: _Based, origin: Origin, clip: bytes) -> None:
    client = yt_dlp_host_api.api(service.base).get_client(ADMIN_KEY)
    assert client.get_keys().keys() >= {"admin"}
    assert client.get_video(origin.url("base/clip-2.mp4")).get_file() == clip


@pytest.mark.parametrize("path", ["//dlambda/api/ping", "/dlambda//api/ping", "//dlambda//api//ping"])
def test_slashes_too_many_lead_below_the_base_path(service: _Based, path: str) -> None:
    assert Api(service.root).get(path).status == 200
    assert Api(service.root).get(path.replace("dlambda", "other")).status == 404
    moved = Api(service.root).get("//")
    assert (moved.status, moved.headers["Location"]) == (302, f"{BASE}/")
