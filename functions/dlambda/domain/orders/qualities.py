"""Qualities that a source offers, and parts of its metadata (docs/contract/hostapi.md, Files)."""

from collections.abc import Collection, Mapping
from typing import Any

Info = Mapping[str, Any]
_LEFT_OUT = ("unknown", "storyboard")
QUALITIES = "qualities"


def qualities(info: Info) -> dict[str, Any]:
    """Audio by bitrate, video by height and frame rate, ascending; keyed by format id."""
    formats = [
        format_ for format_ in info.get("formats") or () if isinstance(format_, Mapping) and not _is_left_out(format_)
    ]
    audio = [
        format_ for format_ in formats if _has(format_, "acodec") and not _has(format_, "vcodec") and format_.get("abr")
    ]
    video = [format_ for format_ in formats if _has(format_, "vcodec") and format_.get("height") and format_.get("fps")]
    return {
        "audio": {
            str(format_.get("format_id")): _audio(format_)
            for format_ in sorted(audio, key=lambda format_: format_["abr"])
        },
        "video": {
            str(format_.get("format_id")): _video(format_)
            for format_ in sorted(video, key=lambda format_: (format_["height"], format_["fps"]))
        },
    }


def select_fields(info: Info, names: Collection[str]) -> dict[str, Any]:
    """The top-level keys among `names` that exist, and `qualities` when it is asked for. Empty: none exists."""
    fields: dict[str, Any] = {QUALITIES: qualities(info)} if QUALITIES in names else {}
    return fields | {name: info[name] for name in names if name in info and name != QUALITIES}


def _is_left_out(format_: Info) -> bool:
    note = str(format_.get("format_note") or "").lower()
    return any(word in note for word in _LEFT_OUT)


def _has(format_: Info, codec: str) -> bool:
    return format_.get(codec) not in (None, "", "none")


def _whole(value: object) -> int:
    return round(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _size(format_: Info) -> int:
    return _whole(format_.get("filesize")) or _whole(format_.get("filesize_approx"))


def _audio(format_: Info) -> dict[str, Any]:
    return {
        "abr": _whole(format_["abr"]),
        "acodec": format_.get("acodec"),
        "audio_channels": _whole(format_.get("audio_channels")),
        "language": format_.get("language"),
        "filesize": _size(format_),
    }


def _video(format_: Info) -> dict[str, Any]:
    return {
        "height": _whole(format_["height"]),
        "width": _whole(format_.get("width")),
        "fps": _whole(format_["fps"]),
        "vcodec": format_.get("vcodec"),
        "format_note": format_.get("format_note"),
        "dynamic_range": format_.get("dynamic_range"),
        "filesize": _size(format_),
    }
