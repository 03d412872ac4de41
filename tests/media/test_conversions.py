"""`--recode-video` where an invocation may end before a conversion does: in spans, with the result of a whole one."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from yt_dlp import YoutubeDL

from dlambda.media.workers.child import postprocessing
from dlambda.media.workers.child.converting import SpannedVideoConvertorPP
from tests.media.samples import encode

_SECONDS = 64
_KILLS = 4
# With pictures that refer to some behind a key frame's, and a rate that no round number of microseconds fits.
_VIDEO = ["-c:v", "libx264", "-preset", "ultrafast", "-x264-params", "open-gop=1:keyint=17:bframes=3:b-pyramid=1"]


class Keeper(YoutubeDL):  # type: ignore[misc]
    """A session that keeps parts; `most`: the worker is killed when it has made so many."""

    def __init__(self, tools: Path, most: int, parts: dict[Path, str]) -> None:
        super().__init__({"quiet": True, "ffmpeg_location": str(tools)}, auto_init=False)
        self.keeps_parts = True
        self.parts = parts
        self.made = 0
        self._most = most

    def note_part(self, path: Path, kind: str) -> None:
        self.parts[path] = kind
        self.made += 1
        if self.made >= self._most:
            raise KeyboardInterrupt

    def has_part(self, path: Path, kind: str) -> bool:
        return self.parts.get(path) == kind


def packets(path: Path, stream: str, tools: Path) -> list[float]:
    """When its packets are shown, in order."""
    command = [
        str(tools / "ffprobe"), "-v", "error", "-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0", str(path)
    ]  # fmt: skip
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted(float(line.rstrip(",")) for line in text.split())


def convert(session: Any, source: Path, extension: str) -> Path:
    converter = SpannedVideoConvertorPP(session, extension)
    _, info = converter.run({"filepath": str(source), "ext": source.suffix.removeprefix(".")})
    return Path(info["filepath"])


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with two sounds, of which one begins a fifth of a second after its pictures."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    sounds = [["-f", "lavfi", "-i", f"sine=f={tone}:r=44100:d={_SECONDS}"] for tone in (300, 500)]
    encode(
        ["-f", "lavfi", "-i", f"testsrc2=s=96x64:r=10000/1001:d={_SECONDS}", "-itsoffset", "0.2", *sounds[0], *sounds[1],
         "-map", "0", "-map", "1", "-map", "2", *_VIDEO, "-c:a", "aac", "-metadata", "title=A film",
         "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fra"],
        path,
    )  # fmt: skip
    return path


@pytest.mark.parametrize("extension", ["mp4", pytest.param("webm", marks=pytest.mark.nightly)])
def test_a_conversion_that_is_killed_again_and_again_is_that_of_one_go(
    extension: str, film: Path, tools: Path, tmp_path: Path
) -> None:
    if not (tools / "ffprobe").exists():
        pytest.skip("what has no ffprobe converts as one")
    postprocessing.install()
    source = tmp_path / "film.mkv"
    source.symlink_to(film)
    whole_source = tmp_path / "whole.mkv"
    whole_source.symlink_to(film)
    parts: dict[Path, str] = {}
    for _ in range(_KILLS):
        with pytest.raises(KeyboardInterrupt):
            convert(Keeper(tools, 1, parts), source, extension)
    last = Keeper(tools, 99, parts)
    result = convert(last, source, extension)
    assert last.made > 0
    assert len(parts) == _KILLS + last.made
    assert not list(tmp_path.glob("spans-*"))

    unkept = Keeper(tools, 99, {})
    unkept.keeps_parts = False
    whole = convert(unkept, whole_source, extension)
    for stream in ("v:0", "a:0", "a:1"):
        assert packets(result, stream, tools) == pytest.approx(packets(whole, stream, tools), abs=0.0011)
    described = SpannedVideoConvertorPP(last).get_metadata_object(str(result))
    assert described["format"]["tags"]["title"] == "A film"
    assert [stream["tags"]["language"] for stream in described["streams"][1:]] == ["eng", "fra"]
