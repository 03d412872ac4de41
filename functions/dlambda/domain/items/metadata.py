"""Facts of an item from an extraction's metadata (docs/contract/downloads.md 2.3, 5.4, 5.6). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dlambda.domain.items.item import DESCRIPTION_LIMIT, Item
from dlambda.domain.web.http_date import http_date

Info = Mapping[str, Any]

# A site may say what it wants; a record is limited, and an archive's entry as well.
_TITLE_LIMIT = 1000
_ID_LIMIT = 250
_EXTRA_LIMIT = 2000

_WARNINGS = (
    "this live event will begin",
    "video unavailable. this video is private",
    "this video is available to this channel",
    "private video. sign in if you've been granted access to this video",
    "[youtube] premieres in",
    "falling back on generic information extractor",
    "url could be a direct video link, returning it as such",
)
# yt-dlp's readers of any page: of links, and of HTML's own players.
_NAMED_BY_FILES = frozenset({"generic", "html5mediaembed"})
_PLAYLIST_KEYS = ("id", "title", "uploader", "uploader_id", "channel", "channel_id", "webpage_url")


def best_thumbnail(thumbnails: object) -> str | None:
    """The URL of the best of a list, by preference, width, height, id, URL."""
    if not isinstance(thumbnails, Sequence) or isinstance(thumbnails, str):
        return None
    usable = [thumbnail for thumbnail in thumbnails if isinstance(thumbnail, Mapping) and thumbnail.get("url")]
    if not usable:
        return None

    def rank(thumbnail: Info) -> tuple[float, float, float, str, str]:
        numbers = [thumbnail.get(key) for key in ("preference", "width", "height")]
        first, second, third = (value if isinstance(value, int | float) else -1 for value in numbers)
        return first, second, third, str(thumbnail.get("id") or ""), str(thumbnail["url"])

    return str(max(usable, key=rank)["url"])


def is_youtube(info: Info) -> bool:
    return str(info.get("extractor_key") or info.get("ie_key") or "").lower().startswith("youtube")


def is_generic(info: Info) -> bool:
    """True if its id is the name of a file or of a page, as that of anything else may be."""
    return str(info.get("extractor_key") or info.get("extractor") or "").lower() in _NAMED_BY_FILES


def archive_for(item: Item, info: Info, *, by_system_preset: bool) -> str | None:
    """The name of the archive that marks an item with this metadata.

    The generic extractor's ids are file names: with a system preset they mark nothing, unless a task brings the file
    from a feed that has named it (downloads.md 5.8). Who adds a feed by hand once more wants it once more.
    """
    names_entry = item.entry_archive_id and "source_handler" in item.extras
    by_name = is_generic(info) and not names_entry
    return None if by_name and by_system_preset else item.archive


def is_upcoming(info: Info) -> bool:
    return info.get("live_status") == "is_upcoming"


def is_live(info: Info) -> bool:
    return bool(info.get("is_live")) or info.get("live_status") == "is_live" or is_upcoming(info)


def is_premiere(info: Info) -> bool:
    """ytdlp.md 10: a video shown like a stream."""
    runs = bool(info.get("is_live")) and bool(info.get("duration"))
    return info.get("media_type") == "video" and (runs or is_upcoming(info))


def archive_id(info: Info) -> str | None:
    """`<extractor lowercase> <id>`, the line that a download archive has for it."""
    key = info.get("extractor_key") or info.get("ie_key") or info.get("extractor")
    if not key or not info.get("id") or len(str(info["id"])) > _ID_LIMIT:
        return None
    return f"{str(key).lower()} {info['id']}"


def archive_ids(info: Info, entry_id: str) -> tuple[str | None, tuple[str, ...]]:
    """The archive id of an extraction and its further ones. That of a feed's entry stands for a file's mere name."""
    own = entry_id if entry_id and is_generic(info) else archive_id(info)
    old_ids = (*(info.get("_old_archive_ids") or ()), entry_id)
    return own, tuple(dict.fromkeys(old_id for old_id in old_ids if old_id and old_id != own))


def extras_of(info: object) -> dict[str, Any]:
    """The `extras` that metadata gives (downloads.md 2.3); `{}` for what is no object."""
    if not isinstance(info, Mapping) or not info:
        return {}
    extras: dict[str, Any] = {}
    thumbnail = best_thumbnail(info.get("thumbnails")) or info.get("thumbnail")
    if not thumbnail and is_youtube(info) and info.get("id"):
        thumbnail = f"https://img.youtube.com/vi/{info['id']}/maxresdefault.jpg"
    if thumbnail:
        extras["thumbnail"] = thumbnail
    extras |= {key: info[key] for key in ("uploader", "channel") if info.get(key)}
    if "duration" in info:
        extras["duration"] = info["duration"]
    if release := info.get("release_timestamp"):
        extras["release_in"] = http_date(release)
        if is_upcoming(info):
            extras["live_in"] = extras["release_in"]
            extras["is_live"] = release
    extras |= {key: value for key, value in info.items() if key.startswith("playlist") and value}
    extras["is_premiere"] = is_premiere(info)
    return {key: value for key, value in extras.items() if _is_short(value)}


def fields_of(info: Info, *, url: str, description_limit: int = DESCRIPTION_LIMIT) -> dict[str, Any]:
    """The item fields that metadata gives. A longer description stays in the stored extraction."""
    return {
        "source_id": str(info.get("id") or "")[:_ID_LIMIT],
        "title": title_of(info, url=url),
        "description": str(info.get("description") or "")[:description_limit],
        "url": page_of(info, url=url),
        "archive_id": archive_id(info),
        "is_live": is_live(info),
    }


def page_of(info: Info, *, url: str) -> str:
    """The page of a video; `url` where its extractor names none that a browser could open."""
    page = plain_url(str(info.get("webpage_url") or info.get("url") or url))
    return page if page.startswith(("http://", "https://")) else url


def title_of(info: Info, *, url: str) -> str:
    return str(info.get("title") or info.get("id") or url)[:_TITLE_LIMIT]


def _is_short(value: object) -> bool:
    return len(str(value)) <= _EXTRA_LIMIT


def plain_url(url: str) -> str:
    """Without the hints that one extractor hides in a URL for another."""
    return url.partition("#__youtubedl_smuggle")[0]


def has_formats(info: Info) -> bool:
    return bool(info.get("formats") or info.get("requested_formats") or info.get("url"))


def is_complete(entry: Info) -> bool:
    """True if an entry of a playlist needs no extraction (downloads.md 5.4); it may turn out to have no formats."""
    is_video = (entry.get("_type") or "video") == "video"
    return bool(entry.get("formats")) or (is_video and ("formats" in entry or bool(entry.get("url"))))


def playlist_extras(playlist: Info, entry: Info, index: int, autonumber: int) -> dict[str, Any]:
    """The extras of an entry with its numbers (1-based) in its list; they replace its parent's (downloads.md 5.4)."""
    short_values = {key: playlist[key] for key in _PLAYLIST_KEYS if playlist.get(key) and _is_short(playlist[key])}
    extras: dict[str, Any] = {"playlist": short_values.get("title") or short_values.get("id")}
    extras |= {f"playlist_{key}": value for key, value in short_values.items()}
    count = playlist["playlist_count"]
    extras |= {
        "playlist_count": count,
        "n_entries": entry.get("n_entries") or count,
        "__last_playlist_index": playlist["last_index"],
        "playlist_index": index,
        "playlist_index_number": index,
        "playlist_autonumber": autonumber,
    }
    thumbnail = best_thumbnail(entry.get("thumbnails")) or entry.get("thumbnail")
    if not thumbnail and is_youtube(entry) and entry.get("id"):
        thumbnail = f"https://img.youtube.com/vi/{entry['id']}/maxresdefault.jpg"
    if thumbnail and _is_short(thumbnail):
        extras["thumbnail"] = thumbnail
    return extras


def autonumber_of(extras: Info) -> int:
    """The number for `%(autonumber)s`: the place among the entries of a list, or among those added at once."""
    batch = extras.get("batch_index")
    number = extras.get("autonumber", batch + 1 if isinstance(batch, int) else 1)
    return number if isinstance(number, int) and number > 0 else 1


def telling(warnings: Iterable[str]) -> list[str]:
    """The warnings that belong in an item's message (downloads.md 5.6), each once."""
    return list(dict.fromkeys(text for text in warnings if any(part in text.lower() for part in _WARNINGS)))
