"""Spans of a video's time: where a conversion is cut, so that what is converted stays when it is killed.

Spans begin at key frames, and each frame is in one of them. Pure.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

MICROSECONDS: Final = 1_000_000
_FIRST_SECONDS: Final = 2.0  # few: nobody knows yet how long they take
_WORK_SECONDS: Final = 10.0  # of converting a span: what a kill costs at most
_SECONDS: Final = (2.0, 600.0)  # least and most length of a span
_MARGIN_SECONDS: Final = 0.001  # before a key frame: no rounding puts it into the wrong span
_FORMATS: Final = frozenset({"mp4", "mov", "mkv", "webm"})
_LEAST_SECONDS: Final = 60.0
_TOLERANCE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Source:
    """A video that can be converted in spans. Its file's time begins at `begin`; the other times count from there."""

    begin: float
    video_start: float
    seconds: float
    sounds: int

    @classmethod
    def read(cls, probed: Mapping[str, Any], extension: str) -> Self | None:
        """The source, by ffprobe's description; None for one that is converted as a whole.

        Such are short ones, other target formats, and files with other streams than a video and sounds; and transport
        streams, whose time ffmpeg counts from the streams that it uses.
        """
        streams: Sequence[Mapping[str, Any]] = probed.get("streams") or ()
        kinds = [stream.get("codec_type") for stream in streams]
        container: Mapping[str, Any] = probed.get("format") or {}
        seconds = float(container.get("duration") or 0)
        if extension not in _FORMATS or seconds < _LEAST_SECONDS or container.get("format_name") == "mpegts":
            return None
        if kinds.count("video") != 1 or set(kinds) - {"video", "audio"} or _is_picture(streams[kinds.index("video")]):
            return None
        begin = float(container.get("start_time") or 0)
        video_start = float(streams[kinds.index("video")].get("start_time") or 0) - begin
        return cls(begin, max(0.0, video_start), seconds, kinds.count("audio"))

    @property
    def first(self) -> int:
        """Where the first span begins, in microseconds."""
        return int(self.video_start * MICROSECONDS)

    def read_key_frames(self, text: str) -> list[int]:
        """The times of key frames, by ffprobe's `pts_time,flags` of all packets, in microseconds."""
        rows = (line.split(",") for line in text.split())
        seconds = sorted(float(time) - self.begin for time, flags, *_ in rows if "K" in flags and time != "N/A")
        return [round(second * MICROSECONDS) for second in seconds]


def _is_picture(stream: Mapping[str, Any]) -> bool:
    return bool((stream.get("disposition") or {}).get("attached_pic"))


@dataclass(frozen=True, slots=True)
class Span:
    """The frames from `start` on up to `end`, in microseconds from the file's begin. `end` None: up to the last one."""

    start: int
    end: int | None

    @property
    def name(self) -> str:
        """The name of its file, without extension."""
        return f"{self.start}-{'end' if self.end is None else self.end}"

    @classmethod
    def parse(cls, name: str) -> Self:
        start, _, end = name.partition("-")
        return cls(int(start), None if end == "end" else int(end))

    def cut(self, source: Source) -> list[str]:
        """ffmpeg's options for the input. The first span begins where the file does."""
        is_first = self.start == source.first
        start = 0.0 if is_first else self.start / MICROSECONDS - _MARGIN_SECONDS
        begin = ["-ss", f"{start:.6f}"] if start else []
        return begin if self.end is None else [*begin, "-t", f"{self.end / MICROSECONDS - _MARGIN_SECONDS - start:.6f}"]


class Pace:
    """Chooses how long the next span is, so that each takes about as long to convert."""

    def __init__(self) -> None:
        self._seconds = _FIRST_SECONDS

    def note(self, span: Span, seconds: float, worked_seconds: float) -> None:
        """Learns from a span of a video of `seconds`."""
        length = (seconds if span.end is None else span.end / MICROSECONDS) - span.start / MICROSECONDS
        least, most = _SECONDS
        self._seconds = min(most, max(least, length * _WORK_SECONDS / max(worked_seconds, 0.001)))

    def next_span(self, start: int, key_frames: Sequence[int]) -> Span:
        """The span from `start` on to a key frame. What would be left behind it, if that is little, is part of it."""
        length = int(self._seconds * MICROSECONDS)
        position = bisect_left(key_frames, start + length)
        if position >= len(key_frames) or key_frames[-1] - key_frames[position] < length // 2:
            return Span(start, None)
        return Span(start, key_frames[position])


def list_text(names: Sequence[tuple[Span, str]]) -> str:
    """ffmpeg's list of files that are to be joined. Each lasts until the next one begins."""
    lines = ["ffconcat version 1.0"]
    for span, name in names:
        lines.append(f"file 'file:{name}'")
        if span.end is not None:
            lines.append(f"duration {(span.end - span.start) / MICROSECONDS:.6f}")
    return "\n".join([*lines, ""])


def is_whole(source: Source, probed: Mapping[str, Any]) -> bool:
    """True if a result, as ffprobe describes it, is as long as its source."""
    seconds = float(probed.get("format", {}).get("duration") or 0)
    return abs(seconds - source.seconds) <= _TOLERANCE_SECONDS
