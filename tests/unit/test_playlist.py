"""HLS playlists: the case tables of docs/contract/files.md 4, and cutting at key frames (README.md, Player)."""

from itertools import pairwise
from typing import Any

import m3u8
import pytest

from dlambda.domain.files.playlist import master_playlist, subtitle_playlist, video_playlist
from dlambda.domain.files.segment import (
    Conversion,
    Segment,
    conversion_of,
    fixed_grid,
    key_frame_grid,
    read_duration,
    read_flag,
    read_segment,
)
from dlambda.errors import Invalid

HEADER = [
    "#EXTM3U",
    "#EXT-X-VERSION:3",
    "#EXT-X-TARGETDURATION:6",
    "#EXT-X-MEDIA-SEQUENCE:0",
    "#EXT-X-PLAYLIST-TYPE:VOD",
]
NOTHING = Conversion()


def test_master_of_a_plain_file() -> None:
    assert master_playlist("http://localhost/", "My Video.mp4", 60.0).split("\n") == [
        "#EXTM3U",
        "#EXT-X-STREAM-INF:PROGRAM-ID=1",
        "http://localhost/api/player/m3u8/video/My%20Video.mp4.m3u8",
    ]


def test_master_with_two_subtitles() -> None:
    subtitles = [
        {"file": "dir/file.en.srt", "lang": "en", "name": "SRT (0) - en"},
        {"file": "dir/another sub.srt", "lang": "fr", "name": "SRT (1) - fr"},
    ]
    media = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",'
    choice = "DEFAULT=NO,AUTOSELECT=NO,FORCED=NO,"
    assert master_playlist("/", "dir/file.mp4", 12.5, subtitles).split("\n") == [
        "#EXTM3U",
        f'{media}NAME="SRT (0) - en",{choice}LANGUAGE="en",URI="/api/player/m3u8/subtitle/dir/file.en.srt.m3u8?duration=12.5"',
        f'{media}NAME="SRT (1) - fr",{choice}LANGUAGE="fr",URI="/api/player/m3u8/subtitle/dir/another%20sub.srt.m3u8?duration=12.5"',
        '#EXT-X-STREAM-INF:PROGRAM-ID=1,SUBTITLES="subs"',
        "/api/player/m3u8/video/dir/file.mp4.m3u8",
    ]


def test_master_names_its_bandwidth_and_keeps_quotes_out_of_attributes() -> None:
    subtitles = [{"file": "a.srt", "lang": "en", "name": 'The "real"\none'}]
    text = master_playlist("/base/", "a.mp4", 1.0, subtitles, bandwidth=800_000)
    assert "#EXT-X-STREAM-INF:PROGRAM-ID=1,BANDWIDTH=800000," in text
    assert "NAME=\"The 'real' one\"" in text
    assert "/base/api/player/m3u8/video/a.mp4.m3u8" in text
    assert m3u8.loads(text).playlists[0].stream_info.bandwidth == 800_000


def test_video_of_12_seconds() -> None:
    text = video_playlist("http://host/", "dir with space/file.mp4", fixed_grid(12.0), NOTHING)
    assert text.split("\n") == [
        *HEADER,
        "#EXTINF:6.000000,",
        "http://host/api/player/segments/0/dir%20with%20space/file.mp4.ts",
        "#EXTINF:6.000000,",
        "http://host/api/player/segments/1/dir%20with%20space/file.mp4.ts?sd=6.000000",
        "#EXT-X-ENDLIST",
    ]


def test_video_of_13_seconds_to_be_converted() -> None:
    text = video_playlist("https://s/", "v.mp4", fixed_grid(13.0), Conversion(video=True, audio=True))
    assert text.split("\n") == [
        *HEADER,
        "#EXTINF:6.000000,",
        "https://s/api/player/segments/0/v.mp4.ts?vc=1&ac=1",
        "#EXTINF:6.000000,",
        "https://s/api/player/segments/1/v.mp4.ts?vc=1&ac=1",
        "#EXTINF:1.000000,",
        "https://s/api/player/segments/2/v.mp4.ts?vc=1&ac=1&sd=1.000000",
        "#EXT-X-ENDLIST",
    ]


def test_a_segment_off_the_grid_says_where_it_starts() -> None:
    segments = [Segment(0, 0.0, 7.2), Segment(1, 7.2, 2.8, last=True)]
    text = video_playlist("/", "v.mp4", segments, Conversion(audio=True))
    assert "#EXT-X-TARGETDURATION:7" in text
    assert "/api/player/segments/0/v.mp4.ts?ac=1&sd=7.200000" in text
    assert "/api/player/segments/1/v.mp4.ts?ac=1&sd=2.800000&st=7.200000" in text


def test_subtitle() -> None:
    assert subtitle_playlist("/", "dir/cap.srt", 42.5).split("\n") == [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        "#EXT-X-TARGETDURATION:43",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXTINF:42.5,",
        "/api/player/subtitle/dir/cap.srt.vtt",
        "#EXT-X-ENDLIST",
    ]


@pytest.mark.parametrize(
    ("duration", "target", "length"),
    [
        (3600.5, 3601, "3600.5"), (3600.49, 3600, "3600.49"), (6.5, 7, "6.5"), (6.4, 6, "6.4"), (0.0, 6, "0.0"),
        (0.00001, 6, "0.000010"), (1e17, 10**17, "1e17"), (86400.0, 86400, "86400.0"),
    ],
)  # fmt: skip
def test_no_subtitle_is_longer_than_its_target(duration: float, target: int, length: str) -> None:
    lines = subtitle_playlist("/", "a.srt", duration).split("\n")
    assert lines[2] == f"#EXT-X-TARGETDURATION:{target}"
    assert lines[5] == f"#EXTINF:{length if length != '1e17' else '1' + '0' * 17 + '.000000'},"


def test_every_address_carries_the_key_that_came_with_the_request() -> None:
    key = "dTpwJnc+LzE="
    sent = "apikey=dTpwJnc%2BLzE%3D"
    subtitles = [{"file": "a.srt", "lang": "en", "name": "SRT (0) - en"}]
    master = master_playlist("/", "a.mp4", 60.0, subtitles, apikey=key)
    assert f'URI="/api/player/m3u8/subtitle/a.srt.m3u8?duration=60.0&{sent}"' in master
    assert master.endswith(f"/api/player/m3u8/video/a.mp4.m3u8?{sent}")
    video = m3u8.loads(video_playlist("/", "a.mp4", fixed_grid(13.0), Conversion(audio=True), apikey=key))
    assert [segment.uri.partition("?")[2] for segment in video.segments] == [
        f"ac=1&{sent}", f"ac=1&{sent}", f"ac=1&sd=1.000000&{sent}",
    ]  # fmt: skip
    assert subtitle_playlist("/", "a.srt", 5.0, apikey=key).split("\n")[-2] == f"/api/player/subtitle/a.srt.vtt?{sent}"


@pytest.mark.parametrize("file", ["a#b?c%d.mp4", "🎬 \u202eabc.mp4", 'it\'s "q" & <x>.mp4', "ends...", "x" * 240])
def test_any_name_survives_as_a_url(file: str) -> None:
    lines = video_playlist("/", file, fixed_grid(3), NOTHING).split("\n")
    assert m3u8.loads("\n".join(lines)).segments[0].uri == lines[6]
    assert all(sign not in lines[6].partition(".ts")[0] for sign in '#? "<>')


@pytest.mark.parametrize(
    ("duration", "lengths"),
    [
        (12.0, [6.0, 6.0]),
        (13.0, [6.0, 6.0, 1.0]),
        (5.5, [5.5]),
        (6.0, [6.0]),
        (12.0000001, [6.0, 6.0000001]),
    ],
)
def test_fixed_grid(duration: float, lengths: list[float]) -> None:
    segments = fixed_grid(duration)
    assert [segment.length for segment in segments] == pytest.approx(lengths)
    assert [segment.start for segment in segments] == [6.0 * index for index in range(len(lengths))]
    assert [segment.last for segment in segments] == [False] * (len(lengths) - 1) + [True]


@pytest.mark.parametrize(
    ("key_frames", "duration", "starts"),
    [
        ([0, 2, 4, 6, 8, 10, 12, 14], 16.0, [0, 6, 12]),
        ([0, 2.4, 4.8, 7.2, 9.6, 12], 14.0, [0, 4.8, 9.6]),
        ([0, 10, 20], 25.0, [0, 10, 20]),
        ([0.08, 5, 5.5, 6.2, 7], 9.0, [0, 6.2]),
        ([0, 6, 12], 12.0, [0, 6]),
        ([0], 5.0, [0]),
        ([], 5.0, [0]),
    ],
)
def test_key_frame_grid(key_frames: list[Any], duration: float, starts: list[Any]) -> None:
    segments = key_frame_grid(key_frames, duration)
    assert segments
    assert [segment.start for segment in segments] == starts
    assert sum(segment.length for segment in segments) == pytest.approx(duration)
    assert all(one.end == pytest.approx(two.start) for one, two in pairwise(segments))


def test_key_frames_a_minute_apart_are_of_no_use() -> None:
    assert key_frame_grid([0, 100], 200.0) is None


@pytest.mark.parametrize(
    ("streams", "conversion"),
    [
        ([("video", "h264", "yuv420p"), ("audio", "aac", None)], (False, False)),
        ([("video", "h264", "yuv420p10le"), ("audio", "mp3", None)], (True, False)),
        ([("video", "h264", None), ("audio", "opus", None)], (False, True)),
        ([("video", "hevc", "yuv420p"), ("audio", "flac", None)], (True, True)),
        ([("audio", "aac", None)], (False, False)),
        ([("audio", "opus", None)], (False, True)),
        ([("video", "vp9", "yuv420p")], (True, False)),
        ([], (False, False)),
    ],
)
def test_what_must_be_converted(streams: list[Any], conversion: tuple[bool, bool]) -> None:
    probed = [{"codec_type": kind, "codec_name": codec, "pix_fmt": pixels} for kind, codec, pixels in streams]
    found = conversion_of(probed)
    assert (found.video, found.audio) == conversion


@pytest.mark.parametrize(("channels", "converted"), [(2, False), (6, False), (7, True), (8, True), (None, False)])
def test_sound_of_more_than_six_channels_is_converted(channels: int | None, converted: bool) -> None:
    found = conversion_of([{"codec_type": "audio", "codec_name": "aac", "channels": channels}])
    assert found.audio == converted


@pytest.mark.parametrize(
    ("index", "sd", "st", "start", "length"),
    [
        ("0", None, None, 0.0, 6.0),
        ("2", "1.000000", None, 12.0, 1.0),
        ("1", "7.2", "7.2", 7.2, 7.2),
        ("1", "600", None, 6.0, 60.0),
    ],
)
def test_the_segment_that_a_url_names(index: str, sd: str | None, st: str | None, start: float, length: float) -> None:
    segment = read_segment(index, sd, st)
    assert (segment.start, segment.length) == (start, length)


@pytest.mark.parametrize(
    ("index", "sd", "st"),
    [("x", None, None), ("-1", None, None), ("0", "x", None), ("0", "0", None), ("0", "-1", None), ("0", "nan", None),
     ("0", "inf", None), ("0", None, "x"), ("0", None, "-2"), ("\u0663", None, None), ("9" * 40, None, None)],
)  # fmt: skip
def test_segments_that_make_no_sense_are_refused(index: str, sd: str | None, st: str | None) -> None:
    with pytest.raises(Invalid):
        read_segment(index, sd, st)


@pytest.mark.parametrize(("text", "message"), [(None, "duration is required."), ("", "duration is required."),
                                               ("x", "duration must be a number."), ("nan", "must be a number")])  # fmt: skip
def test_durations_that_make_no_sense_are_refused(text: str | None, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read_duration(text)


@pytest.mark.parametrize(("text", "value"), [(None, False), ("0", False), ("1", True), ("true", True)])
def test_flags(text: str | None, value: bool) -> None:
    assert read_flag(text, "vc") is value


def test_other_flags_are_refused() -> None:
    with pytest.raises(Invalid, match="vc must be 0 or 1"):
        read_flag("yes please", "vc")
