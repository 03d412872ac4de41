"""NFO files, which media servers read beside a video (docs/contract/downloads.md 7)."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal, cast, get_args
from xml.sax.saxutils import escape

from dlambda.domain.files.description import plot_of
from dlambda.errors import Invalid

NfoType = Literal["tv", "movie"]
_Line = tuple[str, Mapping[str, str], Any]  # tag, attributes, value

# Characters that XML 1.0 cannot hold at all, not even escaped.
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_QUOTE = {'"': "&quot;"}
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
# The first of these days that is known; times in seconds follow the dates that yt-dlp may lack.
_DATES = ("release_date", "release_timestamp", "upload_date", "timestamp", "aired", "premiered")
_MOST_DIGITS = 9


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


def _day_of(info: Mapping[str, Any]) -> date | None:
    """When it was released, else uploaded, else what the metadata call `aired` or `premiered`."""
    days = (_day_of_time(info.get(name)) if "timestamp" in name else _date(info.get(name)) for name in _DATES)
    return next((day for day in days if day is not None), None)


def _day_of_time(value: object) -> date | None:
    """The day (UTC) of a time in seconds since 1970."""
    try:
        return datetime.fromtimestamp(float(str(value)), UTC).date()
    except (OverflowError, ValueError, OSError):
        return None


def _number(value: object) -> int | None:
    """A whole number that is not negative, also as text; None for anything else: media servers read numbers."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _first_number(info: Mapping[str, Any], *names: str) -> int | None:
    return next((number for number in (_number(info.get(name)) for name in names) if number is not None), None)


def computed_id(stem: str, day: date | None) -> str:
    """`1`, month and day (`0000`: unknown), and four digits that follow from the file's name: the same file, the same
    id.
    """
    digest = hashlib.sha256(stem.lower().encode()).hexdigest()
    digits = "".join(str(ord(character)) for character in digest)
    return f"1{_month_and_day(day) or '0000'}{digits[:4]}"


def _month_and_day(day: date | None) -> str | None:
    return None if day is None else f"{day:%m%d}"


def _year(info: Mapping[str, Any], day: date | None, *names: str) -> int | None:
    """The first year of `names` that is known, else that of the day."""
    year = _first_number(info, *names)
    return day.year if year is None and day is not None else year


def _episode(info: Mapping[str, Any], day: date | None, identity: str, *, prefix: bool) -> int | str:
    """Its number, else month and day, with a `1` before them (`0102` would be read as 102), else the computed id."""
    number = _first_number(info, "episode_number", "episode")
    if number is not None:
        return number
    if day is None:
        return identity
    return f"1{day:%m%d}" if prefix else f"{day:%m%d}"


def _tv(info: Mapping[str, Any], day: date | None, identity: str, *, prefix: bool) -> list[_Line]:
    season = _first_number(info, "season_number", "season")
    return [
        ("title", {}, info.get("title")),
        ("season", {}, _year(info, day, "year", "release_year") if season is None else season),
        ("episode", {}, _episode(info, day, identity, prefix=prefix)),
        ("aired", {}, day and day.isoformat()),
        ("uniqueid", {"type": "cmdb"}, identity),
        ("uniqueid", {"type": str(info.get("extractor") or "")}, info.get("id") if info.get("extractor") else None),
        ("plot", {}, plot_of(str(info.get("description") or ""))),
    ]


def _seconds(value: object) -> int | None:
    """A length as a whole number of seconds."""
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        return None


def _movie(info: Mapping[str, Any], day: date | None, identity: str) -> list[_Line]:
    thumbnail = str(info.get("thumbnail") or "")
    return [
        ("title", {}, info.get("title")),
        ("plot", {}, plot_of(str(info.get("description") or ""))),
        ("runtime", {}, _seconds(info.get("duration"))),
        ("thumb", {"aspect": "poster", "preview": thumbnail}, thumbnail),
        ("id", {}, info.get("id")),
        ("uniqueid", {"type": "cmdb"}, identity),
        (
            "uniqueid",
            {"type": str(info.get("extractor") or ""), "default": "true"},
            info.get("id") if info.get("extractor") else None,
        ),
        ("country", {}, info.get("language")),
        ("premiered", {}, day and day.isoformat()),
        ("year", {}, _year(info, day, "release_year", "year")),
        ("trailer", {}, info.get("webpage_url")),
    ]


def _text(value: object) -> str:
    return _NOT_XML.sub("", str(value))


def _render(root: str, lines: list[_Line], *, declaration: bool = True) -> str:
    rows = [*([_DECLARATION] if declaration else []), f"<{root}>"]
    for tag, attributes, value in lines:
        if value is not None and value != "":
            attribute_text = "".join(f' {name}="{escape(_text(text), _QUOTE)}"' for name, text in attributes.items())
            rows.append(f"  <{tag}{attribute_text}>{escape(_text(value))}</{tag}>")
    return "\n".join([*rows, f"</{root}>", ""])


def nfo_text(
    kind: NfoType, info: Mapping[str, Any], stem: str, *, prefix: bool = True, declaration: bool = True
) -> str:
    """The NFO of the media file named `stem` (no extension), from yt-dlp's `info`.

    `prefix` puts a `1` before an episode that is month and day; `declaration` is XML's first line. Raises `Invalid`
    when there is no metadata, with the text of downloads.md 4.11.
    """
    if not info:
        raise Invalid("no metadata found to write to NFO file")
    day = _day_of(info)
    identity = computed_id(stem, day)
    if kind == "tv":
        return _render("episodedetails", _tv(info, day, identity, prefix=prefix), declaration=declaration)
    return _render("movie", _movie(info, day, identity), declaration=declaration)


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
    return _render("tvshow", lines)
