"""A probe as it is published: the tool's own shape and the one that clients read (docs/contract/files.md 3)."""

from collections.abc import Mapping
from typing import Any

_STILLS = frozenset({"png", "mjpeg", "gif", "bmp", "tiff", "webp"})
_KINDS = ("video", "audio", "subtitle", "attachment")


def framerate(stream: Mapping[str, Any]) -> int | None:
    """The average rate, rounded; 0 for `0/0`, null when it cannot be read."""
    above, _, below = str(stream.get("avg_frame_rate", "")).partition("/")
    try:
        divisor = float(below or 1)
        return round(float(above) / divisor) if divisor else 0
    except (ValueError, OverflowError):
        return None


def published(probe: Mapping[str, Any], path: str) -> dict[str, Any]:
    """`probe` is `{"format", "streams"}`, and `chapters` where the tool knows them.

    `path` replaces the name of what was probed, which may be a signed URL.
    """
    shape = {**probe.get("format", {}), "filename": path}
    streams = [{**stream, "framerate": framerate(stream)} for stream in probe.get("streams", ())]
    by_kind: dict[str, list[dict[str, Any]]] = {
        kind: [stream for stream in streams if stream.get("codec_type") == kind] for kind in _KINDS
    }
    # A cover picture is a video stream, too.
    by_kind["video"] = [stream for stream in by_kind["video"] if stream.get("codec_name") not in _STILLS]
    return {
        "format": shape,
        "streams": streams,
        "metadata": shape,
        **by_kind,
        "chapters": list(probe.get("chapters", ())),
        "is_video": bool(by_kind["video"]),
        "is_audio": bool(by_kind["audio"]),
    }
