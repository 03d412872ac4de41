"""YouTube channels and playlists by their feeds, which show about 15 newest entries (docs/contract/tasks.md 6)."""

import re
from urllib.parse import parse_qs, urlsplit

from dlambda.domain.tasks.feed import Feed, FeedItem
from dlambda.media.handlers import xml
from dlambda.media.handlers.client import Client, HandlerFailed, Named
from dlambda.media.handlers.feed_entries import thumbnail_of

FAILURE = "Failed to fetch YouTube feed."
_HOSTS = frozenset({"youtube.com", "www.youtube.com"})
_CHANNEL = re.compile(r"/channel/(UC[A-Za-z0-9_-]{22})/?")
_LIST = re.compile(r"[A-Za-z0-9_-]+")
# Mixes and a user's private lists have no feed.
_WITHOUT_FEED = ("RD", "WL", "LL")


class YoutubeHandler(Named):
    knows_archive_ids = True

    def takes(self, url: str) -> bool:
        return feed_url(url) is not None

    def fetch(self, url: str, client: Client) -> Feed:
        address = feed_url(url)
        if address is None:
            raise HandlerFailed("Unrecognized YouTube channel or playlist URL.")
        answer = client.read(address, FAILURE)
        try:
            root = xml.read_xml(answer.body, answer.headers.get("content-type", ""))
        except ValueError as error:
            raise HandlerFailed(FAILURE, str(error)) from None
        items = client.items(item for entry in xml.entries(root) if (item := _item(entry, address)))
        return Feed(items, {"feed_url": address, "entry_count": len(items)})


def feed_url(url: str) -> str | None:
    """The feed of a channel or playlist; None for any other URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or parts.hostname not in _HOSTS:
        return None
    channel = _CHANNEL.fullmatch(parts.path)
    if channel and not parts.query and not parts.fragment:
        return f"https://www.youtube.com/feeds/videos.xml?channel_id={channel[1]}"
    playlist = parse_qs(parts.query).get("list", [""])[0]
    if not _LIST.fullmatch(playlist):
        return None
    in_a_list = parts.path == "/watch" and not playlist.startswith(_WITHOUT_FEED)
    if parts.path.rstrip("/") == "/playlist" or in_a_list:
        return f"https://www.youtube.com/feeds/videos.xml?playlist_id={playlist}"
    return None


def _item(entry: xml.Element, base: str) -> FeedItem | None:
    parts = xml.Parts(entry)
    video = parts.text((xml.YOUTUBE, "videoid"))
    if not video:
        return None
    published = parts.text((xml.ATOM, "published"))
    return FeedItem(
        url=f"https://www.youtube.com/watch?v={video}",
        title=parts.text((xml.ATOM, "title")),
        archive_id=f"youtube {video}",
        metadata={"published": published} if published else {},
        thumbnail=thumbnail_of(parts, base),
        description=parts.text((xml.MEDIA, "description")),
    )
