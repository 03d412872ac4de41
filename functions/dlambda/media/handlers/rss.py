"""Any RSS or Atom feed (docs/contract/tasks.md 6). Archive ids of its items are looked up by their URLs."""

import re
from collections.abc import Iterator
from itertools import chain

from dlambda.domain.tasks.feed import Feed, FeedItem
from dlambda.media.handlers import xml
from dlambda.media.handlers.client import Client, HandlerFailed, Named
from dlambda.media.handlers.texts import resolve

FAILURE = "Failed to fetch RSS/Atom feed."
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_ENDINGS = (".rss", ".atom", ".xml")


class RssGenericHandler(Named):
    knows_archive_ids = False

    def takes(self, url: str) -> bool:
        return _names_a_feed(url)

    def fetch(self, url: str, client: Client) -> Feed:
        if not self.takes(url):
            raise HandlerFailed("Unrecognized RSS/Atom feed URL.")
        answer = client.read(url, FAILURE)
        try:
            items = client.items(read_feed(answer.body, answer.url, answer.headers.get("content-type", "")))
        except ValueError as error:
            raise HandlerFailed(FAILURE, str(error)) from None
        return Feed(items, {"feed_url": url, "entry_count": len(items)})


def _names_a_feed(url: str) -> bool:
    """Plain searches and no pattern: an address may be as long as a body, and is looked at before anything else."""
    found = _ADDRESS.match(url)
    if found is None:
        return False
    address = found[0].lower()
    ends = len(address) == len(url.rstrip()) and address.endswith(_ENDINGS)
    return ends or "handler=rss" in address or any(f"{ending}?" in address for ending in _ENDINGS)


def read_feed(body: bytes, base: str, content_type: str = "") -> Iterator[FeedItem]:
    """The entries that have a URL, in order, each read when it is taken. Raises `ValueError` for what is no feed."""
    root = xml.read_xml(body, content_type)
    found = (_atom_item(entry, base) for entry in xml.entries(root))
    first = next(found, None)
    rest = (_rss_item(element, base) for element in xml.items(root)) if first is None else chain([first], found)
    return (item for item in rest if item.url)


def _atom_item(entry: xml.Element, base: str) -> FeedItem:
    link = xml.attribute(entry, f"{xml.ATOM}link[@rel='alternate']", "href") or xml.attribute(
        entry, f"{xml.ATOM}link", "href"
    )
    description = xml.media_description(entry) or xml.child_text(entry, f"{xml.ATOM}summary", f"{xml.ATOM}content")
    return FeedItem(
        url=resolve(base, link),
        title=xml.child_text(entry, f"{xml.ATOM}title"),
        metadata=_published(xml.child_text(entry, f"{xml.ATOM}published")),
        thumbnail=xml.media_thumbnail(entry, base),
        description=description,
    )


def _rss_item(element: xml.Element, base: str) -> FeedItem:
    link = (
        xml.plain(element, "link")
        or xml.attribute(element, f"{xml.MEDIA}content", "url")
        or xml.attribute(element, f"{xml.MEDIA}group/{xml.MEDIA}content", "url")
        or xml.attribute(element, "enclosure", "url")
    )
    description = (
        xml.media_description(element)
        or xml.plain(element, "description")
        or xml.child_text(element, f"{xml.CONTENT}encoded")
    )
    return FeedItem(
        url=resolve(base, link),
        title=xml.plain(element, "title"),
        metadata=_published(xml.plain(element, "pubDate")),
        thumbnail=xml.media_thumbnail(element, base),
        description=description,
    )


def _published(when: str) -> dict[str, str]:
    return {"published": when} if when else {}
