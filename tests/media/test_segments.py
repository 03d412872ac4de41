"""Segments of every kind of source, with real ffmpeg: they join, they add up, each starts where its playlist says."""

import shutil
import subprocess
from array import array
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import pytest

from dlambda.domain.files.segment import Conversion, Segment, conversion_of, fixed_grid, key_frame_grid
from dlambda.errors import Invalid, NotFound, OperationFailed
from dlambda.media.av.ffmpeg import probe
from dlambda.media.av.pieces.key_frames import key_frames
from dlambda.media.av.pieces.segments import write_segment
from dlambda.media.av.pieces.source import open_source
from dlambda.media.av.pieces.timeline import read_timeline
from dlambda.media.av.pieces.transcode import VideoEncoder, candidates, video_arguments
from tests.media.range_server import serve
from tests.media.samples import FFMPEG, NAMES, RATE, SECONDS, make, make_changing_sound, make_turned

COPIED = ("h264-aac.mp4", "faststart.mp4", "fragments.mp4", "h264-mp3.mkv", "h264-aac.ts", "silent.mp4", "aac.m4a")


@pytest.fixture(scope="session")
def samples(tmp_path_factory):
    return tmp_path_factory.mktemp("samples")


@pytest.fixture(scope="session")
def encoder():
    return VideoEncoder(FFMPEG)


def plan(location):
    """What a playlist of this file would hold."""
    with open_source(location) as source:
        streams = [
            {
                "codec_type": stream.type,
                "codec_name": stream.codec_context.codec.canonical_name,
                "pix_fmt": getattr(stream, "pix_fmt", None),
            }
            for stream in source.container.streams
        ]
        conversion = conversion_of(streams)
        times = None if conversion.video else key_frames(source)
        grid = key_frame_grid(times, source.duration) if times else None
        return conversion, grid or fixed_grid(source.duration), source.duration


def cut_all(location, folder, encoder):
    conversion, grid, duration = plan(location)
    paths = []
    for segment in grid:
        paths.append(folder / f"{segment.index:03}.ts")
        # As the route makes it: a request does not say which is the last.
        asked = Segment(segment.index, round(segment.start, 6), round(segment.length, 6))
        write_segment(location, asked, conversion, paths[-1], encoder)
    return paths, grid, duration


@pytest.fixture(scope="module")
def cut(samples, encoder, tmp_path_factory):
    """`cut(name)`: all segments of a sample, made once; with the playlist's grid and the film's duration."""

    @cache
    def make_all(name):
        return cut_all(str(make(name, samples)), tmp_path_factory.mktemp("segments"), encoder)

    return make_all


def times_of(path: Path) -> dict[str, tuple[float, int]]:
    """First time, and number, of each kind of packets in a segment."""
    found = {}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.pts is not None:
                found.setdefault(packet.stream.type, []).append(float(packet.pts * packet.time_base))
    return {kind: (min(times), len(times)) for kind, times in found.items()}


@pytest.mark.parametrize("name", NAMES)
def test_segments_join_and_add_up(name, cut, tmp_path):
    paths, grid, duration = cut(name)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(path.read_bytes() for path in paths))
    check = subprocess.run(
        [FFMPEG, "-v", "warning", "-xerror", "-i", joined, "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (check.returncode, check.stderr) == (0, "")
    assert sum(segment.length for segment in grid) == pytest.approx(duration, abs=0.001)
    with open_source(str(joined)) as source:
        assert source.duration == pytest.approx(duration, abs=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_each_segment_starts_where_its_playlist_says(name, cut):
    paths, grid, _ = cut(name)
    for path, segment in zip(paths, grid, strict=True):
        # Fragmented files begin with their first frame two frames late.
        slack = 0.1 if segment.start == 0 else 0.03
        for first, _count in times_of(path).values():
            assert first == pytest.approx(segment.start, abs=slack)


SOUND_ALONE = ("aac.m4a", "mp3.mp3", "opus.opus")
SOUND_FIRST = ("fragments.mp4", "h264-aac.ts")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SOUND_ALONE + SOUND_FIRST])
def test_players_find_the_first_picture_at_the_beginning(name, cut):
    paths, _, _ = cut(name)
    with av.open(str(paths[0])) as container:
        packets = [packet for packet in container.demux() if packet.dts is not None]
        first = min(packet.dts * packet.time_base for packet in packets)
        picture = min(packet.pts * packet.time_base for packet in packets if packet.stream.type == "video")
    assert (float(first), float(picture)) == pytest.approx((0, 0), abs=0.001)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SOUND_ALONE])
def test_no_frame_is_lost_or_doubled(name, cut):
    paths, _, _ = cut(name)
    assert sum(times_of(path)["video"][1] for path in paths) == SECONDS * RATE


@pytest.mark.parametrize("name", ["h264-opus.mkv", "hevc-flac.mkv", "opus.opus"])
def test_encoded_sound_has_no_gap(name, cut):
    paths, _, _ = cut(name)
    times = []
    for path in paths:
        with av.open(str(path)) as container:
            times += [float(p.pts * p.time_base) for p in container.demux(audio=0) if p.pts is not None]
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert steps == pytest.approx([1024 / 48_000] * len(steps), abs=0.0001)


@pytest.mark.parametrize("name", ["far-key.ts", "far-key.mpg", "far-key.flv"])
def test_no_picture_is_lost_where_the_key_frame_lies_far_before(name, samples, tmp_path, encoder):
    path = str(make(name, samples))
    for index, pictures in enumerate((6 * RATE, 6 * RATE, SECONDS * RATE - 12 * RATE)):
        target = tmp_path / f"{index}.ts"
        write_segment(path, Segment(index, index * 6.0, 6.0), Conversion(video=True), target, encoder)
        assert times_of(target)["video"] == (pytest.approx(index * 6, abs=0.05), pictures)


def loudness(path):
    """Of each tenth of a second of a segment's sound: its mean amplitude, and when it begins."""
    found = {}
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            tenth = int(frame.time * 10)
            samples = array("f", bytes(frame.planes[0]))
            found.setdefault(tenth, []).append(sum(map(abs, samples)) / len(samples))
    return {tenth / 10: sum(values) / len(values) for tenth, values in found.items()}


def assert_sounds(path, start, end):
    """From start to end there is a tone without a pause."""
    heard = loudness(path)
    wanted = [tenth / 10 for tenth in range(round(start * 10) + 1, round(end * 10) - 1)]
    assert [time for time in wanted if heard.get(time, 0) < 0.01] == []


@pytest.mark.parametrize("name", ["late-picture.webm", "late-picture.mkv"])
def test_sound_is_there_before_the_first_picture(name, samples, tmp_path, encoder):
    path = str(make(name, samples))
    conversion = Conversion(video=True, audio=name.endswith("webm"))
    for index in range(2):
        target = tmp_path / f"{index}.ts"
        write_segment(path, Segment(index, index * 6.0, 6.0), conversion, target, encoder)
        assert_sounds(target, index * 6, index * 6 + 6)


def test_sound_whose_frames_are_not_as_described_is_converted(samples, tmp_path, encoder):
    target = tmp_path / "0.ts"
    write_segment(str(make("mp2.ts", samples)), Segment(0, 0.0, 2.0), Conversion(True, True), target, encoder)
    assert_sounds(target, 0, 2)


def test_sound_may_change_its_channels(samples, tmp_path, encoder):
    target = tmp_path / "0.ts"
    write_segment(str(make_changing_sound(samples)), Segment(0, 0.0, 6.0), Conversion(audio=True), target, encoder)
    assert_sounds(target, 0, 6)


def test_eight_channels_are_converted_so_that_they_can_be_decoded(samples, tmp_path, encoder):
    path = str(make("7.1.mp4", samples))
    timeline = read_timeline(path)
    assert timeline.conversion == Conversion(audio=True)
    write_segment(path, timeline.segments[0], timeline.conversion, tmp_path / "0.ts", encoder)
    assert_sounds(tmp_path / "0.ts", 0, timeline.segments[0].end)


@pytest.mark.parametrize(
    ("how", "size"), [(("-display_rotation", "90"), (180, 320)), (("-display_vflip",), (320, 180))]
)
def test_what_players_must_turn_is_turned(how, size, samples, tmp_path, encoder):
    path = str(make_turned(samples, f"{how[0]}.mp4", *how))
    timeline = read_timeline(path)
    assert timeline.conversion == Conversion(video=True)
    assert timeline.starts is None
    write_segment(path, Segment(0, 0.0, 1.0), timeline.conversion, tmp_path / "0.ts", encoder)
    with av.open(str(tmp_path / "0.ts")) as container:
        picture = next(container.decode(video=0))
    assert (picture.width, picture.height, picture.rotation) == (*size, 0)


def test_a_film_that_begins_late_is_as_long_as_its_content(samples, tmp_path, encoder):
    path = str(make("begins-late.mkv", samples))
    timeline = read_timeline(path)
    assert timeline.duration == pytest.approx(SECONDS, abs=0.1)
    assert [segment.length for segment in timeline.segments] == pytest.approx([4.8, 4.8, 3.4], abs=0.1)
    with pytest.raises(NotFound):
        write_segment(path, Segment(3, 14.4, 3.0), Conversion(), tmp_path / "3.ts", encoder)


@pytest.mark.parametrize("name", ["sound.wav", "sound.aac"])
def test_a_file_without_time_stamps_begins_at_zero(name, samples, tmp_path, encoder):
    path = str(make(name, samples))
    timeline = read_timeline(path)
    assert timeline.duration == pytest.approx(SECONDS, abs=0.3)
    write_segment(path, timeline.segments[1], timeline.conversion, tmp_path / "1.ts", encoder)
    assert_sounds(tmp_path / "1.ts", 6, 12)


@pytest.mark.parametrize(("name", "index"), [("sound-goes-on.webm", 1), ("slides.webm", 2)])
def test_the_sound_goes_on_where_there_are_no_pictures(name, index, samples, tmp_path, encoder):
    path = str(make(name, samples))
    target = tmp_path / "segment.ts"
    length = min(6.0, SECONDS - index * 6.0)
    write_segment(path, Segment(index, index * 6.0, length), Conversion(video=True, audio=True), target, encoder)
    found = times_of(target)
    assert set(found) == {"audio"}
    assert found["audio"] == (pytest.approx(index * 6, abs=0.03), pytest.approx(length * 48_000 / 1024, abs=2))


@pytest.mark.parametrize("name", COPIED)
def test_what_browsers_play_is_copied(name, samples):
    conversion, grid, _ = plan(str(make(name, samples)))
    assert conversion == Conversion()
    if name != "aac.m4a":
        assert [segment.length for segment in grid] == pytest.approx([4.8, 4.8, 3.4], abs=0.1)


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("h264-opus.mkv", False, True),
        ("h264-10bit.mkv", True, False),
        ("hevc-flac.mkv", True, True),
        ("vp9-opus.webm", True, True),
        ("opus.opus", False, True),
    ],
)
def test_the_rest_is_converted(name, video, audio, samples):
    assert plan(str(make(name, samples)))[0] == Conversion(video=video, audio=audio)


def test_a_copy_that_starts_between_key_frames_is_converted_after_all(samples, tmp_path, encoder):
    target = tmp_path / "1.ts"
    write_segment(str(make("h264-aac.mp4", samples)), Segment(1, 6.0, 6.0), Conversion(), target, encoder)
    found = times_of(target)
    assert found["video"] == (pytest.approx(6.0, abs=0.001), 6 * RATE)
    assert found["audio"][0] == pytest.approx(6.0, abs=0.03)


def test_a_segment_is_read_by_ranges(samples, tmp_path, encoder):
    path = make("faststart.mp4", samples)
    with serve(path.parent) as server:
        url = f"{server.url}/{path.name}?signed=1"
        with open_source(url) as source:
            assert key_frames(source) == pytest.approx([2.4 * count for count in range(6)])
        write_segment(url, Segment(1, 4.8, 8.2), Conversion(), tmp_path / "1.ts", encoder)
        write_segment(url, Segment(1, 6.0, 6.0), Conversion(video=True), tmp_path / "2.ts", encoder)
    assert any(asked.startswith("bytes=") for asked in server.ranges)
    assert times_of(tmp_path / "1.ts")["video"][1] == 205
    assert times_of(tmp_path / "2.ts")["video"][1] == 150


@pytest.mark.parametrize("name", ["vp9-opus.webm", "begins-late.mkv", "far-key.ts"])
def test_the_ends_of_a_film_are_read_by_ranges(name, samples, tmp_path, encoder):
    path = make(name, samples)
    with serve(path.parent) as server:
        url = f"{server.url}/{path.name}"
        assert read_timeline(url).duration == pytest.approx(SECONDS, abs=0.1)
        for start in (0.0, 12.5):  # behind the last key frame
            target = tmp_path / "0.ts"
            write_segment(url, Segment(0, start, 0.5), Conversion(video=True, audio=True), target, encoder)
            firsts = [first for first, _ in times_of(target).values()]
            assert firsts == pytest.approx([start, start], abs=0.05)


def test_a_copy_of_mpeg_ts_is_read_by_ranges(samples, tmp_path, encoder):
    path = make("h264-aac.ts", samples)
    with serve(path.parent) as server:
        write_segment(f"{server.url}/{path.name}", Segment(0, 0.0, 4.8), Conversion(), tmp_path / "0.ts", encoder)
    assert times_of(tmp_path / "0.ts")["video"] == (pytest.approx(0, abs=0.05), pytest.approx(120, abs=1))
    assert_sounds(tmp_path / "0.ts", 0, 4.7)


@pytest.mark.parametrize(
    "name", ["a:b.mp4", "-i.mp4", "concat:x|y.mp4", "%d #1?.mp4", "🎬 'q\".mp4", "x" * 240 + ".mp4"]
)
@pytest.mark.parametrize("converted", [False, True])
def test_any_name_is_only_a_name(name, converted, samples, tmp_path, encoder):
    path = tmp_path / name
    shutil.copy(make("h264-aac.mp4", samples), path)
    write_segment(str(path), Segment(0, 0.0, 2.4), Conversion(video=converted), tmp_path / "0.ts", encoder)
    assert times_of(tmp_path / "0.ts")["video"][1] == 60


def test_beyond_the_end_is_not_found(samples, tmp_path, encoder):
    with pytest.raises(NotFound):
        write_segment(
            str(make("h264-aac.mp4", samples)), Segment(9, 54.0, 6.0), Conversion(), tmp_path / "9.ts", encoder
        )


def test_a_missing_file_is_not_found(tmp_path, encoder):
    with pytest.raises(NotFound):
        write_segment(str(tmp_path / "none.mp4"), Segment(0, 0.0, 6.0), Conversion(), tmp_path / "0.ts", encoder)


def test_a_playlist_that_poses_as_a_video_opens_nothing(samples, tmp_path):
    trap = tmp_path / "trap.mp4"
    trap.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{make('h264-aac.ts', samples)}\n#EXT-X-ENDLIST\n")
    with pytest.raises(Invalid), open_source(str(trap)):
        pass
    concat = tmp_path / "concat.mp4"
    concat.write_text(f"ffconcat version 1.0\nfile {make('h264-aac.mp4', samples)}\n")
    with pytest.raises(Invalid), open_source(str(concat)):
        pass


@pytest.mark.parametrize(("index", "length", "start"), [(0, "6.000000", "0.000000"), (2, "5.500000", "11.000000")])
def test_the_encoder_is_told_start_and_length_before_the_input(index, length, start):
    arguments = video_arguments("a.mp4", Segment(index, float(start), float(length)), "libx264")
    assert arguments[arguments.index("-ss") + 1] == start
    assert arguments[arguments.index("-t") + 1] == length
    assert arguments.index("-ss") < arguments.index("-t") < arguments.index("-i")
    assert arguments[arguments.index("-g") + 1] == "52"
    assert arguments[arguments.index("-pix_fmt") + 1] == "yuv420p"


@pytest.mark.parametrize(
    ("setting", "available", "order"),
    [
        ("libx264", [], ["libx264"]),
        ("auto", [], ["libx264"]),
        ("", ["h264_nvenc"], ["h264_nvenc", "libx264"]),
        ("auto", ["h264_vaapi", "h264_qsv"], ["h264_qsv", "h264_vaapi", "libx264"]),
        ("h264_amf", [], ["h264_amf", "libx264"]),
    ],
)
def test_which_encoders_are_tried(setting, available, order):
    assert candidates(setting, available) == order


def test_a_missing_encoder_is_replaced_and_remembered(samples, tmp_path):
    encoder = VideoEncoder(FFMPEG, "h264_vaapi", "/dev/nonexistent")
    write_segment(
        str(make("silent.mp4", samples)), Segment(0, 0.0, 1.0), Conversion(video=True), tmp_path / "0.ts", encoder
    )
    assert encoder.order == ["libx264"]
    assert times_of(tmp_path / "0.ts")["video"][1] == RATE


def test_a_probe_follows_no_playlist(samples, tmp_path):
    trap = tmp_path / "trap.mp4"
    trap.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{make('h264-aac.ts', samples)}\n#EXT-X-ENDLIST\n")
    with pytest.raises(OperationFailed):
        probe(str(trap))
