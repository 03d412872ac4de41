"""Which qualities a source offers, and parts of its metadata (docs/contract/hostapi.md, Files)."""

from collections.abc import Collection, Mapping
from typing import Any

Info = Mapping[str, Any]
_LEFT_OUT = ("unknown", "storyboard")
QUALITIES = "qualities"


def qualities(info: Info) -> dict[str, Any]:
    """Audio by bitrate, video by height and frame rate, ascending; keyed by format id."""
    formats = [each for each in info.get("formats") or () if isinstance(each, Mapping) and not _is_left_out(each)]
    audio = [each for each in formats if _has(each, "acodec") and not _has(each, "vcodec") and each.get("abr")]
    video = [each for each in formats if _has(each, "vcodec") and each.get("height") and each.get("fps")]
    return {
        "audio": {str(each.get("format_id")): _audio(each) for each in sorted(audio, key=lambda each: each["abr"])},
        "video": {
            str(each.get("format_id")): _video(each)
            for each in sorted(video, key=lambda each: (each["height"], each["fps"]))
        },
    }


def chosen(info: Info, names: Collection[str]) -> dict[str, Any]:
    """The top-level keys among `names` that exist, and `qualities` when it is asked for. Empty: none exists."""
    found: dict[str, Any] = {QUALITIES: qualities(info)} if QUALITIES in names else {}
    return found | {name: info[name] for name in names if name in info and name != QUALITIES}


def _is_left_out(each: Info) -> bool:
    note = str(each.get("format_note") or "").lower()
    return any(word in note for word in _LEFT_OUT)


def _has(each: Info, codec: str) -> bool:
    return each.get(codec) not in (None, "", "none")


def _whole(value: object) -> int:
    return round(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _size(each: Info) -> int:
    return _whole(each.get("filesize")) or _whole(each.get("filesize_approx"))


def _audio(each: Info) -> dict[str, Any]:
    return {
        "abr": _whole(each["abr"]),
        "acodec": each.get("acodec"),
        "audio_channels": _whole(each.get("audio_channels")),
        "language": each.get("language"),
        "filesize": _size(each),
    }


def _video(each: Info) -> dict[str, Any]:
    return {
        "height": _whole(each["height"]),
        "width": _whole(each.get("width")),
        "fps": _whole(each["fps"]),
        "vcodec": each.get("vcodec"),
        "format_note": each.get("format_note"),
        "dynamic_range": each.get("dynamic_range"),
        "filesize": _size(each),
    }
