"""Subtitles as WebVTT: docs/contract/files.md 4."""

import pytest

from dlambda.errors import Invalid, NotFound
from dlambda.media.subtitles import to_vtt
from tests.patience import must_end

ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Style: Default,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1
Style: Aside,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,0,-1,0,0,100,100,0,0,1,2,2,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def srt(*cues):
    return "\n".join(f"{n}\n{times}\n{text}\n" for n, (times, text) in enumerate(cues, start=1)).encode()


def ass(*lines):
    return (ASS + "\n".join(lines) + "\n").encode()


def dialogue(start, end, text, style="Default"):
    return f"Dialogue: 0,{start},{end},{style},,0,0,0,,{text}"


A, B = "00:00:01,000 --> 00:00:05,000", "00:00:02,000 --> 00:00:06,500"


def test_srt_becomes_numbered_cues():
    assert to_vtt("a.srt", srt((A, "Hello"), (B, "you\nthere"))) == (
        "WEBVTT\n\n"
        "1\n00:00:01.000 --> 00:00:05.000\nHello\n\n"
        "2\n00:00:02.000 --> 00:00:06.500\nyou\nthere\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<i>hi</i> there", "<i>hi</i> there"),
        ('<font color="red">hi</font> <b>you</b> <u>there</u>', "hi you there"),
        ("{\\an8}hi", "hi"),
        ("Tom & Jerry", "Tom &amp; Jerry"),
        ("Tom &amp; Jerry", "Tom &amp; Jerry"),
        ("I <3 you --> yes", "I &lt;3 you --&gt; yes"),
        ("A & B < C > D", "A &amp; B &lt; C &gt; D"),
        ("if a <b and c> d", "if a &lt;b and c&gt; d"),
        ("<C.yellow>hi</c> <br/>you <font face='x' size = 3>there</FONT>", "hi you there"),
        ("שלום 🎬", "שלום 🎬"),
    ],
)
def test_srt_markup(text, shown):
    assert to_vtt("a.srt", srt((A, text))).split("\n", 4)[4] == shown + "\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{\\i1}Hello{\\i0}\\Nworld", "<i>Hello</i>\nworld"),
        ("{\\an8\\b1}Hello {a comment}you", "Hello you"),
        ("{\\i1}open", "<i>open</i>"),
        ("{\\fad(1,2)\\pos(3,4)}x\\hy", "x y"),
        ("a\\N\\Nb", "a\nb"),
        ("{\\p1}m 0 0 l 100 0{\\p0}seen", "seen"),
    ],
)
def test_ass_markup(text, shown):
    assert to_vtt("a.ass", ass(dialogue("0:00:01.00", "0:00:02.00", text))).split("\n", 4)[4] == shown + "\n"


def test_a_style_in_italics_counts():
    assert "<i>aside</i>" in to_vtt("a.ass", ass(dialogue("0:00:01.00", "0:00:02.00", "aside", "Aside")))


def test_ass_comments_are_dropped():
    text = to_vtt(
        "a.ass", ass("Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,note", dialogue("0:00:01.00", "0:00:02.00", "x"))
    )
    assert "note" not in text


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        ("0:00:00.00", "00:00:00.000"),
        ("0:00:00.01", "00:00:00.010"),
        ("0:00:12.34", "00:00:12.340"),
        ("1:02:03.00", "01:02:03.000"),
        ("12:34:56.78", "12:34:56.780"),
        ("37:12:34.56", "37:12:34.560"),
    ],
)
def test_times_in_ass_survive_ten_hours(time, shown):
    assert f"\n{shown} --> 39:00:00.000\n" in to_vtt("a.ass", ass(dialogue(time, "39:00:00.00", "x")))


def test_srt_may_count_more_than_99_hours():
    text = to_vtt("a.srt", srt(("123:00:00,000 --> 123:00:05,500", "x")))
    assert "\n123:00:00.000 --> 123:00:05.500\n" in text


def test_markup_that_never_ends_is_read():
    """Each further attribute costs the same: where it cost as many steps as there are before it, this took hours."""
    with must_end():
        assert to_vtt("a.srt", srt((A, "<a x=" + " =" * 1_000_000)))


def test_a_title_that_spans_the_film_is_dropped():
    spans = to_vtt("a.srt", srt(("00:00:00,000 --> 00:00:05,000", "Title"), ("00:00:01,000 --> 00:00:05,000", "one")))
    assert "Title" not in spans
    assert "1\n00:00:01.000 --> 00:00:05.000\none" in spans


def test_other_first_cues_stay():
    both = to_vtt("a.srt", srt(("00:00:00,000 --> 00:00:05,000", "first"), ("00:00:01,000 --> 00:00:06,000", "one")))
    assert "first" in both
    assert "alone" in to_vtt("a.srt", srt((A, "alone")))


@pytest.mark.parametrize("data", [b"", b"nothing here", srt((A, "")), ass(), b"\x00\x01\x02" * 99])
def test_nothing_to_show(data):
    for name in ("dir/a.srt", "dir/a.ass"):
        with pytest.raises(NotFound, match=f"No subtitle events were found in '{name}'"):
            to_vtt(name, data)


@pytest.mark.parametrize("name", ["x.txt", "x.sub", "x.mp4", "x", ".srt"])
def test_other_files_are_no_subtitles(name):
    with pytest.raises(Invalid, match=f"File '{name}' subtitle type is not supported"):
        to_vtt(name, b"x")


def test_vtt_stays_as_it_is():
    text = "WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 align:start\n<c.red>hi</c>\n"
    assert to_vtt("a.VTT", text.encode()) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings(encoding, newline):
    data = srt((A, "Überraschung – déjà vu")).decode().replace("\n", newline).encode(encoding)
    assert to_vtt("a.srt", data).split("\n", 4)[4] == "Überraschung – déjà vu\n"
