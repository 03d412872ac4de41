"""Recording a part of a live stream in a worker process: docs/contract/hostapi.md, live."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dlambda.domain.orders.output import VIDEO
from dlambda.media.av import convert
from dlambda.media.live.recorded_segments import read_folder
from dlambda.media.workers.download import Running
from dlambda.media.workers.record import RecordSpec, join_tracks, start_recording
from dlambda.media.ytdlp.resume import write_json
from tests.e2e.playback import decode
from tests.media.conftest import finish, wait_for
from tests.origin import Origin

pytestmark = pytest.mark.slow
Begin = Callable[..., Running]


@pytest.fixture
def begin(origin: Origin, tmp_path: Path) -> Begin:
    """Starts a recording of a stream of one-second segments."""

    def start(name: str, *, start: float = 0.0, duration: float = 3.0) -> Running:
        url = origin.url(f"live/{name}/1/0/index.m3u8")
        spec = RecordSpec("o", url, {"format": "best"}, tmp_path, start, duration, allow_internal=True)
        return start_recording(spec)

    return start


def test_the_past_that_the_stream_still_has_is_there_at_once(begin: Begin, origin: Origin, tmp_path: Path) -> None:
    assert finish(begin("past@5", start=4.0, duration=4.0)).ok
    # It waits for nothing: to wait for segments, it would read the playlist each second for four seconds more.
    assert origin.counts["GET /live/past@5/1/0/index.m3u8"] <= 7
    assert sum(each.seconds for each in read_folder(tmp_path / "segments" / "0")) == pytest.approx(4)


def test_a_killed_recording_goes_on_behind_its_last_segment(begin: Begin, tmp_path: Path) -> None:
    first = begin("killed", duration=6.0)
    wait_for(first, lambda: bool(read_folder(tmp_path / "segments" / "0")))
    first.suspend()
    kept = read_folder(tmp_path / "segments" / "0")
    assert kept
    found = finish(begin("killed", duration=6.0))
    assert (found.ok, found.warnings) == (True, ())
    recorded = read_folder(tmp_path / "segments" / "0")
    assert recorded[: len(kept)] == kept
    assert [each.sequence for each in recorded] == list(range(recorded[0].sequence, recorded[0].sequence + 6))


def test_what_the_site_has_no_more_is_told(begin: Begin, origin: Origin, tmp_path: Path) -> None:
    """The stream's playlist holds six segments."""
    url = origin.url("live/late@8/1/0/index.m3u8")
    write_json(tmp_path / "window.json", {"tracks": [{"url": url, "headers": {}, "first": 0}], "lacking": 0})
    found = finish(begin("late@8", duration=10.0))
    assert found.ok
    assert len(found.warnings) == 1
    assert "missing" in found.warnings[0].text


def test_pictures_and_sound_of_different_playlists_become_one_file(
    begin: Begin, origin: Origin, tmp_path: Path
) -> None:
    url = origin.url("live/tracks@3/1/0/index.m3u8")
    tracks: list[dict[str, object]] = [{"url": url, "headers": {}, "first": None}] * 2
    write_json(tmp_path / "window.json", {"tracks": tracks, "lacking": 0})
    assert finish(begin("tracks@3", start=2.0, duration=4.0)).ok
    sources = [convert.Source.read(path) for path in join_tracks(tmp_path)]
    assert len(sources) == 2
    made = convert.convert(sources, VIDEO["mp4"], tmp_path / "out", seconds=4.0, tick=lambda: None)
    found = decode(made)
    assert found.video_frames == pytest.approx(120, abs=2)
    assert found.audio_seconds == pytest.approx(4, abs=0.1)


def test_what_is_no_stream_is_refused(origin: Origin, tmp_path: Path) -> None:
    spec = RecordSpec("o", origin.url("short.mp4"), {"format": "best"}, tmp_path, 0.0, 3.0, allow_internal=True)
    assert finish(start_recording(spec)).error == "The source is not live."


def test_a_stream_that_cannot_be_read_is_an_error(origin: Origin, tmp_path: Path) -> None:
    spec = RecordSpec(
        "o", origin.url("status/404/index.m3u8"), {"format": "best"}, tmp_path, 0.0, 3.0, allow_internal=True
    )
    found = finish(start_recording(spec))
    assert not found.ok
    assert "404" in (found.error or "")


def test_private_addresses_are_out_of_reach(origin: Origin, tmp_path: Path) -> None:
    spec = RecordSpec("o", origin.url("live/guarded/1/0/index.m3u8"), {"format": "best"}, tmp_path, 0.0, 3.0)
    found = finish(start_recording(spec))
    assert not found.ok
