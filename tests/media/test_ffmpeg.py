"""What a media file holds."""

from pathlib import Path

import pytest

from dlambda.errors import OperationFailed
from dlambda.media.ffmpeg import describe, find_tool, probe, summary
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


def test_what_is_no_media_is_an_error_and_counts_as_both(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_text("no media")
    with pytest.raises(OperationFailed):
        probe(str(tmp_path / "x.mp4"))
    assert describe(str(tmp_path / "x.mp4")) == {"is_video": True, "is_audio": True}
    assert describe(str(tmp_path / "missing.mp4")) == {"is_video": True, "is_audio": True}


def test_a_picture_in_a_sound_file_is_no_video() -> None:
    streams = [{"codec_type": "audio"}, {"codec_type": "video", "disposition": {"attached_pic": 1}}]
    assert summary({"streams": streams, "format": {"duration": "61.9"}}) == {
        "is_video": False, "is_audio": True, "duration": 61,
    }  # fmt: skip


def test_tools_are_found_in_the_tools_folder(tools: Path) -> None:
    assert find_tool("ffmpeg") == str(tools / "ffmpeg")
    assert find_tool("no-such-tool") is None
