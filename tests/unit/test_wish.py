"""Bodies of `/get_video` and its sisters: docs/contract/hostapi.md, Tasks."""

import pytest

from dlambda.domain.orders.order import Kind
from dlambda.domain.orders.order_request import clip_of, format_of, parse_order_request
from dlambda.domain.orders.output import AUDIO, VIDEO
from dlambda.errors import Invalid

URL = "https://video.example/watch?v=1"


def wish(kind, **fields):
    return parse_order_request(kind, {"url": URL, **fields})[1]


def test_defaults_are_filled_in():
    assert wish(Kind.GET_VIDEO) == {
        "video_format": "bestvideo", "audio_format": "bestaudio", "output_format": "mp4", "force_keyframes": False,
    }  # fmt: skip
    assert wish(Kind.GET_AUDIO) == {"audio_format": "bestaudio", "force_keyframes": False}
    assert wish(Kind.GET_LIVE_AUDIO, duration=5) == {"audio_format": "bestaudio", "start": 0.0, "duration": 5.0}
    assert wish(Kind.GET_INFO, video_format="(") == {}


def test_null_and_empty_mean_the_default():
    given = {
        "video_format": None,
        "audio_format": "",
        "output_format": None,
        "start_time": None,
        "force_keyframes": None,
    }
    assert wish(Kind.GET_VIDEO, **given) == wish(Kind.GET_VIDEO)


def test_times_are_shown_as_they_were_written():
    options = wish(Kind.GET_VIDEO, start_time="1:02", end_time=90)
    assert (options["start_time"], options["end_time"]) == ("1:02", 90)
    assert clip_of(options) == (62.0, 90.0)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (5, 5),
        (2.5, 2.5),
        ("7", 7),
        ("2.5", 2.5),
        ("0:07", 7),
        ("1:02.5", 62.5),
        ("01:02:03", 3723),
        ("100:00:00", 360000),
    ],
)
def test_moments(written, seconds):
    assert clip_of({"start_time": written}) == (seconds, None)
    assert clip_of({"end_time": written}) == (0.0, seconds)


def test_the_whole_source_is_no_clip():
    assert clip_of({}) is None


@pytest.mark.parametrize("name", sorted(VIDEO))
def test_every_video_format_is_known(name):
    assert wish(Kind.GET_VIDEO, output_format=name.upper())["output_format"] == name


@pytest.mark.parametrize("name", sorted(AUDIO))
def test_every_audio_format_is_known(name):
    assert wish(Kind.GET_AUDIO, output_format=f".{name}")["output_format"] == name


@pytest.mark.parametrize(
    ("kind", "fields", "named"),
    [
        (Kind.GET_VIDEO, {"url": None}, "url"),
        (Kind.GET_VIDEO, {"url": "  "}, "url"),
        (Kind.GET_VIDEO, {"url": 5}, "url"),
        (Kind.GET_VIDEO, {"url": "ftp://video.example/x"}, "url"),
        (Kind.GET_INFO, {"url": "nonsense"}, "url"),
        (Kind.GET_VIDEO, {"video_format": "best["}, "video_format"),
        (Kind.GET_VIDEO, {"audio_format": "a,b"}, "audio_format"),
        (Kind.GET_VIDEO, {"output_format": "exe"}, "output_format"),
        (Kind.GET_VIDEO, {"output_format": "mp3"}, "output_format"),
        (Kind.GET_AUDIO, {"output_format": "mp4"}, "output_format"),
        (Kind.GET_AUDIO, {"output_format": ["mp3"]}, "output_format"),
        (Kind.GET_VIDEO, {"start_time": "soon"}, "start_time"),
        (Kind.GET_VIDEO, {"start_time": -1}, "start_time"),
        (Kind.GET_VIDEO, {"start_time": True}, "start_time"),
        (Kind.GET_VIDEO, {"end_time": "1:75"}, "end_time"),
        (Kind.GET_VIDEO, {"end_time": "nan"}, "end_time"),
        (Kind.GET_VIDEO, {"start_time": 9, "end_time": 9}, "end_time"),
        (Kind.GET_VIDEO, {"end_time": 0}, "end_time"),
        (Kind.GET_VIDEO, {"force_keyframes": "perhaps"}, "force_keyframes"),
        (Kind.GET_LIVE_VIDEO, {}, "duration"),
        (Kind.GET_LIVE_VIDEO, {"duration": 0}, "duration"),
        (Kind.GET_LIVE_VIDEO, {"duration": "long"}, "duration"),
        (Kind.GET_LIVE_VIDEO, {"duration": "inf"}, "duration"),
        (Kind.GET_LIVE_VIDEO, {"duration": 5, "start": -3}, "start"),
        (Kind.GET_LIVE_AUDIO, {"duration": 5, "start": []}, "start"),
    ],
)
def test_what_is_wrong_is_named(kind, fields, named):
    with pytest.raises(Invalid, match=rf"\b{named}\b"):
        wish(kind, **fields)


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(Invalid):
        parse_order_request(Kind.GET_VIDEO, body)


def test_a_bare_video_id_is_a_youtube_url():
    assert (
        parse_order_request(Kind.GET_INFO, {"url": "dQw4w9WgXcQ"})[0] == "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    )


def test_a_source_with_combined_formats_alone_still_works():
    assert format_of(Kind.GET_VIDEO, wish(Kind.GET_VIDEO)) == "(bestvideo)+(bestaudio)/best"
    assert format_of(Kind.GET_AUDIO, wish(Kind.GET_AUDIO)) == "(bestaudio)/bestaudio/best"
