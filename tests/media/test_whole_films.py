"""Films played to their end: all segments, through the reader of a playlist, against what the file holds."""

import subprocess
from fractions import Fraction
from itertools import takewhile

import av
import pytest

from dlambda.domain.files.segment import Conversion, Segment
from dlambda.errors import Invalid
from dlambda.media.av.pieces.packets import Horizon, packets_from
from dlambda.media.av.pieces.segments import write_segment
from dlambda.media.av.pieces.source import open_source
from dlambda.media.av.pieces.timeline import read_timeline
from dlambda.media.av.pieces.transcode import VideoEncoder
from tests.media.range_server import serve
from tests.media.samples import FFMPEG, RATE, SECONDS, make, make_damaged

HEAD = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:60\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
AAC_RATE = 48_000 / 1024  # packets a second of sound that is converted


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return tmp_path_factory.mktemp("samples")


@pytest.fixture(scope="module")
def encoder():
    return VideoEncoder(FFMPEG)


def cut(location, folder, encoder):
    """The playlist of all segments, which are made as the route makes them; those that nothing can be read of are not."""
    timeline = read_timeline(location)
    lines, missing = [], []
    for segment in timeline.segments:
        asked = Segment(segment.index, round(segment.start, 6), round(segment.length, 6))
        try:
            write_segment(location, asked, timeline.conversion, folder / f"{segment.index}.ts", encoder)
        except Invalid:
            missing.append(segment.index)
        else:
            lines.append(f"#EXTINF:{segment.length:.6f},\n{segment.index}.ts\n")
    playlist = folder / "film.m3u8"
    playlist.write_text(f"{HEAD}{''.join(lines)}#EXT-X-ENDLIST\n")
    return timeline, playlist, missing


def played(playlist):
    """How many packets of picture and of sound come out of ffmpeg's reader of playlists."""
    command = [FFMPEG, "-v", "error", "-i", playlist, "-map", "0", "-c", "copy", "-f", "framecrc", "-"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    words = [line.replace(":", "").split() for line in lines if line.startswith("#media_type")]
    streams = [line.partition(",")[0] for line in lines if not line.startswith("#")]
    counts = {kind: streams.count(number) for _, number, kind in words}
    return counts.get("video", 0), counts.get("audio", 0)


def held(path):
    """How many packets of picture and of sound a file holds, up to where it can be read."""
    counts = {"video": 0, "audio": 0}
    with av.open(str(path)) as container:
        try:
            for packet in container.demux():
                counts[packet.stream.type] += packet.size > 0
        except av.InvalidDataError:
            pass
    return counts["video"], counts["audio"]


SLOW = (
    "slow-hevc.mp4",
    "slow-hevc.mkv",
    "slow-hevc.ts",
    "slow-keys.mkv",
    "slow-keys.ts",
    "slow-mpeg4.mkv",
    "pauses.mp4",
)
WITHOUT_PICTURES = ("sound-goes-on.mp4", "late-picture-aac.mkv")
WRAPPED = ("wrapped.ts", "wrapped-hevc.ts")


@pytest.mark.parametrize("name", SLOW + WITHOUT_PICTURES + WRAPPED)
def test_all_pictures_and_all_sound_come_out(name, samples, tmp_path, encoder):
    path = make(name, samples)
    _, playlist, _ = cut(str(path), tmp_path, encoder)
    pictures, sound = held(path)
    assert played(playlist) == (pictures, pytest.approx(sound, abs=1))  # the first may lie before the beginning


@pytest.mark.parametrize("name", ["slow-ac3.mkv", "late-picture.webm"])
def test_all_sound_is_converted(name, samples, tmp_path, encoder):
    path = make(name, samples)
    timeline, playlist, _ = cut(str(path), tmp_path, encoder)
    assert played(playlist) == (held(path)[0], pytest.approx(timeline.duration * AAC_RATE, abs=2))


@pytest.mark.parametrize("name", ["slow-ac3.mkv", "slow-keys.mkv", "slow-hevc.ts"])
def test_sound_far_before_its_pictures_is_read_by_ranges(name, samples, tmp_path, encoder):
    path = make(name, samples)
    with serve(path.parent) as server:
        timeline, playlist, _ = cut(f"{server.url}/{name}", tmp_path, encoder)
    pictures, sound = held(path)
    wanted = timeline.duration * AAC_RATE if timeline.convert_audio else sound
    assert played(playlist) == (pictures, pytest.approx(wanted, abs=2))


@pytest.mark.parametrize(
    ("name", "part"), [("slow-keys.mkv", 0.0), ("slow-keys.mkv", 0.3), ("faststart-hevc.mp4", 0.7)]
)
def test_requests_that_are_refused_for_a_moment_cost_nothing(name, part, samples, tmp_path, encoder):
    path = make(name, samples)
    with serve(path.parent) as server:
        server.fails_from, server.failures_left = int(path.stat().st_size * part), 2
        timeline, playlist, _ = cut(f"{server.url}/{name}", tmp_path, encoder)
        assert server.failures_left == 0
    pictures, sound = held(path)
    wanted = timeline.duration * AAC_RATE if timeline.convert_audio else sound
    assert played(playlist) == (pictures, pytest.approx(wanted, abs=2))


def test_reading_ends_soon_where_the_sound_has_ended(samples):
    with open_source(str(make("sound-ends.mkv", samples))) as source:
        horizon = Horizon(source, Fraction(26))
        packets = packets_from(source, Fraction(20), video=False, audio=True)
        read = list(takewhile(lambda packet: not horizon.is_passed(packet), packets))
    # From the key frame before, to 5 s behind the end and a few pictures more.
    assert len(read) <= (2.4 + 6 + 5) * RATE + 20


@pytest.mark.parametrize("name", WITHOUT_PICTURES)
def test_every_piece_has_its_streams_in_the_same_places(name, samples, tmp_path, encoder):
    cut(str(make(name, samples)), tmp_path, encoder)
    places = set()
    for piece in tmp_path.glob("*.ts"):
        with av.open(str(piece)) as container:
            places.add(tuple((stream.type, stream.id) for stream in container.streams))
        packets = [piece.read_bytes()[at : at + 188] for at in range(0, piece.stat().st_size, 188)]
        # What carries the clock (PCR) is named once for the film, and has one in every piece.
        assert any(
            packet[2] == 0 and packet[1] & 0x1F == 1 and packet[3] & 0x20 and packet[5] & 0x10 for packet in packets
        )
    assert places == {(("video", 0x100), ("audio", 0x101))}


@pytest.mark.parametrize("name", ["faststart.mp4", "faststart-ac3.mp4", "faststart-hevc.mp4"])
def test_a_film_that_breaks_off_plays_to_there(name, samples, tmp_path, encoder):
    path = make_damaged(samples, name, kept=0.5, noise=False)
    timeline, playlist, missing = cut(str(path), tmp_path, encoder)
    assert missing == [2]
    pictures, sound = held(path)
    assert pictures > SECONDS * RATE / 3
    wanted = sound * 1536 / 44_100 * AAC_RATE if timeline.convert_audio else sound
    assert played(playlist) == (pytest.approx(pictures, abs=2), pytest.approx(wanted, abs=4))


@pytest.mark.parametrize(
    "name", ["faststart.mp4", "faststart-ac3.mp4", "faststart-hevc.mp4", "h264-aac.ts", "hevc-aac.ts", "h264-mp3.mkv"]
)
def test_a_film_with_a_damaged_tail_plays_to_there(name, samples, tmp_path, encoder):
    path = make_damaged(samples, name, kept=0.8, noise=True)
    _, playlist, missing = cut(str(path), tmp_path, encoder)
    pictures, sound = played(playlist)
    whole = held(make(name, samples))
    assert pictures >= whole[0] * 0.7
    assert sound >= whole[1] * 0.7
    assert set(missing) <= {2}  # the last one, of which nothing may be left


@pytest.mark.parametrize("converted", [False, True])
def test_a_connection_that_breaks_is_no_damage(converted, samples, tmp_path, encoder):
    path = make("minute.mp4", samples)
    segment, conversion = Segment(8, 48.0, 6.0), Conversion(video=converted, audio=converted)
    with serve(samples) as server:
        server.fails_from, server.failures_left = path.stat().st_size // 2, 1
        write_segment(f"{server.url}/{path.name}", segment, conversion, tmp_path / "0.ts", encoder)
        assert server.failures_left == 0
    pictures, sound = held(tmp_path / "0.ts")
    assert (pictures, sound) == (6 * RATE, pytest.approx(6 * (AAC_RATE if converted else 44_100 / 1024), abs=1))
