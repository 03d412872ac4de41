"""JSON Feed (jsonfeed.org, versions 1 and 1.1) in place of XML."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dlambda.domain.tasks.entry_date import read_date
from dlambda.domain.tasks.feed import FeedItem
from dlambda.domain.web.web_address import is_web_address
from dlambda.media.handlers.feed_entries import plays
from dlambda.media.handlers.texts import parse_json, resolve

_TEXTS: Final = ("summary", "content_text", "content_html")


def read_json_feed(body: bytes, base: str, content_type: str = "") -> Iterator[FeedItem]:
    """The entries, in order. Raises `ValueError` for what is no JSON Feed."""
    try:
        feed = parse_json(body, content_type)
    except (ValueError, RecursionError):
        raise ValueError("The answer is no RSS or Atom feed") from None
    entries = feed.get("items") if isinstance(feed, dict) and "jsonfeed.org" in str(feed.get("version")) else None
    if not isinstance(entries, list):
        raise ValueError("The answer is no RSS or Atom feed")  # noqa: TRY004 what sites send is a value
    return (_item(entry, base) for entry in entries if isinstance(entry, dict))


def _item(entry: Mapping[str, Any], base: str) -> FeedItem:
    parts = entry.get("attachments")
    attachments = [part for part in (parts if isinstance(parts, list) else ()) if isinstance(part, dict)]
    playing = [part for part in attachments if plays(_text(part, "url"), _text(part, "mime_type"))]
    files = [url for part in playing if is_web_address(url := resolve(base, _text(part, "url")))]
    pages = [resolve(base, _text(entry, name)) for name in ("url", "external_url", "id")]
    page = next((url for url in pages if is_web_address(url)), "")
    url = files[0] if files else page
    return FeedItem(
        url=url,
        title=_text(entry, "title"),
        metadata=_metadata(entry, playing),
        thumbnail=resolve(base, _text(entry, "image") or _text(entry, "banner_image")),
        description=next((text for name in _TEXTS if (text := _text(entry, name))), ""),
        guid=" ".join(_text(entry, "id").split()),
        is_file=bool(files or plays(url)),
    ).telling()


def _metadata(entry: Mapping[str, Any], playing: list[dict[str, Any]]) -> dict[str, Any]:
    published = _text(entry, "date_published")
    moment = read_date(published)
    seconds = playing[0].get("duration_in_seconds") if playing else None
    fields = {
        "published": published,
        "timestamp": int(moment.timestamp()) if moment else None,
        "duration": int(seconds) if isinstance(seconds, int | float) and 0 < seconds < float("inf") else None,
    }
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    return str(value).strip() if isinstance(value, str | int) else ""
