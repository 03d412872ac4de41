"""Paths in the routes of files: nothing outside the library is read, written, moved or bundled."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.e2e.api import Api, Reply, wait_until
from tests.e2e.service import Service
from tests.security.lab import SECRET_TEXT, Lab, files_below
from tests.security.raw import raw_request, status_of

_OUTSIDE = (
    "../secret.txt", "../../../../../../../../etc/passwd", "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "..%252f..%252f..%252fetc%252fpasswd", "..%5c..%5c..%5cetc%5cpasswd",
    "..\\..\\..\\etc\\passwd", "%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd", "//etc/passwd", "/etc/passwd", "%2fetc%2fpasswd",
    "a%00/../../etc/passwd", "library.mp4%00", "..;/..;/etc/passwd", "a%0d%0aSet-Cookie:x/../../etc/passwd",
    "....//....//etc/passwd", "./../../../etc/passwd", "a/../../../../etc/passwd", "%e0%80%ae./etc/passwd",
    "../../../tables/tables.db", "../../config/.env", "file:///etc/passwd", "http://127.0.0.1:9999/paths.1",
    "~/.bashrc", "$HOME/.bashrc", "../dlambda/../../secret.key", "x" * 5000, "link-to-file", "link-to-folder/secret.txt",
)  # fmt: skip
_ROUTES = (
    "/api/download/{}", "/api/file/info/{}", "/api/file/ffprobe/{}", "/api/file/browser/{}",
    "/api/player/playlist/{}.m3u8", "/api/player/m3u8/video/{}.m3u8", "/api/player/segments/0/{}.ts",
    "/api/player/subtitle/{}.vtt", "/api/player/subtitles/manifest/{}", "/api/player/subtitles/srt/{}", "/files/{}",
    "/api/docs/{}", "/{}",
)  # fmt: skip


_PAGES = {
    "page.html": "<script>alert(1)</script>", "page.htm": "<script>1</script>", "page.xhtml": "<x/>", "page.svg": "<svg/>",
    "page.xml": "<x/>", "page.js": "alert(1)", "page.mht": "From: x", "page.mhtml": "From: x", "page.shtml": "<x/>",
    "page.xsl": "<x/>", "page": "<script>1</script>", "page.vtt": "WEBVTT\n",
    "page.txt": "<script>1</script>", "page.mp4.html": "<script>1</script>", "page.HTML": "<script>1</script>",
}  # fmt: skip
_SUBTITLES = {
    "script.srt": "1\n00:00:00,000 --> 00:00:01,000\n<script>alert(1)</script><i>x</i>\n",
    "script.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\n<script>alert(1)</script>\n",
}


@pytest.fixture(scope="module", autouse=True)
def library(lab: Lab, service: Service) -> Iterator[Path]:
    """The library's folder: a film, and links that lead out of it."""
    with lab.inside():
        lab.put_library_film(service)
    files = service.folder / "media" / "dlambda" / "files"
    links = {"link-to-file": lab.secret_text, "link-to-folder": lab.secret_text.parent, "link-up": Path("../..")}
    for name, target in links.items():
        (files / name).symlink_to(target)
    for name, text in {**_PAGES, **_SUBTITLES}.items():
        (files / name).write_text(text)
    yield files
    for name in links:
        (files / name).unlink(missing_ok=True)


@pytest.mark.parametrize("path", _OUTSIDE)
@pytest.mark.parametrize("route", _ROUTES)
def test_no_route_reads_outside(service: Service, route: str, path: str) -> None:
    target = route.format(path).replace("\\", "%5C") if "\\" in path else route.format(path)
    answer = raw_request(service, f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert status_of(answer) in (302, 307, 400, 403, 404, 414), answer[:300]
    if status_of(answer) in (302, 307):  # to the media, whose answer counts
        where = answer.split(b"ocation: ")[1].split(b"\r\n")[0].decode()
        answer = raw_request(service, f"GET {urlsplit(where).path}?{urlsplit(where).query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                      "Connection: close\r\n\r\n".encode())  # fmt: skip
        assert status_of(answer) in (400, 403, 404), answer[:300]
    for secret in (b"root:x:", SECRET_TEXT.encode(), b"DECOYCONTENT", b"SQLite format"):
        assert secret not in answer


_ACTIONS: tuple[dict[str, str], ...] = (
    *({"action": "delete", "path": path} for path in (
        "../secret.txt", "/", "", ".", "..", "a/..", "%2e%2e%2f%2e%2e", "..%2f..", "/etc/passwd", "../../../../etc/passwd",
        "library.mp4\0", "x\r\ny", "link-up/../config", "..\\..", "x" * 5000,
    )),
    *({"action": "rename", "path": "library.mp4", "new_name": name} for name in (
        "../outsider.mp4", "..", ".", "/etc/outsider", "a/b", "a\0b", "a\r\nb", "x" * 300, "", "..\\..\\outsider.bat", "\\outsider",
        "outsider\\b",
    )),
    *({"action": "move", "path": "library.mp4", "new_path": place} for place in (
        "..", "../..", "/etc", "../../../../tmp", "%2e%2e", "..%2f..", "a\0b", "/../..", "..\\..",
    )),
    *({"action": "directory", "path": path, "new_dir": name} for path, name in (
        ("/", "../outsider"), ("..", "outsider"), ("/", "../../outsider"), ("/", "a\0b"), ("/", "a\nb"), ("/", ".."), ("/../..", "outsider"),
        ("%2e%2e", "outsider"),
    )),
)  # fmt: skip


@pytest.fixture
def film(lab: Lab, service: Service, library: Path) -> Iterator[Path]:
    """The library's film, whatever became of it in the test before."""
    lab.put_library_film(service)
    yield library / "library.mp4"
    for path in files_below(library):
        if "outsider" in path.name:
            path.unlink()


@pytest.mark.parametrize("action", _ACTIONS, ids=[json.dumps(action)[:90] for action in _ACTIONS])
def test_no_action_leaves_the_library(lab: Lab, api: Api, service: Service, film: Path, action: dict[str, str]) -> None:
    reply = api.post("/api/file/actions", [action])
    assert reply.status in (200, 400), reply.body
    if reply.status == 200:
        assert all(result["ok"] is False for result in reply.json()), reply.body
    assert film.is_file()
    assert lab.secret_text.is_file()
    assert [path for path in files_below(service.folder.parent) if "outsider" in path.name] == []
    assert api.get("/api/ping").status == 200


def _action(api: Api, **action: str) -> dict[str, object]:
    reply = api.post("/api/file/actions", [action])
    assert reply.status == 200, reply.body
    result: dict[str, object] = reply.json()[0]
    return result


@pytest.mark.parametrize(
    "name", ["..%2foutsider.mp4", "%2e%2e%2foutsider.mp4", "%2foutsider.mp4", "outsider%00.mp4", "%252foutsider.mp4"]
)
def test_a_name_with_percent_signs_is_a_name_or_refused(api: Api, service: Service, film: Path, name: str) -> None:
    result = _action(api, action="rename", path="library.mp4", new_name=name)
    if result["ok"]:
        assert (film.parent / name).is_file()
        assert _action(api, action="rename", path=quote(name), new_name="library.mp4")["ok"] is True
    assert [path for path in files_below(service.folder.parent) if "outsider" in path.name] == []


def test_nothing_is_written_through_a_link(lab: Lab, api: Api, library: Path) -> None:
    shutil.copy(lab.public.mp4, library / "moved.mp4")
    before = sorted(lab.secret_text.parent.iterdir())
    for name in ("link-to-folder", "link-to-folder/", "link-up"):
        assert _action(api, action="move", path="moved.mp4", new_path=name)["ok"] is False
        assert _action(api, action="directory", path=name, new_dir="made")["ok"] is False
    url = "http://pub.test/through-a-link.mp4"
    if api.post("/api/history", {"url": url, "folder": "link-to-folder"}).status == 200:
        api.wait_for(url)
    assert sorted(lab.secret_text.parent.iterdir()) == before


def _bundle(api: Api, paths: list[str]) -> Reply:
    reply = api.post("/api/file/download", paths)
    if reply.status != 200:
        return reply
    return api.follow("GET", f"/api/file/download/{reply.json()['token']}", timeout=60)


@pytest.mark.parametrize("path", ["../../../../etc/passwd", "/etc/passwd", "link-to-file", "link-to-folder/secret.txt",
                                  "link-to-folder", "link-up", "..", "..\\..\\x", "%2e%2e/x", "library.mp4\0"])  # fmt: skip
def test_no_bundle_holds_what_lies_outside(api: Api, path: str) -> None:
    reply = _bundle(api, ["library.mp4", path])
    assert reply.status in (200, 400), reply.body
    if reply.status == 200:
        with zipfile.ZipFile(io.BytesIO(reply.body)) as bundle:
            assert bundle.namelist() == ["library.mp4"]


@pytest.mark.parametrize(
    "token", ["x", "../x", "%2e%2e", "x" * 5000, "00000000-0000-4000-8000-000000000000", "%00", "*", "0"]
)
def test_no_foreign_token_is_taken(api: Api, token: str) -> None:
    for path in (f"/api/file/download/{token}", f"/api/file/jobs/{token}"):
        assert api.get(path).status in (400, 404, 414), path


_PASSIVE = ("text/plain", "text/vtt", "application/octet-stream")


def _kept(api: Api, path: str) -> Reply:
    """The answer, once the media engine knows of a file that it did not write itself."""
    return wait_until(lambda: _unless_missing(api.follow("GET", path)), 20, lambda: f"{path} is not there")


def _unless_missing(reply: Reply) -> Reply | None:
    return None if reply.status == 404 else reply


@pytest.mark.parametrize("name", _PAGES)
def test_no_kept_page_runs_at_our_address(api: Api, name: str) -> None:
    reply = _kept(api, f"/api/download/{name}")
    assert reply.status == 200, reply.body
    policy = reply.headers["Content-Security-Policy"] or ""
    disposition = reply.headers["Content-Disposition"] or ""
    passive = (reply.headers["Content-Type"] or "").partition(";")[0] in _PASSIVE
    assert passive or "sandbox" in policy or disposition.startswith("attachment"), dict(reply.headers)
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", _SUBTITLES)
def test_a_script_in_subtitles_is_no_script(api: Api, name: str) -> None:
    reply = _kept(api, f"/api/player/subtitle/{name}.vtt")
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/vtt")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert name.endswith(".vtt") or b"<script" not in reply.body


@pytest.mark.parametrize("query", ["sd=nan", "sd=-1", "sd=1e999", "sd=inf", "vc=9&sd=x", "sd=", "sd=0", "ac=-1"])
@pytest.mark.parametrize("segment", ["-1", "99999999999999999999", "1e9", "nan", "0x1", "1.5"])
def test_no_number_of_the_player_is_trusted(api: Api, segment: str, query: str) -> None:
    assert api.get(f"/api/player/segments/{segment}/library.mp4.ts?{query}").status in (400, 404)


# Signed addresses of the media


def _signed(api: Api) -> str:
    reply = api.get("/api/download/library.mp4")
    assert reply.status in (302, 307)
    location: str = reply.headers["Location"]
    return location


def _changes(url: str) -> dict[str, str]:
    path, _, query = url.partition("?")
    return {
        "another name": f"{path.replace('library.mp4', 'page.html')}?{query}",
        "a name that leads up": f"{path.replace('library.mp4', '../tables/tables.db')}?{query}",
        "an escaped name that leads up": f"{path.replace('library.mp4', '%2e%2e%2f%2e%2e%2ftables.db')}?{query}",
        "another prefix": f"{path.replace('/files/', '/cache/')}?{query}",
        "a longer time": f"{path}?{query.replace('X-Amz-Expires=', 'X-Amz-Expires=9')}",
        "no signature": path,
        "an empty signature": f"{path}?{_without(query, 'X-Amz-Signature')}&X-Amz-Signature=",
        "a signature of zeros": f"{path}?{_without(query, 'X-Amz-Signature')}&X-Amz-Signature={'0' * 64}",
        "another type": f"{path}?{query}&response-content-type=text/html",
        "the list of the bucket": f"{path.rpartition('/files/')[0]}/?{query}",
        "uploads": f"{path}?uploads&{query}",
        "rights": f"{path}?acl&{query}",
        "another credential": f"{path}?{_without(query, 'X-Amz-Credential')}&X-Amz-Credential=x",
        "a list": f"{path.rpartition('/files/')[0]}?list-type=2&{query}",
    }


def _without(query: str, name: str) -> str:
    return "&".join(part for part in query.split("&") if not part.startswith(f"{name}="))


@pytest.mark.parametrize("fact", _changes("/x/files/library.mp4?X-Amz-Expires=1"))
def test_no_signed_address_is_good_for(lab: Lab, api: Api, fact: str) -> None:
    original = _signed(api)
    changed = _changes(original)[fact]
    assert changed != original
    reply = api.get(urlsplit(changed)._replace(scheme="", netloc="").geturl())
    assert reply.status in (400, 403, 404, 405), (reply.status, reply.body[:200])
    assert not lab.library.is_in(reply.body)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_a_signed_address_only_reads(api: Api, library: Path, method: str) -> None:
    reply = api.request(method, urlsplit(_signed(api))._replace(scheme="", netloc="").geturl(), raw=b"outsider")
    assert reply.status in (400, 403, 404, 405)
    assert (library / "library.mp4").read_bytes() != b"outsider"


def test_a_signed_address_stays_at_this_host(api: Api) -> None:
    for header in ("X-Forwarded-Host", "X-Forwarded-Server", "Forwarded", "X-Host"):
        location = api.get("/api/download/library.mp4", headers={header: "outsider.test"}).headers["Location"]
        assert "outsider.test" not in location


@pytest.mark.parametrize("path", ["/api/history/" + "x" * 5000, "/api/history/%00", "/api/presets/" + "9" * 400,
                                  "/api/presets/-1", "/api/tasks/1e5", "/api/history?page=" + "9" * 400,
                                  "/api/history?per_page=1e9", "/api/logs?offset=" + "9" * 400, "/api/logs?limit=-1",
                                  "/api/file/browser?page=" + "9" * 60, "/api/conditions/x" + quote("é") * 500,
                                  "/status/" + "x" * 5000, "/files/" + "x" * 5000 + "/y", "/get_key/" + "x" * 5000])  # fmt: skip
def test_no_odd_name_or_number_breaks_a_route(api: Api, path: str) -> None:
    assert api.get(path, headers={"X-API-Key": "x"}).status < 500
