"""Entries of a feed: their addresses, fields and identities (docs/contract/tasks.md 6)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from dlambda.domain.files.sidecar import is_media, kind_of
from dlambda.domain.tasks.entry_date import read_date
from dlambda.domain.tasks.feed import FeedItem
from dlambda.domain.web.web_address import is_web_address
from dlambda.media.handlers import xml
from dlambda.media.handlers.xml import ATOM, CONTENT, DUBLIN_CORE, ITUNES, MEDIA, PODCAST, RSS, YOUTUBE, Parts

_STREAMS: Final = frozenset(
    {
        "application/ogg",
        "application/vnd.apple.mpegurl",
        "application/x-mpegurl",
        "application/mpegurl",
        "application/dash+xml",
        "application/mp4",
        "application/vnd.ms-asf",
        "application/x-matroska",
    }
)
_NO_MEDIA_TYPES: Final = ("image/", "application/x-bittorrent", "application/pdf", "application/x-shockwave-flash")
_UNSPECIFIC_TYPES: Final = ("", "application/", "binary/", "unknown/", "text/plain")
_NO_MEDIA_ENDINGS: Final = re.compile(
    r"\.(?:html?|php|aspx?|pdf|epub|zip|torrent|xml|rss|atom|exe|apk|docx?|svg|avif|tiff?|swf|ico)$"
)
_STREAM_ENDINGS: Final = re.compile(r"\.(?:m3u8|mpd|oga|ogg|mka|mov|wmv|wma|3gp|flv|ts|aiff?|ac3|amr|weba)$")
_ALTERNATE: Final = frozenset({"", "alternate", "http://www.iana.org/assignments/relation/alternate"})
_ENCLOSURE: Final = frozenset({"enclosure", "http://www.iana.org/assignments/relation/enclosure"})
_NO_PERMANENT_LINK: Final = frozenset({"false", "no", "0"})
_RDF_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_WATCH_PAGE: Final = "https://www.youtube.com/watch?v="
_NUMBER: Final = re.compile(r"\d{1,6}")
_CLOCK: Final = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6})(?:\.\d+)?")

_TITLES: Final = (
    (RSS, "title"), (ATOM, "title"), (MEDIA, "title"), (ITUNES, "title"), (DUBLIN_CORE, "title"),
)  # fmt: skip
_DATES: Final = (
    (RSS, "pubdate"), (ATOM, "published"), (ATOM, "issued"), (DUBLIN_CORE, "date"), (RSS, "date"), (RSS, "published"),
    (ATOM, "created"), (DUBLIN_CORE, "created"), (ATOM, "updated"), (ATOM, "modified"), (RSS, "updated"),
)  # fmt: skip
_DESCRIPTIONS: Final = (
    (MEDIA, "description"), (RSS, "description"), (ATOM, "summary"), (CONTENT, "encoded"), (ATOM, "content"),
    (ITUNES, "summary"), (ITUNES, "subtitle"), (DUBLIN_CORE, "description"),
)  # fmt: skip


@dataclass(frozen=True)
class Attachment:
    """A file that an entry names; `plays`: sound or film, None where nothing tells."""

    url: str
    plays: bool | None
    rank: int = 0  # the lowest is the one that a feed recommends


def plays(url: str, content_type: str = "", medium: str = "") -> bool | None:
    """True if a file is sound or film, by what the feed says of it, else by its ending; None where nothing tells."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(("audio/", "video/")) or kind in _STREAMS:
        return True
    if kind.startswith(_NO_MEDIA_TYPES):
        return False
    ending = _playing_ending(url)
    if medium.strip().lower() in ("audio", "video") and ending is not False:
        return True
    if medium.strip():
        return False
    if ending is None and not (kind == "" or kind.startswith(_UNSPECIFIC_TYPES[1:])):
        return False
    return ending


def _playing_ending(url: str) -> bool | None:
    try:
        path = urlsplit(url).path.lower()
    except ValueError:
        return False
    if is_media(path) or _STREAM_ENDINGS.search(path):
        return True
    return False if kind_of(path) != "Unknown" or _NO_MEDIA_ENDINGS.search(path) else None


def read_entry(entry: xml.Element, feed_url: str) -> FeedItem:
    """The entry as a feed item; its `url` is `""` where it names no address."""
    parts = Parts(entry)
    attachments = [
        attachment
        for attachment in sorted(_attachments(parts, feed_url), key=lambda item: item.rank)
        if is_web_address(attachment.url)
    ]
    media = next((item.url for item in attachments if item.plays), "")
    guid = " ".join(parts.text((RSS, "guid"), (ATOM, "id")).split())
    url = media or _address(parts, feed_url, attachments)
    return FeedItem(
        url=url,
        title=_title(parts),
        metadata=_metadata(parts),
        thumbnail=thumbnail_of(parts, feed_url),
        description=parts.text(*_DESCRIPTIONS),
        guid=guid,
        is_file=bool(media or plays(url)),
    ).telling()


# Addresses


def _attachments(parts: Parts, feed_url: str) -> Iterator[Attachment]:
    """In the order of their worth: enclosures, then the contents of Media RSS with the default one first."""
    for element in parts.all(RSS, "enclosure"):
        yield _attachment(element, "url", feed_url)
    for link in _links(parts):
        if _relation(link) in _ENCLOSURE:
            yield _attachment(link, "href", feed_url)
    for content in parts.all(MEDIA, "content"):
        default = xml.attribute(content, "isDefault").lower() == "true"
        sample = xml.attribute(content, "expression").lower() == "sample"
        yield _attachment(content, "url", feed_url, rank=1 if default else 3 if sample else 2)


def _attachment(element: xml.Element, name: str, feed_url: str, rank: int = 0) -> Attachment:
    url = xml.address_of(element, xml.attribute(element, name), feed_url)
    return Attachment(url, plays(url, xml.attribute(element, "type"), xml.attribute(element, "medium")), rank)


def _links(parts: Parts) -> list[xml.Element]:
    """The links of Atom, and those of RSS that are written like them."""
    return [link for link in (*parts.all(ATOM, "link"), *parts.all(RSS, "link")) if xml.attribute(link, "href")]


def _relation(link: xml.Element) -> str:
    return xml.attribute(link, "rel").lower()


def _address(parts: Parts, feed_url: str, attachments: Iterable[Attachment]) -> str:
    """The page of an entry that no sound and no film is attached to; `""` where it has none."""
    unclear = [attachment.url for attachment in attachments if attachment.plays is None]
    enclosures = [attachment.url for attachment in attachments if attachment.plays is None and attachment.rank == 0]
    links = enclosures, _pages(parts, feed_url), unclear
    return next((url for urls in links for url in urls if is_web_address(url)), "")


def _pages(parts: Parts, feed_url: str) -> Iterator[str]:
    for link in parts.all(RSS, "link"):
        yield xml.address_of(link, xml.text_of(link), feed_url)
    for link in _links(parts):
        if _relation(link) in _ALTERNATE:
            yield xml.address_of(link, xml.attribute(link, "href"), feed_url)
    for guid in parts.all(RSS, "guid"):
        address = xml.text_of(guid)
        if xml.attribute(guid, "isPermaLink").lower() not in _NO_PERMANENT_LINK and is_web_address(address):
            yield address
    for content in parts.all(ATOM, "content"):
        yield xml.address_of(content, xml.attribute(content, "src"), feed_url)
    video = parts.text((YOUTUBE, "videoid"))
    yield _WATCH_PAGE + video if video else ""
    yield str(parts.entry.get(_RDF_ABOUT) or "")


# Fields


def _title(parts: Parts) -> str:
    """Only Atom says of a title that it is markup."""
    title = parts.text(*_TITLES)
    marked = any(
        xml.attribute(element, "type").lower() in ("html", "text/html") for element in parts.all(ATOM, "title")
    )
    return xml.without_tags(title) if marked else title


def _metadata(parts: Parts) -> dict[str, Any]:
    """Other fields under yt-dlp's names; `published` as it is written."""
    published = parts.text(*_DATES)
    moment = read_date(published)
    fields = {
        "published": published,
        "timestamp": int(moment.timestamp()) if moment else None,
        "season_number": _number(parts.text((ITUNES, "season"), (PODCAST, "season"))),
        "episode_number": _number(parts.text((ITUNES, "episode"), (PODCAST, "episode"))),
        "episode": parts.text((ITUNES, "title")),
        "duration": _seconds(parts),
    }
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _number(text: str) -> int | None:
    digits = _NUMBER.match(text)
    return int(digits[0]) if digits else None


def _seconds(parts: Parts) -> int | None:
    text = parts.text((ITUNES, "duration")) or next(parts.values(MEDIA, "content", "duration"), "")
    clock = _CLOCK.fullmatch(text)
    if not clock:
        return None
    hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    return (hours * 60 + minutes) * 60 + seconds or None


def thumbnail_of(parts: Parts, feed_url: str) -> str:
    return next((url for url in _pictures(parts, feed_url) if url), "")


def _pictures(parts: Parts, feed_url: str) -> Iterator[str]:
    """Thumbnail, iTunes image, a picture as content or enclosure."""
    attributes = (
        (MEDIA, "thumbnail", "url"),
        (ITUNES, "image", "href"),
        (MEDIA, "content", "url"),
        (RSS, "enclosure", "url"),
    )
    for vocabulary, name, address in attributes:
        for element in parts.all(vocabulary, name):
            if name in ("thumbnail", "image") or _is_picture(element):
                yield xml.address_of(element, xml.attribute(element, address), feed_url)


def _is_picture(element: xml.Element) -> bool:
    kind = xml.attribute(element, "type").lower()
    return xml.attribute(element, "medium").lower() == "image" or kind.startswith("image/")
