"""What a media file holds."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlambda.errors import Invalid, OperationFailed
from dlambda.media.av.ffmpeg import describe, probe, summary
from dlambda.media.av.pieces.cutting import probe_by_library
from dlambda.media.machine.tools import find_tool
from tests.media.samples import FFMPEG
from tests.origin import Origin

pytestmark = pytest.mark.usefixtures("service")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("clip.mp4", {"is_video": True, "is_audio": True, "duration": 10}),
        ("audio.mp3", {"is_video": False, "is_audio": True, "duration": 3}),
        ("vp9.webm", {"is_video": True, "is_audio": True, "duration": 3}),
    ],
)
def test_kinds_and_length(origin: Origin, name: str, expected: dict[str, object]) -> None:
    assert describe(str(origin.media(name))) == expected
    assert summary(probe(origin.url(f"/{name}"))) == expected


def test_the_answer_looks_like_that_of_ffprobe_and_names_no_folder(origin: Origin) -> None:
    found = probe(str(origin.media("clip.mp4")))
    assert found["format"]["filename"] == "clip.mp4"
    assert float(found["format"]["duration"]) == pytest.approx(10, abs=0.1)
    assert {stream["codec_type"] for stream in found["streams"]} == {"video", "audio"}


def test_ffprobe_reads_mpegts_in_an_empty_environment(tmp_path: Path) -> None:
    if (tool := find_tool("ffprobe")) is None:
        pytest.skip("No ffprobe: PyAV is asked.")
    film = tmp_path / "v.ts"
    make = [FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc2=d=1", "-metadata", "service_name=Prüfung", str(film)]
    subprocess.run(make, check=True)
    shown = subprocess.run([tool, "-v", "error", "-show_programs", str(film)], capture_output=True, env={}, check=True)
    assert "service_name=Prüfung" in shown.stdout.decode()


def test_dimensions_of_a_picture_are_right_or_left_out(tmp_path: Path) -> None:
    picture = tmp_path / "v.png"
    make = [FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x36", "-frames:v", "1", str(picture)]
    subprocess.run(make, check=True)
    (stream,) = probe(str(picture))["streams"]
    assert stream["codec_name"] == "png"
    assert (stream.get("width"), stream.get("height")) in {(64, 36), (None, None)}
    assert 0 not in {stream.get("coded_width"), stream.get("coded_height")}


def test_a_media_file_without_media_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_text("no media")
    with pytest.raises(OperationFailed):
        probe(str(tmp_path / "x.mp4"))
    with pytest.raises(Invalid):
        describe(str(tmp_path / "x.mp4"))


def test_another_file_that_cannot_be_probed_counts_as_both(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_text("no media")
    assert describe(str(tmp_path / "x.bin")) == {"is_video": True, "is_audio": True}


def test_a_picture_in_a_sound_file_is_no_video() -> None:
    streams = [{"codec_type": "audio"}, {"codec_type": "video", "disposition": {"attached_pic": 1}}]
    assert summary({"streams": streams, "format": {"duration": "61.9"}}) == {
        "is_video": False, "is_audio": True, "duration": 61,
    }  # fmt: skip


@pytest.mark.parametrize("by", [probe, probe_by_library])
def test_a_cover_is_no_video_whoever_probes(by: Callable[..., Any], tmp_path: Path) -> None:
    picture, sound = ("-f", "lavfi", "-i", "testsrc2=s=64x36:d=1"), ("-f", "lavfi", "-i", "sine=d=1")
    song = tmp_path / "song.mp3"
    cover = ("-map", "0", "-map", "1", "-frames:v", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic")
    subprocess.run([FFMPEG, "-v", "error", *picture, *sound, *cover, str(song)], check=True)
    found = by(str(song))
    assert {stream["codec_name"] for stream in found["streams"]} == {"mp3", "mjpeg"}
    assert summary(found)["is_video"] is False


def test_rates_are_written_alike_whoever_probes(tmp_path: Path) -> None:
    film = str(tmp_path / "film.mp4")
    subprocess.run([FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x36:d=1:r=25", film], check=True)
    ours, theirs = (by(film)["streams"][0] for by in (probe_by_library, probe))
    assert {name: ours[name] for name in ("avg_frame_rate", "time_base", "duration")} == {
        name: theirs[name] for name in ("avg_frame_rate", "time_base", "duration")
    }
    assert ours["avg_frame_rate"] == "25/1"


def test_tools_are_found_in_the_tools_folder(tools: Path) -> None:
    assert find_tool("ffmpeg") == str(tools / "ffmpeg")
    assert find_tool("no-such-tool") is None
