"""Two formats as one MP4 file, made of ranges of theirs: what ffmpeg makes of them, packet by packet."""

import json
import random
import subprocess
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dlambda.media.machine.tools import find_tool
from dlambda.media.mp4.boxes import NotUnderstood, get, words
from dlambda.media.mp4.heads import Heads
from dlambda.media.mp4.merge import Merge, Run
from dlambda.media.mp4.track import read_track
from tests.media.samples import FFMPEG, encode

PICTURES = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=3")
SOUND = ("-f", "lavfi", "-i", "sine=440:sample_rate=44100:d=3.3")
H264 = ("-c:v", "libx264", "-preset", "fast", "-g", "25", "-bf", "3")
SOURCES: dict[str, tuple[str, ...]] = {
    "h264.mp4": (*PICTURES, *H264),
    "tagged.mp4": (*PICTURES, *H264, "-metadata", "title=A film", "-metadata:s:v", "language=ger", "-movflags", "+faststart"),
    "hevc.mp4": (*PICTURES, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-tag:v", "hvc1"),
    "vp9.mp4": (*PICTURES, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
    "aac.m4a": (*SOUND, "-c:a", "aac", "-metadata:s:a", "language=fra"),
    "opus.mp4": (*SOUND, "-c:a", "libopus"),
    "flac.mp4": (*SOUND, "-c:a", "flac", "-strict", "-2"),
    "av1.mp4": (*PICTURES, "-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime"),
    "both.mp4": (*PICTURES, *SOUND, *H264, "-c:a", "aac"),
    "encrypted.mp4": (*PICTURES, *H264, "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "00" * 16, "-encryption_kid", "11" * 16),
}  # fmt: skip
COPIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "turned.mp4": ("h264.mp4", ()),
    "fragments.mp4": ("h264.mp4", ("-movflags", "frag_keyframe+empty_moov+default_base_moof")),
    "cmaf.mp4": ("h264.mp4", ("-movflags", "cmaf")),
    "before-zero.mp4": ("h264.mp4", ("-movflags", "negative_cts_offsets")),
    "before-zero-fragments.mp4": ("h264.mp4", ("-movflags", "frag_keyframe+delay_moov+negative_cts_offsets")),
    "vp9-cmaf.mp4": ("vp9.mp4", ("-movflags", "cmaf")),
    "aac-cmaf.mp4": ("aac.m4a", ("-movflags", "cmaf")),
    "aac-primed.mp4": ("aac.m4a", ("-movflags", "frag_keyframe+delay_moov", "-frag_duration", "500000")),
    "opus-cmaf.mp4": ("opus.mp4", ("-movflags", "cmaf")),
}
_BEFORE = {"turned.mp4": ("-display_rotation", "90")}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    for name, recipe in SOURCES.items():
        encode(recipe, folder / name)
    for name, (source, options) in COPIES.items():
        encode((*_BEFORE.get(name, ()), "-i", str(folder / source), "-c", "copy", *options), folder / name)
    return folder


def merge(paths: Sequence[Path]) -> tuple[Merge, bytes]:
    """The merge of the files, and the file that its pieces make."""
    contents = [path.read_bytes() for path in paths]
    tracks = []
    for content in contents:
        heads = Heads()
        for _ in heads.collect(lambda start, end, content=content: content[start:end], len(content)):  # type: ignore[misc]
            pass
        tracks.append(read_track(heads.entries))
    merged = Merge.of(tracks, [len(content) for content in contents])
    pieces = (
        piece if isinstance(piece, bytes) else contents[piece.track][piece.position : piece.position + piece.size_bytes]
        for piece in merged.pieces(0, merged.size_bytes)
    )
    return merged, b"".join(pieces)


def probe(path: Path) -> dict[str, Any]:
    """Streams, packets with the sums of their bytes, and the file's own fields."""
    shows = ["-show_streams", "-show_format", "-show_packets", "-show_data_hash", "md5"]
    command = [find_tool("ffprobe") or "ffprobe", "-v", "error", *shows, "-of", "json", str(path)]
    description: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    for packet in description["packets"]:
        del packet["pos"]
    packets = sorted(description["packets"], key=lambda packet: int(packet["stream_index"]))
    description["format"] = {
        name: description["format"][name] for name in ("nb_streams", "duration", "start_time", "tags")
    }
    description["format"]["tags"].pop("encoder", None)
    return {**description, "packets": packets}


@pytest.mark.parametrize(
    ("picture", "sound"),
    [
        *((name, "aac.m4a") for name in SOURCES if name.split(".")[0] in ("h264", "tagged", "hevc", "vp9", "av1")),
        *((name, "aac-cmaf.mp4") for name in COPIES if not name.startswith(("aac", "opus"))),
        *(("cmaf.mp4", name) for name in ("opus.mp4", "flac.mp4", "aac-primed.mp4", "opus-cmaf.mp4")),
    ],
)
def test_it_is_what_ffmpeg_makes(films: Path, tmp_path: Path, picture: str, sound: str) -> None:
    (tmp_path / "ours.mp4").write_bytes(merge([films / picture, films / sound])[1])
    inputs = ["-i", str(films / picture), "-i", str(films / sound)]
    encode(
        [*inputs, "-c", "copy", "-map", "0:v:0", "-map", "1:a:0", "-movflags", "+faststart"], tmp_path / "ffmpeg.mp4"
    )
    assert probe(tmp_path / "ours.mp4") == probe(tmp_path / "ffmpeg.mp4")
    decoding = [FFMPEG, "-v", "warning", "-i", str(tmp_path / "ours.mp4"), "-f", "null", "-"]
    assert subprocess.run(decoding, check=True, capture_output=True).stderr == b""


def test_each_part_can_be_made_by_itself(films: Path) -> None:
    paths = [films / "cmaf.mp4", films / "aac-cmaf.mp4"]
    merged, content = merge(paths)
    contents = [path.read_bytes() for path in paths]
    for part_bytes in (1, 1000, 4096, 10**6):
        start = random.Random(part_bytes).randrange(merged.size_bytes)
        part = b"".join(
            contents[piece.track][piece.position :][: piece.size_bytes] if isinstance(piece, Run) else piece
            for piece in merged.pieces(start, start + part_bytes)
        )
        assert part == content[start : start + part_bytes]
    assert [*merged.pieces(merged.size_bytes, merged.size_bytes + 1)] == []


def test_positions_behind_four_gigabytes_have_tables_of_their_own(films: Path) -> None:
    heads = Heads()
    content = (films / "cmaf.mp4").read_bytes()
    for _ in heads.collect(lambda start, end: content[start:end], len(content)):
        pass
    track = read_track(heads.entries)
    count, size = len(track.samples), 2**27
    track.samples.sizes = array("I", [size]) * count
    track.samples.positions = array("Q", range(0, count * size, size))
    merged = Merge.of([track], [count * size])
    chunks = get(merged.head[:-16], b"moov", b"trak", b"mdia", b"minf", b"stbl", b"co64")
    [run] = {piece for piece in merged.pieces(words(chunks, 8, code="Q")[-1], merged.size_bytes)}
    assert isinstance(run, Run)
    assert run.position + run.size_bytes == count * size > 2**32
    with pytest.raises(NotUnderstood):
        Merge.of([track], [count * size - 1])


@pytest.mark.parametrize("name", ["both.mp4", "encrypted.mp4"])
def test_what_is_not_understood_is_left_to_ffmpeg(films: Path, name: str) -> None:
    with pytest.raises(NotUnderstood):
        merge([films / name, films / "aac.m4a"])


@pytest.mark.parametrize("name", ["h264.mp4", "cmaf.mp4", "aac-primed.mp4"])
def test_no_damage_does_more_than_that(films: Path, tmp_path: Path, name: str) -> None:
    content = (films / name).read_bytes()
    chance = random.Random(name)
    at = content.index(b"moov")
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(at, min(len(content), at + 2000))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        (tmp_path / "damaged.mp4").write_bytes(damaged[: chance.choice((len(damaged), at + 700))])
        try:
            merge([tmp_path / "damaged.mp4"])
        except NotUnderstood:
            continue


@pytest.mark.parametrize("step", [100, 1000, 10_000])
def test_heads_are_collected_as_their_file_grows(films: Path, step: int) -> None:
    content = (films / "cmaf.mp4").read_bytes()
    whole, pieces, position = Heads(), Heads(), 0
    for _ in whole.collect(lambda start, end: content[start:end], len(content)):
        pass
    for size_bytes in (*range(0, len(content), step), len(content)):
        there = content[:size_bytes]
        piece = Heads(position)
        for _ in piece.collect(lambda start, end, there=there: there[start:end], size_bytes):  # type: ignore[misc]
            pass
        pieces.extend(piece.render(), piece.position)
        position = piece.position
    assert (pieces.entries, pieces.position) == (whole.entries, whole.position)
    assert whole.position == len(content)
    assert {content[4:8] for _, content in whole.entries} == {b"moov", b"moof"}
