"""Subtitle files as WebVTT, the only kind that browsers show (docs/contract/files.md 4)."""

import re
from collections.abc import Sequence
from io import StringIO
from pathlib import PurePosixPath

import pysubs2
from pysubs2.formats.subrip import SubripFormat
from pysubs2.formats.substation import parse_tags

from dlambda.domain.files.content_type import suffix
from dlambda.errors import Invalid, NotFound

CONTENT_TYPE = "text/vtt; charset=UTF-8"
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LINE_END = re.compile("\r\n?")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|nbsp|lrm|rlm|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
# What follows `<` at once, alone or with `name=value`: `a < b > c` and `a <b and c> d` are words.
_MARKUP = re.compile(r"</?[a-zA-Z][\w.:-]*(?:\s[^<>=]*=[^<>]*|\s*/?)>")
_SPACES = re.compile(r"[^\S\n\u00a0]+")


def read_text(data: bytes) -> str:
    """The text of a subtitle file in UTF-8 or UTF-16 (with or without a mark), else in Windows-1252."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    # Subtitles are made of digits and line ends: in UTF-16 half of their bytes are zero.
    start = data[:4096]
    if start.count(0) > len(start) // 8:
        ends_low = start[1::2].count(0) >= start[0::2].count(0)
        return data.decode("utf-16-le" if ends_low else "utf-16-be", errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(max(milliseconds, 0), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _escaped(text: str) -> str:
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


class _Subrip(SubripFormat):
    """With more than 99 hours: others would be read without their first digit."""

    TIMESTAMP = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})[.,](\d{1,3})")


def _read_srt(text: str) -> pysubs2.SSAFile:
    subtitles = pysubs2.SSAFile()
    _Subrip.from_file(subtitles, StringIO(text), "srt", keep_unknown_html_tags=True)
    for event in subtitles:
        event.text = _MARKUP.sub("", event.text)
    return subtitles


def _read_ass(text: str) -> pysubs2.SSAFile:
    return pysubs2.SSAFile.from_string(text, format_="ass")


_READERS = {".srt": _read_srt, ".ass": _read_ass}


def _cue_text(event: pysubs2.SSAEvent, styles: dict[str, pysubs2.SSAStyle]) -> str:
    """The words and their italics; other markup and drawings are gone, and so are empty lines (they end a cue)."""
    parts = []
    for text, style in parse_tags(event.text, styles.get(event.style, pysubs2.SSAStyle.DEFAULT_STYLE), styles):
        if text and not style.drawing:
            words = _escaped(text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " "))
            parts.append(f"<i>{words}</i>" if style.italic and words.strip() else words)
    joined = "".join(parts).replace("</i><i>", "")
    lines = [_SPACES.sub(" ", line).strip() for line in joined.splitlines()]
    return "\n".join(line for line in lines if line)


def _cues(events: Sequence[pysubs2.SSAEvent], styles: dict[str, pysubs2.SSAStyle]) -> list[str]:
    texts = [(event, _cue_text(event, styles)) for event in events]
    return [
        f"{number}\n{_time(event.start)} --> {_time(event.end)}\n{text}\n"
        for number, (event, text) in enumerate([(event, text) for event, text in texts if text], start=1)
    ]


def _spoken(subtitles: pysubs2.SSAFile) -> list[pysubs2.SSAEvent]:
    """The events in order of time, without comments and without a title that spans the whole film."""
    events = sorted((event for event in subtitles if not event.is_comment), key=lambda event: event.start)
    if len(events) > 1 and events[0].end == events[-1].end:
        return events[1:]
    return events


def to_vtt(file: str, data: bytes) -> str:
    """WebVTT of the subtitle file `file` (its extension says what `data` is).

    Raises `Invalid` for another kind of file and `NotFound` when there is nothing to show in it.
    """
    ending = suffix(PurePosixPath(file).name)
    if ending == ".vtt":
        return read_text(data)
    if ending not in _READERS:
        raise Invalid(f"File '{file}' subtitle type is not supported.")
    try:
        subtitles = _READERS[ending](_LINE_END.sub("\n", read_text(data)))
    except (pysubs2.Pysubs2Error, ValueError):
        raise NotFound(f"No subtitle events were found in '{file}'.") from None
    cues = _cues(_spoken(subtitles), subtitles.styles)
    if not cues:
        raise NotFound(f"No subtitle events were found in '{file}'.")
    return "WEBVTT\n\n" + "\n".join(cues)
