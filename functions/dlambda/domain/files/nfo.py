"""NFO files, which media servers read beside a video (docs/contract/downloads.md 7)."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, cast, get_args
from xml.sax.saxutils import escape

from dlambda.domain.files.description import plot_of
from dlambda.errors import Invalid

NfoType = Literal["tv", "movie"]
_Line = tuple[str, Mapping[str, str], Any]  # tag, attributes, value

# Characters that XML 1.0 cannot hold at all, not even escaped.
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_QUOTE = {'"': "&quot;"}


def read_nfo_type(value: object) -> NfoType:
    """`tv` or `movie`, in any case; nothing means `tv`. Raises `Invalid`."""
    kind = str(value or "tv").strip().lower()
    if kind not in get_args(NfoType):
        raise Invalid("type must be 'tv' or 'movie'.")
    return cast("NfoType", kind)


def _date(value: object) -> date | None:
    """A date as yt-dlp (`20240115`) or a page (`2024-01-15`) writes it."""
    for pattern in ("%Y%m%d", "%Y-%m-%d"):
        try:
            return datetime.strptime(str(value).strip(), pattern).date()
        except ValueError:
            continue
    return None


def _first(info: Mapping[str, Any], *names: str) -> Any:
    return next((info[name] for name in names if info.get(name) not in (None, "")), None)


def computed_id(stem: str, day: date) -> str:
    """`1`, month and day, and four digits that follow from the file's name: the same file, the same id."""
    digest = hashlib.sha256(stem.lower().encode()).hexdigest()
    digits = "".join(str(ord(character)) for character in digest)
    return f"1{day:%m%d}{digits[:4]}"


def _tv(info: Mapping[str, Any], day: date, identity: str, *, prefix: bool) -> list[_Line]:
    episode = _first(info, "episode_number", "episode") or f"{day:%m%d}"
    return [
        ("title", {}, info.get("title")),
        ("season", {}, _first(info, "season_number", "season", "year") or day.year),
        ("episode", {}, f"1{episode}" if prefix else episode),
        ("aired", {}, day.isoformat()),
        ("uniqueid", {"type": "cmdb"}, identity),
        ("uniqueid", {"type": str(info.get("extractor") or "")}, info.get("id") if info.get("extractor") else None),
        ("plot", {}, plot_of(str(info.get("description") or ""))),
    ]


def _movie(info: Mapping[str, Any], day: date, identity: str) -> list[_Line]:
    thumbnail = str(info.get("thumbnail") or "")
    duration = info.get("duration")
    return [
        ("title", {}, info.get("title")),
        ("plot", {}, plot_of(str(info.get("description") or ""))),
        ("runtime", {}, int(duration) if isinstance(duration, int | float) else None),
        ("thumb", {"aspect": "poster", "preview": thumbnail}, thumbnail),
        ("id", {}, info.get("id")),
        ("uniqueid", {"type": "cmdb"}, identity),
        (
            "uniqueid",
            {"type": str(info.get("extractor") or ""), "default": "true"},
            info.get("id") if info.get("extractor") else None,
        ),
        ("country", {}, info.get("language")),
        ("premiered", {}, day.isoformat()),
        ("year", {}, _first(info, "release_year", "year") or day.year),
        ("trailer", {}, info.get("webpage_url")),
    ]


def _text(value: object) -> str:
    return _NOT_XML.sub("", str(value))


def _rendered(root: str, lines: list[_Line]) -> str:
    rows = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', f"<{root}>"]
    for tag, attributes, value in lines:
        if value is not None and value != "":
            named = "".join(f' {name}="{escape(_text(text), _QUOTE)}"' for name, text in attributes.items())
            rows.append(f"  <{tag}{named}>{escape(_text(value))}</{tag}>")
    return "\n".join([*rows, f"</{root}>", ""])


def nfo_text(kind: NfoType, info: Mapping[str, Any], stem: str, *, prefix: bool = True) -> str:
    """The NFO of the media file named `stem` (no extension), from yt-dlp's `info`.

    `prefix` puts a `1` before the episode. Raises `Invalid` when there is no metadata or no usable date in it, with the
    texts of downloads.md 4.11.
    """
    if not info:
        raise Invalid("no metadata found to write to NFO file")
    day = _date(info.get("release_date")) or _date(info.get("upload_date"))
    if day is None:
        raise Invalid("failed to write NFO")
    identity = computed_id(stem, day)
    if kind == "tv":
        return _rendered("episodedetails", _tv(info, day, identity, prefix=prefix))
    return _rendered("movie", _movie(info, day, identity))


def show_nfo_text(info: Mapping[str, Any]) -> str:
    """The `tvshow.nfo` of a channel or playlist (tasks.md 2), of what `domain.tasks.channel.describe` makes."""
    lines: list[_Line] = [
        ("title", {}, info["title"]),
        ("plot", {}, info["description"]),
        ("id", {}, info["id"]),
        ("uniqueid", {"type": info["id_type"], "default": "true"}, info["id"]),
        ("studio", {}, info["uploader"]),
        *(("tag", {}, tag) for tag in info["tags"]),
        ("year", {}, info["year"]),
        ("status", {}, "Continuing"),
    ]
    return _rendered("tvshow", lines)
