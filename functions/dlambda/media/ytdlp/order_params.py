"""Values among yt-dlp's parameters that orders need; they travel pickled into the worker process."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LIVE_TEXT = "The source is live: record it with /get_live_video or /get_live_audio."


@dataclass(frozen=True)
class Part:
    """The part of a video that is wanted, in seconds; yt-dlp asks for it as `download_ranges`."""

    begin: float
    end: float

    def __call__(self, _info: Mapping[str, Any], _ydl: object) -> Iterator[dict[str, float]]:
        yield {"start_time": self.begin, "end_time": self.end}


@dataclass(frozen=True)
class NotLive:
    """A `match_filter` that leaves out what would never end."""

    def __call__(self, info: Mapping[str, Any], *, incomplete: object = False) -> str | None:  # noqa: ARG002 yt-dlp's shape
        return LIVE_TEXT if info.get("is_live") else None
