"""Files without a length, and transport streams that were joined: they are cut from a copy. docs/contract/files.md 4."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dlambda.media.av.pieces.copying import copy_with_index
from dlambda.media.av.pieces.segments import write_segment
from dlambda.media.av.pieces.timeline import read_timeline
from dlambda.media.av.pieces.transcode import VideoEncoder
from tests.media.range_server import serve
from tests.media.samples import FFMPEG
from tests.media.test_segments import times_of

SECONDS = 7
RATE = 10
_PICTURE = ("-f", "lavfi", "-i", f"testsrc2=s=64x36:r={RATE}:d={SECONDS}")
_SOUND = ("-f", "lavfi", "-i", f"sine=440:sample_rate=44100:d={SECONDS}")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-pix_fmt", "yuv420p", "-c:a", "aac")
_VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus")
# Written into a pipe, so that nothing at their beginning says how they end.
PIPED = {
    "film.webm": (*_PICTURE, *_SOUND, *_VP8, "-f", "webm", "-live", "1"),
    "film.mkv": (*_PICTURE, *_SOUND, *_H264, "-f", "matroska"),
    "pictures.mkv": (*_PICTURE, *_H264[:-2], "-f", "matroska"),
    "sound.webm": (*_SOUND, "-c:a", "libopus", "-f", "webm", "-live", "1"),
    "film.avi": (*_PICTURE, *_SOUND, "-c:v", "mpeg4", "-c:a", "libmp3lame", "-f", "avi"),
    "sound.flac": (*_SOUND, "-c:a", "flac", "-f", "flac"),
}
# Recordings by the time stamp that each begins at.
JOINED = {
    "again.ts": ("mpegts", (0, 0)),
    "back.ts": ("mpegts", (5000, 0)),
    "ahead.ts": ("mpegts", (0, 5000)),
    "three.ts": ("mpegts", (100, 0, 95440)),
    "again.mpg": ("mpeg", (0, 0)),
}
PLAIN = {"one.ts": ("mpegts", (0,)), "wrapped.ts": ("mpegts", (95440,)), "goes-on.ts": ("mpegts", (0, SECONDS))}


@cache
def made(*how: str) -> bytes:
    return subprocess.run([FFMPEG, "-loglevel", "error", *how, "-"], stdout=subprocess.PIPE, check=True).stdout


@cache
def recorded(container: str, begin: int) -> bytes:
    codecs = _H264 if container == "mpegts" else ("-c:v", "mpeg2video", "-r", "25", "-g", "50", "-c:a", "mp2")
    return made(*_PICTURE, *_SOUND, *codecs, "-output_ts_offset", str(begin), "-f", container)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copies")
    for name, how in PIPED.items():
        (folder / name).write_bytes(made(*how))
    for name, (container, begins) in (JOINED | PLAIN).items():
        (folder / name).write_bytes(b"".join(recorded(container, begin) for begin in begins))
    return folder


@pytest.mark.parametrize("name", [*PIPED, *JOINED])
def test_a_copy_has_a_length_and_plays_to_its_end(name: Any, folder: Path, tmp_path: Path) -> None:
    seconds = SECONDS * len(JOINED[name][1]) if name in JOINED else SECONDS
    with serve(folder) as server:
        url = f"{server.url}/{name}"
        assert read_timeline(url).is_of_copy
        copy_with_index(url, tmp_path / "copy.mkv")
    copy = str(tmp_path / "copy.mkv")
    timeline = read_timeline(copy)
    assert timeline.duration == pytest.approx(seconds, abs=0.3)
    assert not timeline.is_of_copy
    kinds = set()
    for segment in timeline.segments:
        piece = tmp_path / f"{segment.index}.ts"
        write_segment(copy, segment, timeline.conversion, piece, VideoEncoder(FFMPEG))
        for kind, (first, count) in times_of(piece).items():
            kinds.add(kind)
            assert first == pytest.approx(segment.start, abs=0.2)
            assert count >= (20 if kind == "audio" else RATE - 1) * segment.length
    assert kinds == {"sound": {"audio"}, "pictures": {"video"}}.get(name.partition(".")[0], {"audio", "video"})


def test_sound_that_pauses_needs_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "pause.ts"
    picture = ("-f", "lavfi", "-i", "testsrc2=s=64x36:r=5:d=30")
    sound = ("-f", "lavfi", "-i", "sine=d=30", "-af", "aselect='not(between(t,4,24))'")
    path.write_bytes(made(*picture, *sound, *_H264, "-f", "mpegts"))
    assert not read_timeline(str(path)).is_of_copy


@pytest.mark.parametrize("name", PLAIN)
def test_time_stamps_that_ascend_need_no_copy(name: str, folder: Path) -> None:
    timeline = read_timeline(str(folder / name))
    assert timeline.duration == pytest.approx(SECONDS * len(PLAIN[name][1]), abs=0.3)
    assert not timeline.is_of_copy
