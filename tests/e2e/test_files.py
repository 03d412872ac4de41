"""The file browser, actions, info and ZIPs on the real engines (docs/contract/files.md 1 to 3)."""

import io
import time
import uuid
import zipfile
from urllib.parse import quote

import pytest

from dlambda.domain.files.plain_name import plain_path
from tests.e2e.api import wait_until
from tests.e2e.store import Store
from tests.media.samples import make

NAMES = [
    "it's \"quoted\".mp4", "100% #1.mp4", "100%25.mp4", "what? & why+so.mp4", "🎬 clip.mp4", "שלום.mp4", "\u202ertl.mp4",
    "é" * 116 + ".mp4", "ends...", "[brackets]{braces}.mp4", "semi;colon,comma.mp4", "back\\slash.mp4", " space .mp4",
]  # fmt: skip

LONG = "/".join(["x" * 200] * 6)  # each part is a name, all together are no key


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    return make("silent.mp4", tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="module")
def store(service):
    return Store(service)


@pytest.fixture
def name():
    """A folder of this test alone."""
    return f"t-{uuid.uuid4().hex[:8]}"


def browse(api, path, query=""):
    reply = api.get(f"/api/file/browser/{quote(path)}{query}")
    assert reply.status == 200, reply.body
    return reply.json()


def names(api, path, query=""):
    return [entry["name"] for entry in browse(api, path, query)["contents"]]


def act(api, *actions):
    reply = api.post("/api/file/actions", list(actions))
    assert reply.status == 200, reply.body
    return reply.json()


# Browser


def test_an_entry_says_what_it_is(api, store, name):
    store.put(name, "a.mp4", "sub/b.txt", ".hidden", "_partial")
    found = browse(api, name)
    assert found["path"] == f"/{name}"
    assert found["pagination"]["total"] == 2
    file, folder = found["contents"]
    assert file == {
        "type": "file", "content_type": "video", "name": "a.mp4", "path": f"/{name}/a.mp4", "size": 1, "mime": "video/mp4",
        "mtime": file["mtime"], "ctime": file["mtime"], "is_dir": False, "is_file": True, "is_symlink": False,
    }  # fmt: skip
    assert (folder["type"], folder["content_type"], folder["mime"], folder["is_dir"]) == (
        "dir",
        "dir",
        "directory",
        True,
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["a.txt", "B.mp4", "c.jpg", "d"]),
        ("?sort_order=desc", ["d", "c.jpg", "B.mp4", "a.txt"]),
        ("?sort_by=size", ["d", "c.jpg", "a.txt", "B.mp4"]),
        ("?sort_by=type", ["d", "c.jpg", "a.txt", "B.mp4"]),
        ("?sort_by=nonsense", ["a.txt", "B.mp4", "c.jpg", "d"]),
        ("?search=b", ["B.mp4"]),
        ("?per_page=2&page=2", ["c.jpg", "d"]),
        ("?page=99", []),
    ],
)
def test_sorting_searching_paging(api, store, name, query, expected):
    store.put(name, "a.txt", text="xx")
    store.put(name, "B.mp4", text="xxx")
    store.put(name, "c.jpg", "d/e")
    assert names(api, name, query) == expected


def test_a_page_beyond_the_end_bears_the_number_asked_for(api, store, name):
    store.put(name, "a", "b")
    assert browse(api, name, "?page=9&search=a")["pagination"] == {
        "page": 9, "per_page": 50, "total": 1, "total_pages": 1, "has_next": False, "has_prev": True,
    }  # fmt: skip


@pytest.mark.parametrize("query", ["page=0", "per_page=0", "per_page=1001", "page=x"])
def test_bad_paging_is_refused(api, query):
    assert api.get(f"/api/file/browser/?{query}").status == 400


def test_what_is_no_folder(api, store, name):
    store.put(name, "a.mp4", "noextension")
    for file in ("a.mp4", "noextension"):
        reply = api.get(f"/api/file/browser/{name}/{file}")
        assert (reply.status, reply.json()["error"]) == (400, f"path '{name}/{file}' is not a directory.")
    reply = api.get(f"/api/file/browser/{name}/none")
    assert (reply.status, reply.json()["error"]) == (404, f"path '{name}/none' does not exist.")
    assert names(api, name) == ["a.mp4", "noextension"]


@pytest.mark.parametrize(
    "path",
    [
        "../outside", "safe/../../x", "%2f../../etc/passwd", "a/../../../etc", "%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fetc",
        "x%00y", "x%0a../../../etc/passwd", "x%0d../../../etc", "%2e%2e%5c..%5cetc", "....//....//etc", "%c0%ae%c0%ae/etc",
        "..%252f..%252fetc", "%2fetc/passwd", "a/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "route",
    ["/api/download/{}", "/api/file/info/{}", "/api/file/ffprobe/{}", "/api/file/browser/{}", "/api/player/playlist/{}.m3u8",
     "/api/player/m3u8/video/{}.m3u8", "/api/player/segments/0/{}.ts", "/api/player/subtitle/{}.vtt"],
)  # fmt: skip
def test_nothing_outside_the_root_is_reached(api, route, path):
    reply = api.get(route.format(path))
    assert reply.status in (400, 404), reply.body
    assert b"root:" not in reply.body
    assert str(api.base).encode() not in reply.body


@pytest.mark.parametrize("file", NAMES)
def test_any_name_works_everywhere(api, store, name, clip, file):
    store.copy(clip, f"{name}/{file}")
    (entry,) = browse(api, name)["contents"]
    assert entry["name"] == file
    path = quote(f"{name}/{file}")
    assert api.get(f"/api/file/info/{path}").json()["title"] == (file.rpartition(".")[0] if file[-1] != "." else file)
    assert api.follow("GET", f"/api/download/{path}").body == clip.read_bytes()
    playlist = api.get(f"/api/player/m3u8/video/{path}.m3u8").body.decode()
    segment = next(line for line in playlist.splitlines() if line.startswith("/api/player/segments/0/"))
    assert api.follow("GET", segment).body[0] == 0x47
    token = api.post("/api/file/download", [f"{name}/{file}"]).json()["token"]
    plain = plain_path(file)
    with zipfile.ZipFile(io.BytesIO(api.follow("GET", f"/api/file/download/{token}").body)) as archive:
        assert archive.read(f"{name}/{plain}") == clip.read_bytes()
    (done,) = act(api, {"action": "rename", "path": path, "new_name": f"Ü{plain}"[:200]})
    assert done["ok"], done["error"]
    (done,) = act(api, {"action": "rename", "path": quote(done["new_path"]), "new_name": plain})
    assert done["ok"], done["error"]
    (done,) = act(api, {"action": "delete", "path": quote(done["new_path"])})
    assert (done["ok"], done["deleted"]) == (True, True)
    assert store.names(name) == []


# Info


def test_info_of_a_video_with_sidecars(api, store, name, clip):
    store.copy(clip, f"{name}/v.mp4")
    store.put(name, "v.en.srt", "v.jpg", "v.info.json", "poster.jpg", "other.txt")
    found = api.get(f"/api/file/info/{name}/v.mp4").json()
    assert (found["title"], found["mimetype"]) == ("v", "video/mp4")
    assert found["ffprobe"]["is_video"] is True
    assert found["ffprobe"]["is_audio"] is False
    assert found["ffprobe"]["video"][0]["framerate"] == 25
    assert found["ffprobe"]["metadata"]["filename"] == f"{name}/v.mp4"
    assert found["sidecar"] == {
        "video": [], "audio": [], "metadata": [], "text": [{"file": f"{name}/v.info.json"}],
        "image": [{"file": f"{name}/v.jpg"}, {"file": f"{name}/poster.jpg"}],
        "subtitle": [{"file": f"{name}/v.en.srt", "lang": "en", "name": "SRT (0) - en"}],
        "subtitles": [{"file": f"{name}/v.en.srt", "lang": "en", "name": "SRT (0) - en"}],
    }  # fmt: skip


def test_info_of_what_is_no_media(api, store, name):
    store.put(name, "a.txt", "b.mp4")
    for file in ("a.txt", "b.mp4"):
        reply = api.get(f"/api/file/info/{name}/{file}")
        assert (reply.status, reply.json()["ffprobe"]) == (200, {})
        assert api.get(f"/api/file/ffprobe/{name}/{file}").status == 500


def test_a_file_with_the_same_id_is_gone_to(api, store, name):
    store.put(name, "New title [abcdefghijk].mp4", "New title [abcdefghijk].srt", "[abcdefghij].mp4")
    for route in ("/api/file/info", "/api/download", "/api/file/ffprobe"):
        reply = api.get(f"{route}/{name}/Old%20%5Byoutube-abcdefghijk%5D.mp4?x=1")
        assert reply.status == 302
        assert reply.headers["Location"] == f"{route}/{name}/New%20title%20%5Babcdefghijk%5D.mp4?x=1"
    assert api.get(f"/api/file/info/{name}/Old%20%5Babcdefghijk%5D.mkv").status == 404


@pytest.mark.parametrize(
    ("route", "text"),
    [
        ("/api/file/info/", "File 'none.mp4' is no longer available."),
        ("/api/file/ffprobe/", "File 'none.mp4' does not exist."),
        ("/api/download/", "File not found"),
    ],
)
def test_what_is_missing(api, route, text):
    reply = api.get(f"{route}none.mp4")
    assert (reply.status, reply.json()["error"]) == (404, text)


# Actions


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"x", "Invalid JSON."),
        (b"", "Invalid JSON."),
        pytest.param(b"[" * 100_000, "Invalid JSON.", id="nested too deeply"),
        (b'[{"action": "delete", "path": "\\ud800"}]', "Invalid JSON."),
        (b"{}", "Invalid parameters expecting list of dicts."),
        (b"[]", "Invalid parameters expecting list of dicts."),
        (b'["a"]', "Invalid parameters expecting list of dicts."),
        (b'[{"action": "x"}]', "Invalid action 'x'. Must be one of rename, delete, move, directory."),
        (b'[{"path": "a"}]', "Invalid action 'None'. Must be one of rename, delete, move, directory."),
        (b'[{"action": "RENAME", "path": "a"}]', "New name is required for rename action."),
        (b'[{"action": "move", "path": "a"}]', "New path is required for move action."),
        (b'[{"action": "directory", "path": "a"}]', "New directory name is required for directory action."),
    ],
)
def test_bodies_that_make_no_sense(api, body, text):
    reply = api.request("POST", "/api/file/actions", raw=body)
    assert (reply.status, reply.json()["error"]) == (400, text)


@pytest.mark.parametrize(
    ("present", "new_name", "expected"),
    [
        (["video.mp4"], "renamed_video.mp4", ["renamed_video.mp4"]),
        (
            ["video.mp4", "video.en.srt", "video.fr.srt", "video.info.json"], "renamed_video.mp4",
            ["renamed_video.en.srt", "renamed_video.fr.srt", "renamed_video.info.json", "renamed_video.mp4"],
        ),
        (
            ["video.mp4", "video.en-US.ass", "video.thumb.jpg"], "renamed.mp4",
            ["renamed.en-US.ass", "renamed.mp4", "renamed.thumb.jpg"],
        ),
        (["video.mp4", "poster.jpg"], "x.mp4", ["poster.jpg", "x.mp4"]),
    ],
)  # fmt: skip
def test_rename_takes_sidecars_along(api, store, name, present, new_name, expected):
    store.put(name, *present)
    first, *others = act(api, {"action": "rename", "path": f"/{name}/video.mp4", "new_name": new_name})
    assert (first["ok"], first["status"], first["error"]) == (True, True, None)
    assert (first["path"], first["new_path"]) == (f"{name}/video.mp4", f"{name}/{new_name}")
    moved = len([each for each in present if each.startswith("video.")]) - 1
    assert first.get("sidecar_count", 0) == len(others) == moved
    assert names(api, name) == expected
    assert store.names(name) == expected


@pytest.mark.parametrize(
    ("present", "new_name", "text"),
    [
        (["video.mp4", "taken.mp4"], "taken.mp4", "Destination 'taken.mp4' already exists"),
        (
            ["video.mp4", "video.en.srt", "new.en.srt"], "new.mp4", "Sidecar destination 'new.en.srt' already exists",
        ),
        (["video.mp4"], "../outside.mp4", "New name must not contain path separators."),
        (["video.mp4"], "sub/file.mp4", "New name must not contain path separators."),
        (["video.mp4"], "sub/../video.mp4", "New name must not contain path separators."),
        (["video.mp4"], "/abs/x.mp4", "New name must not contain path separators."),
        (["video.mp4"], "video.mp4/", "New name must not contain path separators."),
        (["video.mp4"], "a\0b.mp4", "New name must not contain path separators."),
        (["video.mp4"], ".", "New name must not contain path separators."),
        (["video.mp4"], "..", "New name must not contain path separators."),
        (["video.mp4"], "x" * 300, "The new name is too long."),
        (["video.mp4"], "a\nb.mp4", "New name must not contain control characters."),
        (["video.mp4"], "a\x7fb.mp4", "New name must not contain control characters."),
        (["video.mp4"], "a\x85b.mp4", "New name must not contain control characters."),
    ],
)  # fmt: skip
def test_a_refused_rename_leaves_everything(api, store, name, present, new_name, text):
    store.put(name, *present)
    (result,) = act(api, {"action": "rename", "path": f"{name}/video.mp4", "new_name": new_name})
    assert (result["ok"], result["status"], result["error"]) == (False, False, text)
    assert store.names(name) == sorted(present)


def test_move_cases(api, store, name):
    store.put(name, "a.mp4", "a.en.srt", "b.mp4", "there/b.mp4", "c.mp4", "c.srt", "there/c.srt", "file")
    moved, sidecar = act(api, {"action": "move", "path": f"{name}/a.mp4", "new_path": f"{name}/there"})
    assert (moved["new_path"], sidecar["new_path"]) == (f"{name}/there/a.mp4", f"{name}/there/a.en.srt")
    results = act(
        api,
        {"action": "move", "path": f"{name}/b.mp4", "new_path": f"{name}/there"},
        {"action": "move", "path": f"{name}/c.mp4", "new_path": f"{name}/there"},
        {"action": "move", "path": f"{name}/b.mp4", "new_path": f"{name}/file"},
        {"action": "move", "path": f"{name}/b.mp4", "new_path": f"{name}/none"},
        {"action": "move", "path": f"{name}/b.mp4", "new_path": name},
        {"action": "move", "path": f"{name}/b.mp4", "new_path": "../x"},
        {"action": "move", "path": f"{name}/none.mp4", "new_path": ""},
        {"action": "move", "path": name, "new_path": f"{name}/there"},
    )
    assert [each["error"] for each in results] == [
        f"Destination '{name}/there/b.mp4' already exists",
        f"Sidecar destination '{name}/there/c.srt' already exists",
        "Destination path is invalid.",
        "Destination path is invalid.",
        "Source and destination are the same.",
        "Destination outside download root.",
        f"path '{name}/none.mp4' does not exist.",
        "Destination path is invalid.",
    ]
    (up,) = act(api, {"action": "move", "path": f"{name}/there/a.mp4", "new_path": "/"})[:1]
    assert up["new_path"] == "a.mp4"
    act(api, {"action": "delete", "path": "a.mp4"}, {"action": "delete", "path": "a.en.srt"})


def test_one_failing_action_stops_no_other(api, store, name):
    store.put(name, "a.mp4")
    results = act(
        api,
        {"action": "delete", "path": f"{name}/none"},
        {"action": "delete"},
        {"action": "delete", "path": "/"},
        {"action": "delete", "path": "../x"},
        {"action": "delete", "path": "a\0b"},
        {"action": "delete", "path": LONG},
        {"action": "rename", "path": LONG, "new_name": "x"},
        {"action": "move", "path": LONG, "new_path": ""},
        {"action": "move", "path": f"{name}/a.mp4", "new_path": LONG},
        {"action": "directory", "path": LONG, "new_dir": "x"},
        {"action": "directory", "path": name, "new_dir": "a\nb"},
        {"action": "delete", "path": f"{name}/a.mp4"},
    )
    assert [each["error"] for each in results] == [
        "Path does not exist.", "Path is required.", "Cannot operate on root directory.", "Path outside download root.",
        "Invalid path.", *[f'Path "{LONG}" is too long.'] * 5,
        "New directory name must not contain control characters.", None,
    ]  # fmt: skip
    assert [results[1]["path"], results[2]["path"]] == ["no_path", "/"]
    assert results[-1]["deleted"] is True


def test_an_nfo_wants_the_file_that_it_is_about(api, origin, name):
    item = api.fetch(origin.url(f"{name}/clip-nfo.mp4"), folder=name)
    (deleted,) = act(api, {"action": "delete", "path": f"{name}/{item['filename']}"})
    assert deleted["ok"] is True
    reply = api.post(f"/api/history/{item['_id']}/nfo")
    assert (reply.status, reply.json()["error"]) == (404, f"file '{item['title']}' not found.")


@pytest.mark.parametrize("path", ["//api/ping", "///api//ping", "//api/ping/?a=//b"])
def test_slashes_too_many_lead_to_the_same(api, path):
    reply = api.get(path)
    assert (reply.status, reply.json()) == (200, {"status": "pong"})
    assert api.post(path.replace("ping", "history"), {"url": "no url"}).status == 400
    assert api.get("//evil.example/api/ping").status == 404


def test_folders_are_made_moved_and_removed(api, store, name):
    store.put(name, "film.mp4")
    made, again, outside, empty = act(
        api,
        {"action": "directory", "path": name, "new_dir": "one/two"},
        {"action": "directory", "path": name, "new_dir": "one/two"},
        {"action": "directory", "path": name, "new_dir": "../../x"},
        {"action": "directory", "path": name, "new_dir": " "},
    )
    assert (made["ok"], made["new_dir"]) == (True, f"{name}/one/two")
    assert again["error"] == "Directory already exists."
    assert outside["error"] == "Destination outside root."
    assert empty["error"] == "New directory name is required."
    assert names(api, name) == ["film.mp4", "one"]
    assert names(api, f"{name}/one") == ["two"]
    assert browse(api, f"{name}/one/two")["contents"] == []
    (moved,) = act(api, {"action": "rename", "path": f"{name}/one", "new_name": "uno"})
    assert moved["new_path"] == f"{name}/uno"
    assert names(api, name) == ["film.mp4", "uno"]
    act(api, {"action": "delete", "path": f"{name}/uno"})
    assert api.get(f"/api/file/browser/{name}/uno").status == 404


def test_a_large_folder_moves_as_a_job(api, store, name):
    store.put(name, *(f"big/{number:03}.mp4" for number in range(150)))
    store.put(name, "to/x")
    (moved,) = act(api, {"action": "move", "path": f"{name}/big", "new_path": f"{name}/to"})
    assert moved["ok"], moved
    assert browse(api, f"{name}/to/big")["pagination"]["total"] == 150
    assert len(store.names(f"{name}/to/big")) == 150
    assert store.names(f"{name}/big") == []


def test_unknown_jobs(api):
    assert api.get("/api/file/jobs/none").status == 404


# Downloads and what refers to them


def test_an_item_follows_its_file(api, store, name, origin, listener):
    item = api.fetch(origin.url(f"names/{name}.mp4"), folder=name)
    assert item["status"] == "finished", item
    assert names(api, name) == [f"{name}.mp4"]
    act(api, {"action": "rename", "path": f"{name}/{name}.mp4", "new_name": "new.mp4"})
    assert listener.wait("item_updated", lambda sent: sent["data"]["filename"] == "new.mp4")
    act(api, {"action": "rename", "path": name, "new_name": f"{name}-2"})
    found = api.item(item["_id"])
    assert (found["folder"], found["filename"]) == (f"{name}-2", "new.mp4")
    assert found["download_dir"].endswith(f"/{name}-2")
    act(api, {"action": "delete", "path": f"{name}-2/new.mp4"})
    assert api.item(item["_id"])["filename"] is None
    updates = [sent["data"]["filename"] for sent in listener.of("item_updated", item["_id"])]
    assert updates[-3:] == ["new.mp4", "new.mp4", None]


def test_an_item_follows_its_sidecars(api, store, name, origin, listener):
    item = api.fetch(origin.url(f"names/{name}.mp4"), folder=name)
    store.put(name, f"{name}.en.srt", f"{name}.info.json")
    act(api, {"action": "rename", "path": f"{name}/{name}.en.srt", "new_name": f"{name}.fr.srt"})
    listener.wait("item_updated", lambda sent: sent["data"]["sidecar"].get("subtitle", [{}])[0].get("lang") == "fr")
    assert [each["lang"] for each in api.item(item["_id"])["sidecar"]["subtitle"]] == ["fr"]
    act(api, {"action": "delete", "path": f"{name}/{name}.fr.srt"})
    assert listener.wait("item_updated", lambda sent: "subtitle" not in sent["data"]["sidecar"])
    assert "subtitle" not in api.item(item["_id"])["sidecar"]


# Types


@pytest.mark.parametrize(
    "extension", ["html", "svg", "svgz", "mht", "mhtml", "eml", "xht", "xsl", "shtml", "htc", "js", "nfo"]
)
def test_what_a_browser_would_run_is_saved_and_fenced(api, store, name, extension):
    store.put(name, f"a.{extension}")
    reply = api.follow("GET", f"/api/download/{name}/a.{extension}")
    assert reply.headers["Content-Disposition"].startswith("attachment; ")
    assert reply.headers["Content-Security-Policy"] == "sandbox"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("file", "is_media"), [("a.mp4", True), ("a.jpg", True), ("a.txt", False), ("a.vtt", False)])
def test_what_a_browser_only_shows_is_shown(api, store, name, file, is_media):
    store.put(name, file)
    reply = api.follow("GET", f"/api/download/{name}/{file}")
    assert reply.headers["Content-Disposition"].startswith("inline; ")
    assert ("Content-Security-Policy" in reply.headers) is not is_media


def test_no_answer_is_guessed_at(api, store, name, clip):
    store.copy(clip, f"{name}/v.mp4")
    store.put(name, "v.srt", text="1\n00:00:00,000 --> 00:00:02,000\n<script>alert(1)</script>\n")
    store.put(name, "v.txt", "v.html")
    paths = [
        f"/api/player/subtitle/{name}/v.srt.vtt", f"/api/player/playlist/{name}/v.mp4.m3u8",
        f"/api/player/m3u8/video/{name}/v.mp4.m3u8", f"/api/player/m3u8/subtitle/{name}/v.srt.m3u8?duration=2",
        f"/api/player/segments/0/{name}/v.mp4.ts", f"/api/player/subtitles/manifest/{name}/v.mp4",
        f"/api/file/info/{name}/v.mp4", f"/api/file/ffprobe/{name}/v.mp4", f"/api/file/browser/{name}",
        f"/api/download/{name}/v.txt", f"/api/download/{name}/none", "/api/thumbnail", "/api/thumbnail?url=http:%2F%2F127.0.0.1/",
        "/api/history", "/api/ping", "/api/docs", "/api/docs/openapi.json", "/none", "/dlambda/files/x", "/metrics",
    ]  # fmt: skip
    for path in paths:
        followed = (
            [api.follow("GET", path)] if path.startswith(("/api/player/", "/api/file/", "/api/download/")) else []
        )
        for reply in (api.get(path), api.request("OPTIONS", path), *followed):
            assert reply.headers["X-Content-Type-Options"] == "nosniff", (path, reply.status)


# ZIP


def test_a_zip_of_files_and_folders(api, store, name):
    store.put(name, "a.mp4", "a.en.srt", "poster.jpg", "sub/b.txt", "sub/deep/c.txt", "b.mp4")
    ordered = api.post(
        "/api/file/download", [f"{name}/a.mp4", f"{name}/a.en.srt", f"{name}/b.mp4", f"{name}/sub", 7, "none.mp4"]
    ).json()
    assert ordered["files"] == [
        f"{name}/{each}" for each in ("a.mp4", "a.en.srt", "poster.jpg", "b.mp4", "sub/b.txt", "sub/deep/c.txt")
    ]
    for _ in range(2):
        reply = api.follow("GET", f"/api/file/download/{ordered['token']}")
        assert (reply.status, reply.headers["Content-Type"]) == (200, "application/zip")
        assert reply.headers["Content-Disposition"] == f'attachment; filename="{ordered["token"]}.zip"'
        with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
            assert archive.testzip() is None
            assert [(each.filename, each.compress_type) for each in archive.infolist()] == [
                (file, zipfile.ZIP_STORED) for file in ordered["files"]
            ]


def test_a_large_zip_is_written_in_parts(api, store, name):
    store.put(name, "a.mp4", "b.mp4", text="0123456789abcdef" * 1024 * 1024)
    token = api.post("/api/file/download", [name]).json()["token"]
    with zipfile.ZipFile(io.BytesIO(api.follow("GET", f"/api/file/download/{token}").body)) as archive:
        assert archive.testzip() is None
        assert [each.file_size for each in archive.infolist()] == [16 * 1024 * 1024] * 2


def test_a_zip_is_fetched_in_ranges(api, store, name):
    store.put(name, "a.mp4", text="x" * 5000)
    token = api.post("/api/file/download", [f"{name}/a.mp4"]).json()["token"]
    whole = api.follow("GET", f"/api/file/download/{token}").body
    part = api.follow("GET", f"/api/file/download/{token}", headers={"Range": "bytes=100-199"})
    assert (part.status, part.body) == (206, whole[100:200])


def test_head_of_a_zip_is_answered_directly(api, store, name):
    store.put(name, "a.mp4", text="x" * 5000)
    token = api.post("/api/file/download", [f"{name}/a.mp4"]).json()["token"]
    whole = api.follow("GET", f"/api/file/download/{token}")
    head = api.request("HEAD", f"/api/file/download/{token}")
    assert (head.status, head.body, int(head.headers["Content-Length"])) == (200, b"", len(whole.body))
    for key in ("Content-Type", "Content-Disposition", "Accept-Ranges", "Last-Modified", "ETag"):
        assert head.headers[key] == whole.headers[key], key
    assert api.request("HEAD", "/api/file/download/none").status == 400


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"[]", "Invalid parameters."), (b"{}", "Invalid parameters."), (b"x", "Invalid parameters."),
     (b'["none"]', "No valid files."), (b"[1]", "No valid files."), (b'["../x"]', "No valid files.")],
)  # fmt: skip
def test_zips_of_nothing(api, body, text):
    reply = api.request("POST", "/api/file/download", raw=body)
    assert (reply.status, reply.json()["error"]) == (400, text)


def test_tokens_that_mean_nothing(api, store, name):
    assert api.get("/api/file/download/none").json()["error"] == "Invalid or expired download token."
    assert api.get("/api/file/download/").json()["error"] == "Download token is required."
    store.put(name, "a.mp4")
    token = api.post("/api/file/download", [f"{name}/a.mp4"]).json()["token"]
    wait_until(lambda: api.get(f"/api/file/download/{token}").status == 302, 20, lambda: "the ZIP was not built")


def test_ten_thousand_files_are_browsed(api, service, name):
    place = service.folder / "media" / "dlambda" / "files" / name
    place.mkdir(parents=True)
    for number in range(10_000):
        (place / f"{number:05}.mp4").write_bytes(b"x" * (number % 7))
    time.sleep(1.5)
    assert browse(api, name)["pagination"]["total"] == 10_000
    assert names(api, name, "?sort_by=name&sort_order=desc&per_page=2") == ["09999.mp4", "09998.mp4"]
    assert {each["size"] for each in browse(api, name, "?sort_by=size&sort_order=desc")["contents"]} == {6}
    assert browse(api, name, "?search=777")["pagination"]["total"] == 19
    assert names(api, name, "?sort_by=name&per_page=50&page=150")[0] == "07450.mp4"


def test_one_leading_slash_is_accepted(api, store, name):
    store.put(name, "a.txt")
    for path in (f"/api/file/browser/%2F{name}", f"/api/file/browser//{name}", f"/api/file/browser/{name}/"):
        assert api.get(path).json()["path"] == f"/{name}"
    assert api.get(f"/api/file/info/%2F{name}/a.txt").json()["title"] == "a"
