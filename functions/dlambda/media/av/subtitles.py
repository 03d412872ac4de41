"""Subtitle files as WebVTT, the only kind that browsers show (docs/contract/files.md 4)."""

import re
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import PurePosixPath

import pysubs2
from pysubs2.formats.subrip import SubripFormat
from pysubs2.formats.substation import parse_tags

from dlambda.domain.files.content_type import suffix
from dlambda.domain.files.sidecar import SHOWN_SUBTITLES
from dlambda.domain.files.subtitle_encoding import read_text
from dlambda.domain.files.subtitle_language import language_of
from dlambda.errors import Invalid, NotFound

CONTENT_TYPE = "text/vtt; charset=UTF-8"
_LINE_END = re.compile("\r\n?")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|nbsp|lrm|rlm|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
# What follows `<` at once, alone or with `name=value`: `a < b > c` and `a <b and c> d` are words.
_MARKUP = re.compile(r"</?[a-zA-Z][\w.:-]*(?:\s[^<>=]*=[^<>]*|\s*/?)>")
_SPACES = re.compile(r"[^\S\n\u00a0]+")
_WEBVTT = re.compile(r"WEBVTT(?:[ \t\r\n]|$)")
_WEBVTT_TIMES = re.compile(r"^(?:\d{2,}:)?\d{2}:\d{2}\.\d{3}[ \t]*-->", re.MULTILINE)
_SCRIPT = re.compile(r"^\[(?:Script Info|V4\+? Styles)\]|\A\s*\[Events\]", re.IGNORECASE | re.MULTILINE)
_NEWER_STYLES = "[V4+ Styles]"
_FRAMES = re.compile(r"\s*\{\d+\}\{\d+\}")  # MicroDVD's times
_FRAMES_WITH_RATE = re.compile(r"\s*\{\d+\}\{\d+\}\d+\.\d+\s*$", re.MULTILINE)
_FILM_RATE = 23.976  # where such a file does not say its own
# As players read it: without hours, with dots, with fewer digits, without a fraction at all.
_TIME = r"(?:(\d{1,4}): ?)?(\d{1,3}): ?(\d{1,2})(?:[.,:] ?(\d{1,3}))?\d*"
_TIMES = re.compile(rf"^[ \t]*{_TIME}[ \t]*-{{1,3}}>[ \t]*{_TIME}(?!\d).*$", re.MULTILINE)


def _time(milliseconds: int) -> str:
    seconds, thousandths = divmod(max(milliseconds, 0), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"


def _escape(text: str) -> str:
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


class _Subrip(SubripFormat):
    """With more than 99 hours: others would be read without their first digit."""

    TIMESTAMP = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})[.,](\d{1,3})")


def _whole_times(line: re.Match[str]) -> str:
    """The line of times with all their digits."""
    start, end = (_whole_time(*line.groups()[first : first + 4]) for first in (0, 4))
    return f"{start} --> {end}"


def _whole_time(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> str:
    milliseconds = ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000
    return _time(milliseconds + int((fraction or "").ljust(3, "0")))


def _read_srt(text: str) -> pysubs2.SSAFile:
    subtitles = pysubs2.SSAFile()
    _Subrip.from_file(subtitles, StringIO(_TIMES.sub(_whole_times, text)), "srt", keep_unknown_html_tags=True)
    for event in subtitles:
        event.text = _MARKUP.sub("", event.text)
    return subtitles


def _read_ass(text: str) -> pysubs2.SSAFile:
    return pysubs2.SSAFile.from_string(text, format_="ass" if _NEWER_STYLES in text else "ssa")


def _read_frames(text: str) -> pysubs2.SSAFile:
    rate = None if _FRAMES_WITH_RATE.match(text) else _FILM_RATE
    return pysubs2.SSAFile.from_string(text, format_="microdvd", fps=rate)


def _cue_text(event: pysubs2.SSAEvent, styles: dict[str, pysubs2.SSAStyle]) -> str:
    """The words and their italics; other markup and drawings are gone, and so are empty lines (they end a cue)."""
    parts = []
    for text, style in parse_tags(event.text, styles.get(event.style, pysubs2.SSAStyle.DEFAULT_STYLE), styles):
        if text and not style.drawing:
            words = _escape(text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " "))
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


def _spoken_events(subtitles: pysubs2.SSAFile) -> list[pysubs2.SSAEvent]:
    """The events in order of time, without comments and without a title that spans the whole film."""
    events = sorted((event for event in subtitles if not event.is_comment), key=lambda event: event.start)
    if len(events) > 1 and events[0].end == events[-1].end:
        return events[1:]
    return events


def to_vtt(file: str, data: bytes) -> str:
    """WebVTT of the subtitle file `file`, whose name may say its language; what `data` is shows in it.

    Raises `Invalid` for another kind of file and `NotFound` when there is nothing to show in it.
    """
    if suffix(PurePosixPath(file).name) not in SHOWN_SUBTITLES:
        raise Invalid(f"File '{file}' subtitle type is not supported.")
    text = text_of(file, data).lstrip()
    return text if _is_webvtt(text) else _convert(file, text)


def text_of(file: str, data: bytes) -> str:
    """The text of the subtitle file `file`, whose name may say its language."""
    return read_text(data, language_of(PurePosixPath(file).name))


def _is_webvtt(text: str) -> bool:
    """True if browsers show it: behind the header there are times as they want them, or none."""
    return bool(_WEBVTT.match(text)) and (bool(_WEBVTT_TIMES.search(text)) or not _TIMES.search(text))


def _convert(file: str, text: str) -> str:
    try:
        subtitles = _reader(text)(_LINE_END.sub("\n", text))
    except (pysubs2.Pysubs2Error, ValueError):
        raise NotFound(f"No subtitle events were found in '{file}'.") from None
    cues = _cues(_spoken_events(subtitles), subtitles.styles)
    if not cues:
        raise NotFound(f"No subtitle events were found in '{file}'.")
    return "WEBVTT\n\n" + "\n".join(cues)


def _reader(text: str) -> Callable[[str], pysubs2.SSAFile]:
    """By the text itself: files of one format go by the name of another."""
    if _SCRIPT.search(text):
        return _read_ass
    return _read_frames if _FRAMES.match(text) else _read_srt
