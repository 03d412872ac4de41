"""Where a video is cut for streaming: the grid of segments, and one segment as a request names it.

All times are seconds from the start of the file. A source that browsers play is copied, so it is cut at its own key
frames; what must be transcoded is cut every 6 s (docs/contract/README.md, Player; files.md 4).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dlambda.errors import Invalid

CONTENT_TYPE = "video/mpegts"
EVEN_SIZE = "pad=ceil(iw/2)*2:ceil(ih/2)*2"
"""The filter that adds a row or column of pixels where the size is odd: H.264 with 4:2:0 has even sizes only."""
LENGTH = 6.0
LONGEST = 60.0
_COPIED_VIDEO = frozenset({"h264", "x264", "avc"})
_COPIED_AUDIO = frozenset({"aac", "m4a", "mp3"})
_MOST_COPIED_CHANNELS = 6  # in MPEG-TS, AAC of more cannot say which they are
_EIGHT_BIT = frozenset({"", "yuv420p", "yuvj420p", "nv12"})
# Less than this at the end is no segment of its own: rounding, not content.
_LEAST = 0.001


@dataclass(frozen=True)
class Segment:
    """A piece of a film: `start` and `length` in seconds. `last` takes whatever follows, too."""

    index: int
    start: float
    length: float
    last: bool = False

    @property
    def end(self) -> float:
        return self.start + self.length


@dataclass(frozen=True)
class Conversion:
    """The streams that must be transcoded; the others are copied."""

    video: bool = False
    audio: bool = False


def conversion_of(streams: Iterable[Mapping[str, object]]) -> Conversion:
    """The streams that browsers cannot play, of probed ones (`codec_type`, `codec_name`, `pix_fmt`, `channels`).

    Ten-bit H.264 is converted as well: hardly any browser decodes it.
    """
    video = audio = False
    for stream in streams:
        codec = str(stream.get("codec_name") or "")
        if stream.get("codec_type") == "video":
            video = video or codec not in _COPIED_VIDEO or str(stream.get("pix_fmt") or "") not in _EIGHT_BIT
        elif stream.get("codec_type") == "audio":
            channels = stream.get("channels")
            too_many = isinstance(channels, int) and channels > _MOST_COPIED_CHANNELS
            audio = audio or codec not in _COPIED_AUDIO or too_many
    return Conversion(video=video, audio=audio)


def _between(bounds: Sequence[float], duration: float) -> list[Segment]:
    """The segments that begin at `bounds` and reach to the next one, the last to `duration`."""
    ends = [*bounds[1:], duration]
    final = len(bounds) - 1
    return [
        Segment(index, start, end - start, last=index == final)
        for index, (start, end) in enumerate(zip(bounds, ends, strict=True))
    ]


def grid_from(starts: Sequence[float], duration: float) -> list[Segment]:
    """Segments that begin at `starts`, the last one to the end."""
    return _between(starts, duration)


def fixed_grid(duration: float, length: float = LENGTH) -> list[Segment]:
    """Segments of `length` seconds, the last with what remains."""
    count = max(1, math.ceil(duration / length))
    if count > 1 and duration - (count - 1) * length < _LEAST:
        count -= 1
    return _between([index * length for index in range(count)], duration)


def key_frame_grid(key_frames: Sequence[float], duration: float, length: float = LENGTH) -> list[Segment] | None:
    """Segments that begin at key frames, each as near to `length` as these allow.

    None when the key frames lie too far apart to be of use (a segment above 60 s): such a source is transcoded.
    """
    # Less than a second at the end belongs to the piece before it.
    later = [time for time in sorted(key_frames) if _LEAST < time < duration - 1]
    bounds = [0.0]
    for position, time in enumerate(later):
        aim = bounds[-1] + length
        following = later[position + 1] if position + 1 < len(later) else duration
        # This one ends the segment unless the next one comes nearer to the aim.
        if time >= aim or abs(time - aim) <= abs(following - aim) + _LEAST:
            bounds.append(time)
    segments = _between(bounds, duration)
    return None if any(segment.length > LONGEST for segment in segments) else segments


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise Invalid(f"{name} must be a number.") from None
    if not math.isfinite(value):
        raise Invalid(f"{name} must be a number.")
    return value


def read_flag(text: str | None, name: str) -> bool:
    """`1` or `0` (also true/false); nothing means no. Raises `Invalid`."""
    value = (text or "0").strip().lower()
    if value not in {"0", "1", "true", "false"}:
        raise Invalid(f"{name} must be 0 or 1.")
    return value in {"1", "true"}


def read_segment(index: str, sd: str | None = None, st: str | None = None) -> Segment:
    """The segment that a URL names: `sd` its length (6), `st` its start (6 x index). Raises `Invalid`."""
    if not (index.isascii() and index.isdigit() and len(index) < 10):
        raise Invalid("segment must be a number.")
    length = min(_number(sd, "sd"), LONGEST) if sd else LENGTH
    if length <= 0:
        raise Invalid("sd must be above 0.")
    start = _number(st, "st") if st else int(index) * LENGTH
    if start < 0:
        raise Invalid("st must not be negative.")
    return Segment(int(index), start, length)


def read_duration(text: str | None) -> float:
    """The `duration` of a subtitle playlist, in seconds. Raises `Invalid`."""
    if not text:
        raise Invalid("duration is required.")
    duration = _number(text, "duration")
    if duration < 0:
        raise Invalid("duration must not be negative.")
    return duration
