"""Where a conversion is cut."""

from dataclasses import replace
from typing import Any

import pytest

from dlambda.media.av.spans import Pace, Source, Span, list_text

VIDEO = {"codec_type": "video", "start_time": "0.5"}
SOUND = {"codec_type": "audio", "start_time": "0.3"}
COVER = {"codec_type": "video", "disposition": {"attached_pic": 1}}
TEXT = {"codec_type": "subtitle"}
SOURCE = Source(0.3, 0.2, 100.0, sounds=1)
SECOND = 1_000_000


def probed(*streams: Any, name: str = "matroska,webm", seconds: str = "100") -> dict[str, Any]:
    return {"streams": list(streams), "format": {"format_name": name, "duration": seconds, "start_time": "0.3"}}


@pytest.mark.parametrize(
    ("description", "extension", "source"),
    [
        (probed(VIDEO, SOUND), "mp4", SOURCE),
        (probed(SOUND, VIDEO), "webm", SOURCE),
        (probed(VIDEO), "mkv", Source(0.3, 0.2, 100.0, sounds=0)),
        (probed(VIDEO, SOUND), "avi", None),
        (probed(VIDEO, SOUND), "mp3", None),
        (probed(VIDEO, SOUND, seconds="59"), "mp4", None),
        (probed(VIDEO, SOUND, name="mpegts"), "mp4", None),
        (probed(VIDEO, SOUND, SOUND), "mp4", replace(SOURCE, sounds=2)),
        (probed(VIDEO, SOUND, TEXT), "mp4", None),
        (probed(VIDEO, COVER), "mp4", None),
        (probed(COVER, SOUND), "mp4", None),
        (probed(SOUND), "mp4", None),
        ({}, "mp4", None),
    ],
)
def test_what_is_converted_in_spans(description: dict[str, Any], extension: str, source: Source | None) -> None:
    found = Source.read(description, extension)
    assert (found and found.first) == (source and source.first)
    assert (found and found.sounds) == (source and source.sounds)


def test_key_frames_are_counted_from_the_begin_of_the_file() -> None:
    assert SOURCE.read_key_frames("4.5,K__\n0.5,K__,\n0.54,___\nN/A,K__\n") == [200_000, 4_200_000]


@pytest.mark.parametrize(
    ("start", "key_frames", "span"),
    [
        (0, [0, 1, 4, 9, 20, 30], Span(0, 4)),
        (20, [0, 1, 4, 9, 20, 30], Span(20, None)),
        (0, [0], Span(0, None)),
        (0, [], Span(0, None)),
    ],
)
def test_a_span_ends_at_a_key_frame(start: int, key_frames: list[int], span: Span) -> None:
    scaled = Span(span.start * SECOND, None if span.end is None else span.end * SECOND)
    assert Pace().next_span(start * SECOND, [second * SECOND for second in key_frames]) == scaled


def test_spans_become_as_long_as_what_is_done_in_a_while() -> None:
    pace, key_frames = Pace(), [second * SECOND for second in range(1000)]
    pace.note(Span(0, 10 * SECOND), 1000.0, 1.0)
    assert pace.next_span(10 * SECOND, key_frames) == Span(10 * SECOND, 110 * SECOND)
    pace.note(Span(10 * SECOND, 110 * SECOND), 1000.0, 3600.0)
    assert pace.next_span(110 * SECOND, key_frames) == Span(110 * SECOND, 112 * SECOND)


def test_each_frame_is_in_one_span() -> None:
    assert Span(SOURCE.first, 4_200_000).cut(SOURCE) == ["-t", "4.199000"]
    assert Span(4_200_000, 8_000_000).cut(SOURCE) == ["-ss", "4.199000", "-t", "3.800000"]
    assert Span(8_000_000, None).cut(SOURCE) == ["-ss", "7.999000"]


def test_a_span_lasts_until_the_next_one_begins() -> None:
    spans = [Span(200_000, 4_200_000), Span(4_200_000, None)]
    text = list_text([(span, f"/x/{span.name}.mp4") for span in spans])
    assert text.splitlines() == [
        "ffconcat version 1.0", "file 'file:/x/200000-4200000.mp4'", "duration 4.000000",
        "file 'file:/x/4200000-end.mp4'",
    ]  # fmt: skip
    assert [Span.parse(span.name) for span in spans] == spans
