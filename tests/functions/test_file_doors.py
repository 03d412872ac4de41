"""The doors of files, of the player and of pictures, each opened once as its function: the template lets them."""

import re

import pytest

from dlambda.aws import bucket
from tests.functions.working import handle
from tests.origin.media import media_folder

FILM = "doors/film.mp4"


@pytest.fixture(autouse=True)
def film(stack):
    bucket.put_file(media_folder() / "clip.mp4", f"files/{FILM}", "video/mp4")
    bucket.put_bytes("files/doors/film.srt", b"1\n00:00:00,000 --> 00:00:02,000\nFirst\n", "application/x-subrip")


def test_looking_at_files(group):
    files = group("file")
    for path in ("browser", "browser/doors", f"info/{FILM}", f"ffprobe/{FILM}"):
        assert files.get(f"/api/file/{path}")[0] == 200, path
    assert files.get(f"/api/download/{FILM}")[0] == 302
    assert files.call("HEAD", f"/api/download/{FILM}")[0] == 200


def test_changing_files(group, configure):
    configure(browser_control_enabled="true")
    files = group("file")
    actions = [
        {"action": "directory", "path": "doors", "new_dir": "new"},
        {"action": "rename", "path": FILM, "new_name": "renamed.mp4"},
        {"action": "move", "path": "doors/renamed.mp4", "new_path": "doors/new"},
        {"action": "delete", "path": "doors/new"},
    ]
    for action in actions:
        status, done = files.post("/api/file/actions", [action])
        assert (status, done[0]["ok"]) == (200, True), done


def test_a_zip_of_a_folder(group):
    token = group("file").post("/api/file/download", ["doors"])[1]["token"]
    handle("files", token)
    assert group("file").get(f"/api/file/download/{token}")[0] == 302


def test_playing(group):
    player = group("player")
    status, _ = player.get(f"/api/player/playlist/{FILM}.m3u8")
    assert status == 200
    assert player.get(f"/api/player/m3u8/video/{FILM}.m3u8")[0] == 200
    segment = re.findall(r"^/api/player/segments/.*$", player.last.get_data(as_text=True), re.MULTILINE)[0]
    assert player.get(segment)[0] == 302
    assert player.get("/api/player/subtitle/doors/film.srt.vtt")[0] == 200
