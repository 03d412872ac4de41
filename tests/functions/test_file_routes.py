"""Routes of files, of the player and of pictures, each called once as its function: the template lets them."""

import base64
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dlambda.aws import bucket
from dlambda.domain.messages.queue_messages import RunJob
from tests.functions.calls import Client, error
from tests.functions.working import handle
from tests.media.samples import FFMPEG
from tests.origin.media import media_folder
from tests.stack import Stack

FILM = "routes/film.mp4"


@pytest.fixture(autouse=True)
def film(stack: Stack) -> None:
    bucket.put_file(media_folder() / "clip.mp4", f"files/{FILM}", "video/mp4")
    bucket.put_bytes("files/routes/film.srt", b"1\n00:00:00,000 --> 00:00:02,000\nFirst\n", "application/x-subrip")


def test_looking_at_files(group: Callable[[str], Client]) -> None:
    files = group("file")
    for path in ("browser", "browser/routes", f"info/{FILM}", f"ffprobe/{FILM}"):
        assert files.get(f"/api/file/{path}")[0] == 200, path
    assert files.get(f"/api/download/{FILM}")[0] == 302
    assert files.call("HEAD", f"/api/download/{FILM}")[0] == 200


def test_changing_files(group: Callable[[str], Client], configure: Callable[..., None]) -> None:
    configure(browser_control_enabled="true")
    files = group("file")
    actions = [
        {"action": "directory", "path": "routes", "new_dir": "new"},
        {"action": "rename", "path": FILM, "new_name": "renamed.mp4"},
        {"action": "move", "path": "routes/renamed.mp4", "new_path": "routes/new"},
        {"action": "delete", "path": "routes/new"},
    ]
    for action in actions:
        status, done = files.post("/api/file/actions", [action])
        assert (status, done[0]["ok"]) == (200, True), done


def test_a_zip_of_a_folder(group: Callable[[str], Client]) -> None:
    token = group("file").post("/api/file/download", ["routes"])[1]["token"]
    handle(RunJob(token))
    assert group("file").get(f"/api/file/download/{token}")[0] == 302


def test_playing(group: Callable[[str], Client]) -> None:
    player = group("player")
    status, _ = player.get(f"/api/player/playlist/{FILM}.m3u8")
    assert status == 200
    assert player.get(f"/api/player/m3u8/video/{FILM}.m3u8")[0] == 200
    segment = re.findall(r"^/api/player/segments/.*$", player.last.get_data(as_text=True), re.MULTILINE)[0]
    assert player.get(segment)[0] == 302
    assert player.call("HEAD", segment)[0] == 200
    assert player.get("/api/player/subtitle/routes/film.srt.vtt")[0] == 200


def test_a_key_in_an_address_is_in_all_that_its_playlist_names(
    group: Callable[[str], Client], configure: Callable[..., None]
) -> None:
    configure(auth_username="user", auth_password="p&ss?>~=/")
    key = base64.b64encode(b"user:p&ss?>~=/").decode()
    player = group("player")
    assert player.call("GET", f"/api/player/playlist/{FILM}.m3u8")[0] == 401
    assert player.call("GET", f"/api/player/playlist/{FILM}.m3u8", query_string={"apikey": key})[0] == 200
    named = addresses(player)
    assert [name.partition("?")[0] for name in named] == [
        "/api/player/m3u8/subtitle/routes/film.srt.m3u8", f"/api/player/m3u8/video/{FILM}.m3u8",
    ]  # fmt: skip
    for name in named:
        assert player.call("GET", name)[0] == 200
        children = addresses(player)
        assert children
        assert {player.call("GET", child)[0] for child in children} <= {200, 302}
        assert {player.call("GET", child.partition("?")[0])[0] for child in children} == {401}
    assert player.call("GET", f"/api/player/subtitles/manifest/{FILM}", query_string={"apikey": key})[0] == 200
    (track,) = player.last.get_json()["subtitles"]
    assert player.call("GET", track["url"])[0] == 200


def addresses(client: Client) -> list[str]:
    """What the playlist that `client` got last names."""
    return re.findall(r"/api/player/[^\s\"]+", client.last.get_data(as_text=True))


def test_playing_what_does_not_say_how_long_it_is(group: Callable[[str], Client]) -> None:
    picture, sound = ("-f", "lavfi", "-i", "testsrc=s=64x36:r=5:d=8"), ("-f", "lavfi", "-i", "sine=d=8")
    codecs = ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", "-f", "webm", "-live", "1", "-")
    made = subprocess.run([FFMPEG, "-loglevel", "error", *picture, *sound, *codecs], stdout=subprocess.PIPE, check=True)
    bucket.put_bytes("files/routes/recorded.webm", made.stdout, "video/webm")
    player = group("player")
    assert player.get("/api/player/playlist/routes/recorded.webm.m3u8")[0] == 200
    assert player.get("/api/player/m3u8/video/routes/recorded.webm.m3u8")[0] == 200
    text = player.last.get_data(as_text=True)
    assert re.findall(r"^#EXTINF:(.*),$", text, re.MULTILINE) == ["6.000000", "2.008000"]
    for segment in re.findall(r"^/api/player/segments/.*$", text, re.MULTILINE):
        assert player.call("GET", segment)[0] == 302
        assert player.call("HEAD", segment)[0] == 200
        assert int(player.last.headers["Content-Length"]) > 1000


def test_a_segment_that_fails_leaves_the_last_words_of_ffmpeg_in_the_log(
    group: Callable[[str], Client], configure: Callable[..., None], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\necho 'no codec for http://127.0.0.1/a?X-Amz-Signature=1' >&2\nexit 1\n")
    fake.chmod(0o755)
    configure(tools_dir=str(tmp_path))
    assert error(group("player").get(f"/api/player/segments/0/{FILM}.ts", vc="1", sd="1"))[0] == 500
    (line,) = [record.getMessage() for record in caplog.records if record.name.endswith("stream_file")]
    assert line == f"No segment at 0.000 s of '{FILM}': no codec for …"


def test_a_head_of_a_segment_tells_its_length(group: Callable[[str], Client]) -> None:
    player = group("player")
    address = f"/api/player/segments/0/{FILM}.ts?sd=1"
    assert player.call("HEAD", address)[0] == 200
    headers = player.last.headers
    assert (headers["Content-Type"], headers["Accept-Ranges"]) == ("video/mpegts", "bytes")
    assert int(headers["Content-Length"]) > 188
    assert player.call("HEAD", f"/api/player/segments/99/{FILM}.ts")[0] == 404


def test_an_empty_file_cannot_be_played(group: Callable[[str], Client]) -> None:
    bucket.put_bytes("files/routes/empty.mp4", b"", "video/mp4")
    player = group("player")
    assert error(player.get("/api/player/playlist/routes/empty.mp4.m3u8")) == (
        404, "Unable to get 'routes/empty.mp4' duration.",
    )  # fmt: skip
    assert error(player.get("/api/player/segments/0/routes/empty.mp4.ts")) == (
        404, "File 'routes/empty.mp4' cannot be played.",
    )  # fmt: skip


@pytest.mark.parametrize(
    "path", ["playlist/.m3u8", "m3u8/video/.m3u8", "m3u8/subtitle/.m3u8", "segments/0/.ts", "subtitle/.vtt"]
)
def test_what_is_played_must_be_named(group: Callable[[str], Client], path: str) -> None:
    assert error(group("player").get(f"/api/player/{path}")) == (400, "file is required")


def test_browsers_remember_for_five_minutes_who_may_read_a_playlist(group: Callable[[str], Client]) -> None:
    player = group("player")
    player.get(f"/api/player/playlist/{FILM}.m3u8")
    assert player.last.headers["Access-Control-Max-Age"] == "300"
    player.get("/api/player/playlist/none.mp4.m3u8")
    assert player.last.headers["Access-Control-Max-Age"] == "900"


def test_pictures_of_internal_addresses_are_refused(
    group: Callable[[str], Client], configure: Callable[..., None]
) -> None:
    configure(allow_internal_urls="false")
    for url in ("http://127.0.0.1/a.png", "http://[::1]/a.png", "http://169.254.169.254/latest", "http://10.0.0.1/"):
        answer = error(group("images").get("/api/thumbnail", url=url))
        assert answer == (403, "Access to internal urls or private networks is not allowed."), url
