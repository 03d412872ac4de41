"""Pictures whose width or height is odd: H.264 with 4:2:0 has even sizes only. docs/contract/files.md 4, hostapi.md."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlambda.domain.files.segment import Conversion, Segment
from dlambda.domain.orders.output import VIDEO
from dlambda.errors import OperationFailed
from dlambda.media.av.convert import Source, convert
from dlambda.media.av.last_words import last_words
from dlambda.media.av.pieces.probing import probe
from dlambda.media.av.pieces.segments import write_segment
from dlambda.media.av.pieces.timeline import read_timeline
from dlambda.media.av.pieces.transcode import HARDWARE, SOFTWARE, VideoEncoder, video_arguments
from tests.media.samples import FFMPEG, encode

_VP8 = ("-c:v", "libvpx", "-deadline", "realtime")
_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast")
# Name, size, and how it is made; the size of its pieces.
FILMS = {
    "wide.webm": ("321x180", _VP8, (322, 180)),
    "high.webm": ("320x181", _VP9, (320, 182)),
    "both.mkv": ("321x181", ("-c:v", "ffv1", "-pix_fmt", "yuv420p"), (322, 182)),
    "even.webm": ("320x180", _VP8, (320, 180)),
    "dot.mkv": ("1x1", ("-c:v", "ffv1"), (2, 2)),
    "line.mkv": ("65x1", ("-c:v", "ffv1"), (66, 2)),
    "ten-bit.webm": ("321x181", (*_VP9, "-pix_fmt", "yuv420p10le"), (322, 182)),
    "422.mp4": ("320x181", (*_H264, "-pix_fmt", "yuv422p"), (320, 182)),
    "444.mp4": ("321x181", (*_H264, "-pix_fmt", "yuv444p"), (322, 182)),
    "anamorphic.mkv": ("321x181", ("-vf", "setsar=4/3", "-c:v", "ffv1"), (322, 182)),
    "interlaced.mkv": ("321x182", ("-vf", "setfield=tff", "-c:v", "ffv1"), (322, 182)),
    "uneven-rate.mkv": ("321x181", ("-vf", "select='mod(n,3)'", "-fps_mode", "vfr", "-c:v", "ffv1"), (322, 182)),
}
TURNED = ("turned.mp4", "322x181", (182, 322))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("odd")

    def make(name: str) -> Path:
        path = folder / name
        size, how, _ = FILMS[name]
        if not path.exists():
            picture = ("-f", "lavfi", "-i", f"testsrc=size={size}:rate=10:d=1")
            encode((*picture, *how), path)
        return path

    return make


def size_of(path: Path) -> tuple[int, int]:
    (video,) = [stream for stream in probe(str(path))["streams"] if stream["codec_type"] == "video"]
    return video["width"], video["height"]


@pytest.mark.parametrize("name", FILMS)
def test_pieces_have_even_sizes(name: str, film: Callable[[str], Path], tmp_path: Path) -> None:
    path = film(name)
    timeline = read_timeline(str(path))
    assert timeline.convert_video
    piece = tmp_path / "0.ts"
    write_segment(str(path), Segment(0, 0.0, 1.0), timeline.conversion, piece, VideoEncoder(FFMPEG))
    assert size_of(piece) == FILMS[name][2]


def test_a_turned_picture_is_made_even_as_it_is_shown(film: Callable[[str], Path], tmp_path: Path) -> None:
    path = tmp_path / TURNED[0]
    how = ["-display_rotation", "90", "-i", str(film("422.mp4")), "-c", "copy", str(path)]
    subprocess.run([FFMPEG, "-loglevel", "error", *how], check=True)
    piece = tmp_path / "0.ts"
    write_segment(str(path), Segment(0, 0.0, 1.0), Conversion(video=True), piece, VideoEncoder(FFMPEG))
    assert size_of(piece) == (182, 320)


@pytest.mark.parametrize("codec", [SOFTWARE, *HARDWARE])
def test_every_encoder_gets_even_sizes(codec: Any) -> None:
    arguments = video_arguments("/tmp/a.mp4", Segment(0, 0.0, 6.0), codec)
    filters = arguments[arguments.index("-vf") + 1].split(",")
    assert filters[0] == "pad=ceil(iw/2)*2:ceil(ih/2)*2"
    assert arguments.count("-vf") == 1


@pytest.mark.parametrize("name", VIDEO)
def test_every_format_takes_an_odd_size(name: Any, film: Callable[[str], Path], tmp_path: Path) -> None:
    path = convert([Source.read(film("both.mkv"))], VIDEO[name], tmp_path / "video", tick=lambda: None)
    width, height = size_of(path)
    assert (width in (321, 322), height in (181, 182)) == (True, True)


def test_what_ffmpeg_said_goes_along_without_the_place(film: Callable[[str], Path], tmp_path: Path) -> None:
    encoder = VideoEncoder(FFMPEG, "no_such_encoder")
    encoder.order = ["no_such_encoder"]
    path = film("wide.webm").rename(tmp_path / "a secret place.webm")
    with pytest.raises(OperationFailed, match="The segment could not be converted") as failed:
        write_segment(str(path), Segment(0, 0.0, 1.0), Conversion(video=True), tmp_path / "0.ts", encoder)
    (note,) = failed.value.__notes__
    assert "no_such_encoder" in note
    assert "secret" not in note
    assert str(tmp_path) not in note


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "no reason was given"),
        (b"one\n\n two \n", "one | two"),
        (b"Error opening input file http://127.0.0.1:9/b/f.mp4?X-Amz-Signature=ab.\nfailed", "Error opening input file … | failed"),
        (b"file:/tmp/x.mp4: Invalid data\n[a/b @ 0x1] 1/2 (3x4)", "… Invalid data | [a/b @ 0x1] 1/2 (3x4)"),
    ],
)  # fmt: skip
def test_last_words_name_no_place(said: bytes, told: str) -> None:
    assert last_words(said) == told
