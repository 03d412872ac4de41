"""Any RSS or Atom feed (docs/contract/tasks.md 6). Archive ids of its items are looked up by their URLs."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dlambda.domain.tasks.feed import Feed, FeedItem, with_own_guids
from dlambda.media.handlers import xml
from dlambda.media.handlers.client import Client, HandlerFailed, Named
from dlambda.media.handlers.feed_entries import read_entry
from dlambda.media.handlers.json_feed import read_json_feed

FAILURE = "Failed to fetch RSS/Atom feed."
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_BLANKS = codecs.BOM_UTF8 + b" \t\r\n"
_ENDINGS = (".rss", ".atom", ".xml")


class RssGenericHandler(Named):
    knows_archive_ids = False

    def takes(self, url: str) -> bool:
        return _names_a_feed(url)

    def fetch(self, url: str, client: Client) -> Feed:
        if not self.takes(url):
            raise HandlerFailed("Unrecognized RSS/Atom feed URL.")
        answer = client.revisit(url, FAILURE)
        try:
            entries = client.items(read_feed(answer.body, answer.url, answer.headers.get("content-type", "")))
        except ValueError as error:
            raise HandlerFailed(FAILURE, str(error)) from None
        items = with_own_guids(entries)
        return Feed(items, {"feed_url": url, "entry_count": len(items)})


def _names_a_feed(url: str) -> bool:
    """Plain searches and no pattern: an address may be as long as a body, and is looked at before anything else."""
    address_match = _ADDRESS.match(url)
    if address_match is None:
        return False
    address = address_match[0].lower()
    ends = len(address) == len(url.rstrip()) and address.endswith(_ENDINGS)
    return ends or "handler=rss" in address or any(f"{ending}?" in address for ending in _ENDINGS)


@dataclass(frozen=True)
class Document:
    """A feed: its entries that have an address, in order, read as they are taken, and what it says of itself."""

    items: Iterator[FeedItem]
    title: str = ""
    description: str = ""


def read_document(body: bytes, base: str, content_type: str = "") -> Document:
    """RSS, Atom or JSON Feed. Raises `ValueError` for what is no feed."""
    if body.lstrip(_BLANKS).startswith(b"{"):
        return Document(item for item in read_json_feed(body, base, content_type) if item.url)
    root = xml.read_xml(body, content_type)
    items = (read_entry(entry, base) for entry in xml.entries(root))
    about = xml.Parts(xml.channel_of(root))
    return Document(
        (item for item in items if item.url),
        title=about.text((xml.RSS, "title"), (xml.ATOM, "title")),
        description=about.text((xml.RSS, "description"), (xml.ATOM, "subtitle"), (xml.ATOM, "tagline")),
    )


def read_feed(body: bytes, base: str, content_type: str = "") -> Iterator[FeedItem]:
    """The entries alone."""
    return read_document(body, base, content_type).items
