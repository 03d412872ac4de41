"""Recording a part of a live stream in a worker process: docs/contract/hostapi.md, live."""

import time
from urllib.request import urlopen

import pytest

from dlambda.domain.orders.output import VIDEO
from dlambda.media.av import convert
from dlambda.media.live.recorded_segments import read_folder
from dlambda.media.workers.record import RecordSpec, join_tracks, start_recording
from dlambda.media.ytdlp.resume import write_json
from tests.e2e.playback import decode

pytestmark = pytest.mark.slow


@pytest.fixture
def begin(origin, tmp_path):
    """Starts a recording of a stream of one-second segments, which has run for `age` seconds."""

    def start(name, *, age=0.0, **fields):
        url = origin.url(f"live/{name}/1/0/index.m3u8")
        urlopen(url).read()
        time.sleep(age)
        wanted = {"start": 0.0, "duration": 3.0} | fields
        return start_recording(RecordSpec("o", url, {"format": "best"}, tmp_path, allow_internal=True, **wanted))

    return start


def result(running, seconds=60):
    end = time.monotonic() + seconds
    while running.result is None and time.monotonic() < end:
        running.messages(0.5)
    assert running.result is not None
    return running.result


def test_the_past_that_the_stream_still_has_is_there_at_once(begin, origin, tmp_path):
    assert result(begin("past", age=5, start=4.0, duration=4.0)).ok
    # It waits for nothing: to wait for segments, it would read the playlist each second for four seconds more.
    assert origin.counts["GET /live/past/1/0/index.m3u8"] <= 7
    assert sum(each.seconds for each in read_folder(tmp_path / "segments" / "0")) == pytest.approx(4)


def test_a_killed_recording_goes_on_behind_its_last_segment(begin, tmp_path):
    first = begin("killed", duration=6.0)
    time.sleep(2.5)
    first.suspend()
    kept = read_folder(tmp_path / "segments" / "0")
    assert kept
    found = result(begin("killed", duration=6.0))
    assert (found.ok, found.warnings) == (True, ())
    recorded = read_folder(tmp_path / "segments" / "0")
    assert recorded[: len(kept)] == kept
    assert [each.sequence for each in recorded] == list(range(recorded[0].sequence, recorded[0].sequence + 6))


def test_what_the_site_has_no_more_is_told(begin, origin, tmp_path):
    """The stream's playlist holds six segments."""
    url = origin.url("live/late/1/0/index.m3u8")
    write_json(tmp_path / "window.json", {"tracks": [{"url": url, "headers": {}, "first": 0}], "lacking": 0})
    found = result(begin("late", age=8, duration=10.0))
    assert found.ok
    assert len(found.warnings) == 1
    assert "missing" in found.warnings[0].text


def test_pictures_and_sound_of_different_playlists_become_one_file(begin, origin, tmp_path):
    url = origin.url("live/tracks/1/0/index.m3u8")
    tracks = [{"url": url, "headers": {}, "first": None}] * 2
    write_json(tmp_path / "window.json", {"tracks": tracks, "lacking": 0})
    assert result(begin("tracks", age=3, start=2.0, duration=4.0)).ok
    sources = [convert.Source.read(path) for path in join_tracks(tmp_path)]
    assert len(sources) == 2
    made = convert.convert(sources, VIDEO["mp4"], tmp_path / "out", seconds=4.0, tick=lambda: None)
    found = decode(made)
    assert (found.video_frames, found.audio_seconds) == (pytest.approx(120, abs=2), pytest.approx(4, abs=0.1))


def test_what_is_no_stream_is_refused(origin, tmp_path):
    spec = RecordSpec("o", origin.url("short.mp4"), {"format": "best"}, tmp_path, 0.0, 3.0, allow_internal=True)
    assert result(start_recording(spec)).error == "The source is not live."


def test_a_stream_that_cannot_be_read_is_an_error(origin, tmp_path):
    spec = RecordSpec(
        "o", origin.url("status/404/index.m3u8"), {"format": "best"}, tmp_path, 0.0, 3.0, allow_internal=True
    )
    found = result(start_recording(spec))
    assert not found.ok
    assert "404" in (found.error or "")


def test_private_addresses_are_out_of_reach(origin, tmp_path):
    spec = RecordSpec("o", origin.url("live/guarded/1/0/index.m3u8"), {"format": "best"}, tmp_path, 0.0, 3.0)
    found = result(start_recording(spec))
    assert not found.ok
