"""Inside a worker process: feeds that yt-dlp is given, read as handlers of tasks read them (docs/contract/tasks.md 6).

So by hand, by a timer and by a sweep an entry has one address and one identity. yt-dlp's own reader takes RSS 2.0 that
is flawless XML, and of each item the first enclosure, were it a picture.
"""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from yt_dlp.extractor.generic import GenericIE

from dlambda.domain.tasks.feed import FeedItem, with_own_guids

if TYPE_CHECKING:
    from dlambda.media.handlers.rss import Document

_HEAD_BYTES: Final = 8192
_BEGINS_A_FEED: Final = re.compile(rb"<(?:[\w.-]{1,50}:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
# Behind a byte order mark, blanks, declarations and comments.
_IS_RSS: Final = re.compile(
    rb"(?:\xef\xbb\xbf|\s+|<\?[^>]{0,1000}\?>|<!--.{0,4000}?-->|<![^>-][^>]{0,1000}>)*+<rss[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_DETECTED: Final = "<rss/>"  # what yt-dlp takes for a feed, and hands to its reader


class _Read:
    """A response whose body has been read."""

    def __init__(self, response: Any, body: bytes) -> None:
        self._response = response
        self._body = body

    def read(self) -> bytes:
        return self._body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)


_read_content = GenericIE._webpage_read_content  # noqa: SLF001
_original_rss = GenericIE._extract_rss  # noqa: SLF001


def _content(self: Any, urlh: Any, *arguments: Any, prefix: bytes | None = None, **options: Any) -> Any:
    """The page as text; of a feed a sign that it is one, for `_playlist`."""
    self.dlambda_feed = None
    remainder = urlh.read()
    document = _document((prefix or b"") + remainder, urlh.url, str(urlh.headers.get("Content-Type") or ""))
    if document is None:
        return _read_content(self, _Read(urlh, remainder), *arguments, prefix=prefix, **options)
    self.dlambda_feed = document
    return _DETECTED


def _document(body: bytes, url: str, content_type: str) -> "Document | None":
    """None for what is no feed, or an empty one that is not RSS: other pages may begin alike."""
    if not _BEGINS_A_FEED.search(body[:_HEAD_BYTES].replace(b"\0", b"")):
        return None
    from dlambda.media.handlers.rss import read_document  # loads lxml, and few pages are feeds

    try:
        document = read_document(body, url, content_type)
        items = list(document.items)
    except ValueError:
        return None
    return replace(document, items=iter(items)) if items or _IS_RSS.match(body) else None


def _playlist(self: Any, url: str, *arguments: Any) -> Any:
    document: Document | None = getattr(self, "dlambda_feed", None)
    if document is None:  # yt-dlp sees RSS where we do not
        return _original_rss(self, url, *arguments)
    return {
        "_type": "playlist",
        "id": url,
        "title": document.title or None,
        "description": document.description or None,
        "entries": [_entry(item) for item in with_own_guids(list(document.items))],
    }


def _entry(item: FeedItem) -> dict[str, Any]:
    return {**item.told, "_type": "url_transparent", "url": item.hinted_url}


def install() -> None:
    """Makes yt-dlp's reader of any page read feeds so."""
    GenericIE._webpage_read_content = _content  # noqa: SLF001
    GenericIE._extract_rss = _playlist  # noqa: SLF001
