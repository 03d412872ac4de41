"""Playing in a browser, on the real engines: playlists, segments, subtitles (docs/contract/files.md 4)."""

import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import m3u8
import pytest

from tests.e2e.api import Api, wait_until
from tests.e2e.service import Service
from tests.e2e.store import Store
from tests.media.samples import FFMPEG, SECONDS, make, make_damaged

SRT = "1\n00:00:01,000 --> 00:00:02,000\n<i>Hi</i> <b>you</b>\n"


@pytest.fixture(scope="module")
def store(service: Any) -> Store:
    return Store(service)


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("samples")


@pytest.fixture
def name() -> str:
    """A folder of this test alone."""
    return f"p-{uuid.uuid4().hex[:8]}"


@pytest.mark.parametrize(
    "sample", ["h264-aac.mp4", "h264-opus.mkv", "hevc-flac.mkv", "vp9-opus.webm", "opus.opus", "aac.m4a"]
)
def test_a_player_gets_the_whole_film(api: Api, store: Store, samples: Any, name: str, sample: str) -> None:
    store.copy(make(sample, samples), f"{name}/{sample}")
    reply = api.get(f"/api/player/m3u8/video/{name}/{sample}.m3u8")
    assert (reply.status, reply.headers["Content-Type"], reply.headers["Cache-Control"]) == (
        200, "application/x-mpegURL", "no-cache",
    )  # fmt: skip
    playlist = m3u8.loads(reply.body.decode())
    assert sum(each.duration for each in playlist.segments) == pytest.approx(SECONDS, abs=0.1)
    assert max(each.duration for each in playlist.segments) <= playlist.target_duration + 0.5
    film = b""
    for segment in playlist.segments:
        found = api.follow("GET", urljoin("/", segment.uri))
        assert (found.status, found.headers["Content-Type"]) == (200, "video/mpegts")
        assert found.headers["Vary"] == "Origin"
        film += found.body
    check = subprocess.run(
        [FFMPEG, "-v", "warning", "-xerror", "-i", "-", "-f", "null", "-"], input=film, capture_output=True, check=False
    )
    assert (check.returncode, check.stderr) == (0, b"")


def test_ffmpeg_plays_it_through_the_master_playlist(
    api: Api, store: Store, samples: Any, name: str, tmp_path: Path
) -> None:
    store.copy(make("h264-aac.mp4", samples), f"{name}/a b.mp4")
    store.put(name, "a b.en.srt", text=SRT)
    address = f"{api.base}/api/player/playlist/{name}/{quote('a b.mp4')}.m3u8"
    done = subprocess.run(
        [FFMPEG, "-v", "error", "-i", address, "-map", "0:v", "-map", "0:a", "-f", "null", "-progress", "-", "-"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert f"frame={SECONDS * 25}" in done.stdout


def test_what_is_converted_keeps_the_documented_grid(api: Api, store: Store, samples: Any, name: str) -> None:
    store.copy(make("hevc-flac.mkv", samples), f"{name}/v.mkv")
    lines = api.get(f"/api/player/m3u8/video/{name}/v.mkv.m3u8").body.decode().split("\n")
    assert lines[5:] == [
        "#EXTINF:6.000000,", f"/api/player/segments/0/{name}/v.mkv.ts?vc=1&ac=1",
        "#EXTINF:6.000000,", f"/api/player/segments/1/{name}/v.mkv.ts?vc=1&ac=1",
        "#EXTINF:1.000000,", f"/api/player/segments/2/{name}/v.mkv.ts?vc=1&ac=1&sd=1.000000",
        "#EXT-X-ENDLIST",
    ]  # fmt: skip


def test_of_two_hundred_that_ask_for_a_segment_at_once_one_makes_it(samples: Any, tmp_path: Path) -> None:
    with Service(tmp_path / "data") as fresh:  # its counters tell of nothing else
        Store(fresh).copy(make("hevc-flac.mkv", samples), "v.mkv")
        # The last one: after another, the next would be made ahead.
        url = "/api/player/segments/2/v.mkv.ts?vc=1&ac=1&sd=1.000000"
        with ThreadPoolExecutor(200) as clients:
            replies = list(clients.map(lambda _: fresh.api.get(url, timeout=60), range(200)))
        assert {(reply.status, reply.headers["Location"].partition("?")[0]) for reply in replies} == {
            (302, replies[0].headers["Location"].partition("?")[0])
        }
        counted = dict(line.split() for line in fresh.api.get("/metrics").body.decode().splitlines() if line[0] != "#")
        assert (counted["dlambda_segments_made_total"], counted["dlambda_segments_reused_total"]) == ("1", "199")


def test_a_segment_is_the_same_for_the_next_one(api: Api, store: Store, samples: Any, name: str) -> None:
    store.copy(make("hevc-flac.mkv", samples), f"{name}/v.mkv")
    url = f"/api/player/segments/0/{name}/v.mkv.ts?vc=1&ac=1"
    first, second = api.get(url), api.get(url)
    assert [reply.headers["Location"].partition("?")[0] for reply in (first, second)] == [
        first.headers["Location"].partition("?")[0]
    ] * 2
    time, etag = first.headers["Last-Modified"], first.headers["ETag"]
    assert api.get(url, headers={"If-Modified-Since": time}).status == 304
    assert api.get(url, headers={"If-None-Match": etag}).status == 304
    assert api.get(url, headers={"If-None-Match": '"other"', "If-Modified-Since": time}).status == 302


def test_the_next_segment_is_converted_ahead(api: Api, service: Any, store: Store, samples: Any, name: str) -> None:
    store.copy(make("vp9-opus.webm", samples), f"{name}/v.webm")
    made = service.folder / "media" / "dlambda" / "cache" / "segments"
    before = len(list(made.glob("*.ts")))
    assert api.get(f"/api/player/segments/0/{name}/v.webm.ts?vc=1&ac=1").status == 302
    wait_until(lambda: len(list(made.glob("*.ts"))) >= before + 2, 20, lambda: "nothing was made ahead")


def test_of_a_film_that_breaks_off_there_is_what_can_be_read(api: Api, store: Store, samples: Any, name: str) -> None:
    store.copy(make_damaged(samples, "faststart-hevc.mp4", kept=0.5, noise=False), f"{name}/v.mp4")
    lines = api.get(f"/api/player/m3u8/video/{name}/v.mp4.m3u8").body.decode().split("\n")
    replies = [api.follow("GET", urljoin("/", line)) for line in lines if not line.startswith("#")]
    assert [reply.status for reply in replies] == [200, 200, 404]
    assert replies[2].json()["error"] == f"File '{name}/v.mp4' cannot be played."


@pytest.mark.parametrize(
    ("query", "status"),
    [("sd=x", 400), ("sd=0", 400), ("sd=nan", 400), ("vc=maybe", 400), ("st=-1", 400), ("st=600", 404), ("sd=1", 302)],
)
def test_segments_that_make_no_sense(api: Api, store: Store, samples: Any, name: str, query: str, status: int) -> None:
    store.copy(make("h264-aac.mp4", samples), f"{name}/v.mp4")
    assert api.get(f"/api/player/segments/0/{name}/v.mp4.ts?{query}").status == status


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/api/player/m3u8/audio/x.mp4.m3u8", 400, "Only video and subtitle modes are supported."),
        ("/api/player/m3u8/subtitle/x.srt.m3u8", 400, "duration is required."),
        ("/api/player/m3u8/subtitle/x.srt.m3u8?duration=x", 400, "duration must be a number."),
        ("/api/player/playlist/none.mp4.m3u8", 404, "File 'none.mp4' does not exist."),
        ("/api/player/segments/0/none.mp4.ts", 404, "File 'none.mp4' does not exist."),
        ("/api/player/subtitle/none.srt.vtt", 404, "File 'none.srt' does not exist."),
        ("/api/player/subtitles/doc/none.srt", 400, "Only vtt, srt, and ass subtitle formats are supported."),
    ],
)
def test_errors_have_the_documented_texts(api: Api, path: str, status: int, text: str) -> None:
    reply = api.get(path)
    assert (reply.status, reply.json()["error"]) == (status, text)


def test_a_file_without_a_duration(api: Api, store: Store, name: str) -> None:
    store.put(name, "a.txt", "b.mp4")
    for file in ("a.txt", "b.mp4"):
        reply = api.get(f"/api/player/playlist/{name}/{file}.m3u8")
        assert (reply.status, reply.json()["error"]) == (404, f"Unable to get '{name}/{file}' duration.")
        reply = api.get(f"/api/player/m3u8/video/{name}/{file}.m3u8")
        assert (reply.status, reply.json()["error"]) == (404, f"Unable to get '{name}/{file}' play duration.")
        assert api.get(f"/api/player/segments/0/{name}/{file}.ts").status == 404


def test_subtitles_are_webvtt(api: Api, store: Store, name: str) -> None:
    store.put(name, "v.mp4")
    store.put(name, "v.en.srt", text=SRT)
    store.put(name, "v.ass", text="[Script Info]\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\i1}x")
    store.put(name, "v.txt", "empty.srt", text="nothing")
    reply = api.get(f"/api/player/subtitle/{name}/v.en.srt.vtt")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/vtt; charset=UTF-8")
    assert reply.headers["Cache-Control"] == "public, max-age=31536000"
    assert reply.body == b"WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\n<i>Hi</i> you\n"
    assert b"<i>x</i>" in api.get(f"/api/player/subtitle/{name}/v.ass.vtt").body
    reply = api.get(
        f"/api/player/subtitle/{name}/v.en.srt.vtt", headers={"If-Modified-Since": reply.headers["Last-Modified"]}
    )
    assert reply.status == 304
    reply = api.get(f"/api/player/subtitle/{name}/v.txt.vtt")
    assert (reply.status, reply.json()["error"]) == (400, f"File '{name}/v.txt' subtitle type is not supported.")
    reply = api.get(f"/api/player/subtitle/{name}/empty.srt.vtt")
    assert (reply.status, reply.json()["error"]) == (404, f"No subtitle events were found in '{name}/empty.srt'.")


def test_the_manifest_names_the_best_first(api: Api, store: Store, name: str) -> None:
    store.put(name, "v.mp4", "v.de.ass", "v.en.srt", "v.fr.vtt")
    tracks = api.get(f"/api/player/subtitles/manifest/{name}/v.mp4").json()["subtitles"]
    assert [(track["source_format"], track["lang"], track["renderer"]) for track in tracks] == [
        ("vtt", "fr", "native"), ("srt", "en", "native"), ("ass", "de", "assjs"),
    ]  # fmt: skip
    reply = api.get(tracks[2]["url"])
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (200, "text/x-ssa; charset=UTF-8", b"x")
    reply = api.get(f"/api/player/subtitles/vtt/{name}/v.en.srt")
    assert reply.json()["error"] == f"Subtitle file '{name}/v.en.srt' does not match requested source format 'vtt'."
