"""Bodies of `/get_video` and its sisters (docs/contract/hostapi.md, Tasks: endpoints)."""

from collections.abc import Mapping
from typing import Any

from dlambda.domain.orders.order import Kind
from dlambda.domain.orders.output import AUDIO, VIDEO, read_output
from dlambda.domain.orders.timestamp import read_moment, read_number
from dlambda.domain.web.urls import check_syntax, item_url
from dlambda.domain.ytdlp.selector import check_selector
from dlambda.errors import Invalid, Required

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off", ""})


def parse_order_request(kind: Kind, body: object) -> tuple[str, dict[str, Any]]:
    """URL and options, defaults filled in. Raises `Required` or `Invalid` with a text that names the field."""
    if not isinstance(body, Mapping):
        raise Invalid("The body must be a JSON object with url.")
    url = _url(body.get("url"))
    if kind is Kind.GET_INFO:
        return url, {}
    options: dict[str, Any] = {}
    if kind.has_video:
        options["video_format"] = check_selector(_or_default(body, "video_format", "bestvideo"), "video_format")
    options["audio_format"] = check_selector(_or_default(body, "audio_format", "bestaudio"), "audio_format")
    output = _or_default(body, "output_format", "mp4" if kind.has_video else None)
    if output is not None:
        options["output_format"] = read_output(output, VIDEO if kind.has_video else AUDIO)
    return url, options | (_window(body) if kind.is_live else _clip(body))


def clip_of(options: Mapping[str, Any]) -> tuple[float, float | None] | None:
    """Begin and end (None: the source's) of the part that is wanted, in seconds; None for the whole."""
    begin, end = options.get("start_time"), options.get("end_time")
    if begin is None and end is None:
        return None
    return (
        0.0 if begin is None else read_moment(begin, "start_time"),
        None if end is None else read_moment(end, "end_time"),
    )


def format_of(kind: Kind, options: Mapping[str, Any]) -> str:
    """The selector for yt-dlp; a source that has only combined formats gives those."""
    if kind.has_video:
        return f"({options['video_format']})+({options['audio_format']})/best"
    return f"({options['audio_format']})/bestaudio/best"


def _or_default(body: Mapping[str, Any], name: str, default: str | None) -> Any:
    """Null and an empty text mean the default."""
    value = body.get(name)
    return default if value is None or value == "" else value


def _url(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Required("url is required.")
    url = item_url(value)
    try:
        check_syntax(url)
    except Invalid as error:
        raise Invalid(f"url: {error.message}") from None
    return url


def _flag(value: object, field: str) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise Invalid(f"{field} must be true or false.")


def _clip(body: Mapping[str, Any]) -> dict[str, Any]:
    """The times stay as they were written: `/status` shows them so."""
    options: dict[str, Any] = {
        name: body[name] for name in ("start_time", "end_time") if _or_default(body, name, None) is not None
    }
    clip = clip_of(options)
    if clip and clip[1] is not None and clip[1] <= clip[0]:
        raise Invalid("end_time must be later than start_time.")
    options["force_keyframes"] = _flag(_or_default(body, "force_keyframes", "false"), "force_keyframes")
    return options


def _window(body: Mapping[str, Any]) -> dict[str, Any]:
    if _or_default(body, "duration", None) is None:
        raise Required("duration is required.")
    duration = read_number(body["duration"], "duration")
    if duration <= 0:
        raise Invalid("duration must be more than 0 seconds.")
    return {"start": read_number(_or_default(body, "start", "0"), "start"), "duration": duration}
