"""Subtitles as WebVTT: docs/contract/files.md 4."""

import pytest

from dlambda.errors import Invalid, NotFound
from dlambda.media.av.subtitles import to_vtt
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


CUES = "1\n00:00:01,000 --> 00:00:02,000\nFirst line\n\n2\n00:00:03,000 --> 00:00:04,000\nSecond line\n"
CONVERTED = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nFirst line\n\n2\n00:00:03.000 --> 00:00:04.000\nSecond line\n"
SSA = (
    "[Script Info]\nScriptType: v4.00\n\n[V4 Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,20\n\n[Events]\n"
    "Format: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\i1}Доброе{\\i0} утро\n"
)


@pytest.mark.parametrize("name", ["a.vtt", "a.srt", "a.ass"])
@pytest.mark.parametrize(
    "text",
    [
        CUES, CUES.replace(",000", ".000"), CUES.replace("\n", "\r\n"), CUES.replace("\n", "\r\n", 3), "\ufeff" + CUES,
        CUES.replace("00:00:0", "0:"), CUES.replace("00:00:0", "00:0"), CUES.replace(",000", ""), CUES.replace(",000", ",0"),
        CUES.replace(" --> ", "-->"), CUES.replace(" --> ", " -> "), CUES.replace("\n00:", "\n  00:"),
        CUES.replace("1\n00", "00").replace("2\n00", "00"), CUES.replace(",000\n", ",000  X1:1 X2:2 Y1:3\n"),
        f"WEBVTT\n\n{CUES}", f"WEBVTT FILE\n\n{CUES}",
    ],
)  # fmt: skip
def test_srt_is_read_as_players_read_it_under_any_name(name, text):
    assert to_vtt(name, text.encode()) == CONVERTED


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        ("0:01,5 --> 0:02,75", "00:00:01.500 --> 00:00:02.750"),
        ("1:02:03 --> 1:02:04.1", "01:02:03.000 --> 01:02:04.100"),
        ("59:59,999 --> 75:00,000", "00:59:59.999 --> 01:15:00.000"),
        ("1:2:3,4 --> 001:02:05,123456", "01:02:03.400 --> 01:02:05.123"),
        ("00: 00: 01, 500 --> 00: 00: 02, 750", "00:00:01.500 --> 00:00:02.750"),
    ],
)
def test_short_times(times, shown):
    assert to_vtt("a.srt", f"1\n{times}\nFirst, at 10:30 --> or later\n".encode()) == (
        f"WEBVTT\n\n1\n{shown}\nFirst, at 10:30 --&gt; or later\n"
    )


@pytest.mark.parametrize("lead", ["", "\ufeff", "\n", " \r\n"])
@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nNOTE a --> b\n\nid\n00:01.000 --> 00:02.000 line:0\n<v Ann>hi</v>\n",
        "WEBVTT - a title\r\n\r\n01:00:01.000 --> 01:00:02.000\r\nhi\r\n",
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n00:01.000 --> 00:02.000\nПривет\n",
        "WEBVTT",
    ],
)
def test_webvtt_stays_as_it_is_under_any_name(lead, text):
    assert to_vtt("a.vtt", (lead + text).encode()) == text
    assert to_vtt("a.srt", (lead + text).encode()) == text


@pytest.mark.parametrize("name", ["a.ru.ass", "a.ass", "a.ru.srt"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "koi8-r", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_older_scripts_in_older_encodings(name, encoding, newline):
    text = to_vtt(name, SSA.replace("\n", newline).encode(encoding))
    assert text == "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\n<i>Доброе</i> утро\n"


@pytest.mark.parametrize("head", ["", "{1}{1}25.000\n"])
def test_times_in_frames(head):
    rate = 25 if head else 23.976
    text = to_vtt("a.srt", (head + "{25}{50}First|line\n{100}{125}{y:i}Second\n").encode())
    first = f"00:00:{25 / rate:06.3f} --> 00:00:{50 / rate:06.3f}\nFirst\nline\n"
    assert first in text
    assert "<i>Second</i>" in text


def test_the_language_in_the_name_tells_the_code_page():
    data = "1\n00:00:01,000 --> 00:00:02,000\nŽluťoučký kůň\n".encode("cp1250")
    assert "Žluťoučký kůň" in to_vtt("dir.x/film.2024.cs.forced.srt", data)
    assert "Žluťoučký kůň" in to_vtt("film.Czech.srt", data)
    assert "Žluťoučký kůň" not in to_vtt("film.srt", data)
