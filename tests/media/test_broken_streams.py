"""Streams of which something fails, at once and for ever: downloads.md 5.8."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from dlambda.media.workers.download import Result
from dlambda.media.workers.extract import extract
from tests.media.conftest import Start, finish
from tests.media.sites import HLS, Site, make_hls, played_seconds, playlist, serving, split_tracks

TS = [f"t{number}.ts" for number in range(6)]
F = ['#EXT-X-MAP:URI="finit.mp4"', "f0.m4s", "f1.m4s", "f2.m4s"]
G = ["#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="ginit.mp4"', "g0.m4s", "g1.m4s", "g2.m4s"]
MASTER = b"""#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",DEFAULT=YES,URI="a.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=300000,CODECS="avc1.42c00a,mp4a.40.2",RESOLUTION=160x90,AUDIO="a"
v.m3u8
"""
AGAIN = ["#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="finit.mp4"', "f3.m4s", "f4.m4s", "f5.m4s"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hls")
    make_hls(folder)
    return folder


@pytest.fixture
def site(folder: Path) -> Iterator[Site]:
    with serving(folder) as site:
        yield site


class Fetched:
    """A download's result and its file."""

    def __init__(self, result: Result, home: Path) -> None:
        self.result = result
        self.warnings = " ".join(one if isinstance(one, str) else one.text for one in result.warnings)  # type: ignore[attr-defined]
        self.path = home / (result.filepath or "")
        self.seconds = played_seconds(self.path) if result.filepath else 0.0


def fetch(site: Site, path: str, start: Start, service: Path, **params: Any) -> Fetched:
    info = extract(site.url(path), params, allow_internal=True).info
    assert info is not None
    running = start(site.url(path), info=info, params=params, is_live=bool(info.get("is_live")))
    return Fetched(finish(running), service / "items" / "item" / "home")


@pytest.mark.parametrize(
    ("lost", "native", "told"),
    [
        (0, None, "1 of 6 segments is missing"),
        (3, False, "1 segment is missing"),
    ],
)
def test_a_lost_segment_is_left_out_and_told(
    site: Site, start: Start, service: Path, lost: int, native: bool | None, told: str
) -> None:
    site.lists("film.m3u8", [*TS[:lost], "not-there.ts", *TS[lost + 1 :]])
    fetched = fetch(site, "film.m3u8", start, service, hls_prefer_native=native)
    assert (fetched.result.ok, fetched.seconds) == (True, 10.0)
    assert told in fetched.warnings


def test_what_ffmpeg_cannot_read_is_told(site: Site, start: Start, service: Path) -> None:
    site.lists("film.m3u8", TS)
    info = extract(site.url("film.m3u8"), {}, allow_internal=True).info
    site.refuses("film.m3u8", 500)
    result = finish(start(site.url("film.m3u8"), info=info, params={"hls_prefer_native": False}))
    assert result.error is not None
    assert result.failure is not None
    assert (result.failure.kind, "exited with code" in result.error) == ("transient", False)


def test_where_the_native_downloader_fails_ffmpeg_is_tried(site: Site, start: Start, service: Path) -> None:
    site.lists("film.m3u8", ["#EXT-X-MEDIA-SEQUENCE:0.0", *TS])
    fetched = fetch(site, "film.m3u8", start, service)
    assert (fetched.result.ok, fetched.seconds) == (True, 12.0)


def test_a_film_whose_address_ends_like_a_program_is_fetched(site: Site, start: Start, service: Path) -> None:
    content = (site.folder / "t0.ts").read_bytes()
    site.answers["stream.php"] = lambda _: (200, "video/mp2t", content)
    fetched = fetch(site, "stream.php", start, service)
    assert (fetched.result.ok, fetched.seconds) == (True, 2.0)


def test_a_lost_segment_is_an_error_where_the_options_say_so(site: Site, start: Start, service: Path) -> None:
    site.lists("film.m3u8", [*TS[:3], "not-there.ts", *TS[4:]])
    fetched = fetch(site, "film.m3u8", start, service, skip_unavailable_fragments=False)
    assert (fetched.result.ok, fetched.result.filepath) == (False, None)


@pytest.mark.parametrize("status", [403, 503])
def test_a_segment_that_is_away_for_a_while_is_fetched(site: Site, start: Start, service: Path, status: int) -> None:
    site.lists("film.m3u8", TS)
    site.refuses("t3.ts", status, times=3)
    fetched = fetch(site, "film.m3u8", start, service)
    assert (fetched.result.ok, fetched.seconds, "missing" in fetched.warnings) == (True, 12.0, False)


def test_the_same_map_again_is_played_whole(site: Site, start: Start, service: Path) -> None:
    site.lists("film.m3u8", [*F, *AGAIN])
    fetched = fetch(site, "film.m3u8", start, service)
    assert (fetched.result.ok, fetched.seconds) == (True, 12.0)


def test_another_map_is_played_whole(site: Site, start: Start, service: Path) -> None:
    site.lists("film.m3u8", [*F, *G])
    fetched = fetch(site, "film.m3u8", start, service)
    assert (fetched.result.ok, fetched.seconds) == (True, 12.0)


@pytest.mark.parametrize(
    "key_format",
    ["urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed", "com.microsoft.playready", "com.apple.streamingkeydelivery"],
)
def test_an_encrypted_film_is_called_so(site: Site, start: Start, service: Path, key_format: str) -> None:
    site.lists("film.m3u8", [f'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="data:,AAAA",KEYFORMAT="{key_format}"', *TS[:2]])
    failure = finish(start(site.url("film.m3u8"))).failure
    assert failure is not None
    assert failure.kind == "drm"


@pytest.mark.slow
@pytest.mark.parametrize("status", [404, 503])
def test_a_live_stream_whose_list_is_away_is_recorded_whole(
    site: Site, start: Start, service: Path, status: int
) -> None:
    steps = [(0.5, playlist(TS[:3], end=False)), (2.0, status), (1e9, playlist(TS))]
    site.grows("live.m3u8", steps)
    fetched = fetch(site, "live.m3u8", start, service)
    assert (fetched.result.ok, fetched.seconds) == (True, 12.0)


@pytest.mark.slow
def test_a_live_stream_with_another_map_plays_whole(site: Site, start: Start, service: Path) -> None:
    both = [*F, *G]
    site.grows("live.m3u8", [(1.0, playlist(F, end=False)), (2.5, playlist(both, end=False)), (1e9, playlist(both))])
    fetched = fetch(site, "live.m3u8", start, service)
    assert (fetched.result.ok, fetched.seconds) == (True, 12.0)


@pytest.mark.slow
def test_picture_and_sound_of_a_live_stream_are_recorded_whole(site: Site, start: Start, service: Path) -> None:
    split_tracks(site.folder)
    for track in "va":
        names = [f"{track}{number}.ts" for number in range(6)]
        site.grows(f"{track}.m3u8", [(3.0, playlist(names[:3], end=False)), (4.0, 404), (1e9, playlist(names))])
    site.answers["live.m3u8"] = lambda _: (200, HLS, MASTER)
    fetched = fetch(site, "live.m3u8", start, service)
    assert (fetched.result.ok, fetched.seconds) == (True, 12.0)
    assert fetched.result.filepath is not None
    with av.open(str(fetched.path)) as container:
        starts = {one.type: float((one.start_time or 0) * one.time_base) for one in container.streams}
    assert set(starts) == {"video", "audio"}
    assert abs(starts["video"] - starts["audio"]) < 0.2


@pytest.mark.slow
def test_what_a_live_recording_lacks_is_told(site: Site, start: Start, service: Path) -> None:
    names = [*TS[:2], "not-there.ts", *TS[3:]]
    site.grows("live.m3u8", [(1.0, playlist(names, end=False)), (1e9, playlist(names))])
    fetched = fetch(site, "live.m3u8", start, service)
    assert (fetched.result.ok, fetched.seconds) == (True, 10.0)
    assert "1 segment is missing, about 2 s" in fetched.warnings


def test_a_key_that_fails_for_a_moment_is_asked_for_again(site: Site, start: Start, service: Path) -> None:
    key = bytes(range(16))
    for number in range(2):
        padder = PKCS7(128).padder()
        plain = padder.update((site.folder / f"t{number}.ts").read_bytes()) + padder.finalize()
        encryptor = Cipher(AES128(key), CBC(number.to_bytes(16, "big"))).encryptor()
        (site.folder / f"e{number}.ts").write_bytes(encryptor.update(plain) + encryptor.finalize())
    site.answers["key.bin"] = lambda number: (503, "text/plain", b"no") if number < 2 else (200, "x/y", key)
    site.lists("film.m3u8", ['#EXT-X-KEY:METHOD=AES-128,URI="key.bin"', "e0.ts", "e1.ts"])
    fetched = fetch(site, "film.m3u8", start, service)
    assert (fetched.result.ok, fetched.seconds) == (True, 4.0)
