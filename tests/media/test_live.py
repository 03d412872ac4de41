"""Recording live streams (docs/contract/downloads.md 5.8): progress, a clean stop, nothing left running."""

import re
from pathlib import Path

import pytest

from dlambda.media.av.ffmpeg import probe
from dlambda.media.live.media_playlist import Key, Range, parse
from dlambda.media.workers.download import Progress, Running
from dlambda.media.workers.extract import extract
from tests.media.conftest import Start, finish, processes_of_group, wait_for
from tests.origin import Origin
from tests.origin.live import sequence_numbers
from tests.patience import PATIENCE_SECONDS
from tests.stack import forget_settings


def live(origin: Origin, path: str) -> tuple[str, dict[str, object]]:
    """The URL and metadata of a stream, marked as live as sites mark theirs."""
    url = origin.url(path)
    info = extract(url, {}, allow_internal=True).info
    assert info is not None
    return url, {**info, "is_live": True, "live_status": "is_live"}


def seconds_of(path: Path) -> float:
    return float(probe(str(path))["format"]["duration"])


def record_some(running: Running, growths: int = 2) -> None:
    """Waits until its file has grown so often."""
    sizes: set[float] = set()

    def has_grown() -> bool:
        sizes.update(report.downloaded_bytes or 0 for report in running.messages(0.2) if isinstance(report, Progress))
        return len(sizes - {0}) > growths

    wait_for(running, has_grown)


@pytest.mark.slow
def test_a_recording_reports_bytes_and_is_closed_when_stopped(origin: Origin, start: Start, service: Path) -> None:
    url, info = live(origin, "/live/stopped/1/0/index.m3u8")
    running = start(url, info=info, is_live=True)
    reports: list[Progress] = []

    def recorded() -> bool:
        reports.extend(m for m in running.messages(0.2) if isinstance(m, Progress))
        return len(reports) >= 4

    wait_for(running, recorded)
    sizes = [one.downloaded_bytes or 0 for one in reports]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 0
    result = running.stop(PATIENCE_SECONDS)
    assert processes_of_group(running.pid) == []
    assert result.ok
    assert result.filepath is not None
    assert seconds_of(service / "items" / "item" / "home" / result.filepath) >= 2


@pytest.mark.slow
def test_a_stream_that_ends_is_finished(origin: Origin, start: Start, service: Path) -> None:
    url, info = live(origin, "/live/ended/0.5/8/index.m3u8")
    result = finish(start(url, info=info, is_live=True))
    assert result.ok
    assert result.filepath is not None
    # The minute that yt-dlp adds to the title of a live stream stands there once.
    assert info["title"] == "index"
    assert re.fullmatch(r"index .{16}\.mp4", result.filepath)


@pytest.mark.slow
def test_a_recording_continues_without_a_gap_wherever_it_is_killed(origin: Origin, start: Start, service: Path) -> None:
    url, info = live(origin, "/live/handed+60/0.5/0/index.m3u8")
    workdir = service / "items" / "item"
    params = {"hls_use_mpegts": True}
    for title in ("One 10:00", "One 10:01", "One 10:02"):  # as if a minute passed between the runs
        running = start(url, info={**info, "title": title}, is_live=True, params=params)
        record_some(running)
        assert running.suspend().stopped
    running = start(url, info=info, is_live=True, params=params)
    record_some(running)
    result = running.stop(PATIENCE_SECONDS)
    assert result.ok
    assert result.filepath is not None
    numbers = sequence_numbers((workdir / "home" / result.filepath).read_bytes())
    assert len(numbers) >= 10
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


@pytest.mark.slow
def test_a_stream_that_vanishes_keeps_what_was_recorded(
    origin: Origin, start: Start, service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YTP_LIVE_PATIENCE", "3")
    forget_settings()
    url, info = live(origin, "/live/vanished+60/0.5/0/index.m3u8")
    running = start(url, info=info, is_live=True)
    record_some(running)
    running.suspend()
    for one in (info, *info["formats"]):  # type: ignore[misc]
        one["url"] = origin.url("/status/404/index.m3u8")
    result = finish(start(url, info=info, is_live=True))
    assert result.ok
    assert result.filepath is not None
    assert seconds_of(service / "items" / "item" / "home" / result.filepath) >= 2


# Playlists


PLAYLIST = """#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:41
#EXT-X-MAP:URI="init.mp4",BYTERANGE="100@0"
#EXT-X-KEY:METHOD=AES-128,URI="key.bin",IV=0x0000000000000000000000000000000A
#EXTINF:3.5,title
a.ts?x=1
#EXT-X-KEY:METHOD=NONE
#EXT-X-GAP
#EXTINF:4,
lost.ts
#EXT-X-BYTERANGE:50@10
#EXTINF:4,
/b.ts
#EXT-X-BYTERANGE:20
#EXTINF:4,
/b.ts
#EXT-X-ENDLIST
"""


def test_a_playlist_is_read() -> None:
    found = parse(PLAYLIST, "http://a.example/live/index.m3u8")
    assert (found.target_seconds, found.ended) == (4.0, True)
    assert [one.sequence for one in found.segments] == [41, 43, 44]
    first, second, third = found.segments
    assert first.url == "http://a.example/live/a.ts?x=1"
    assert first.key == Key("AES-128", "http://a.example/live/key.bin", bytes(15) + b"\x0a")
    assert (first.map_url, first.map_range) == ("http://a.example/live/init.mp4", Range(0, 100))
    assert (second.url, second.key, second.range) == ("http://a.example/b.ts", None, Range(10, 50))
    assert third.range == Range(60, 20)
    assert third.range.header == "bytes=60-79"


def test_a_byte_order_mark_is_no_segment() -> None:
    assert parse(f"\ufeff{PLAYLIST}", "http://a.example/") == parse(PLAYLIST, "http://a.example/")


def test_tags_that_a_recorder_does_not_need_may_be_broken() -> None:
    broken = "#EXT-X-PROGRAM-DATE-TIME:yesterday\n#EXT-X-DATERANGE:ID\n#EXT-X-VERSION:x\n#EXT-X-BITRATE:fast\n"
    head, first = PLAYLIST.split("#EXTINF", 1)
    assert parse(f"{head}{broken}#EXTINF{first}", "http://a.example/") == parse(PLAYLIST, "http://a.example/")


@pytest.mark.parametrize("text", ["", "<html>", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n"])
def test_what_is_no_media_playlist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="media playlist"):
        parse(text, "http://a.example/")
