"""Past broadcasts of a Twitch channel, by a public RSS service (docs/contract/tasks.md 6)."""

import re

from dlambda.domain.tasks.feed import Feed, FeedItem
from dlambda.media.handlers import xml
from dlambda.media.handlers.client import Client, HandlerFailed, Named
from dlambda.media.handlers.feed_entries import thumbnail_of
from dlambda.media.handlers.texts import resolve

FAILURE = "Failed to fetch Twitch feed."
_CHANNEL = re.compile(r"https?://(?:www\.|m\.)?twitch\.tv/([a-z0-9_]{3,25})(?:[/?#].*)?", re.IGNORECASE | re.DOTALL)
_VIDEO = re.compile(r"https?://(?:www\.|m\.)?twitch\.tv/videos/(\d+)(?:[/?#].*)?")
# First path segments that are no channel.
_PAGES = frozenset({"videos", "directory"})


class TwitchHandler(Named):
    knows_archive_ids = True

    def takes(self, url: str) -> bool:
        return _channel(url) is not None

    def fetch(self, url: str, client: Client) -> Feed:
        channel = _channel(url)
        if channel is None:
            raise HandlerFailed("Unrecognized Twitch channel URL.")
        address = f"https://twitchrss.appspot.com/vodonly/{channel}"
        answer = client.read(address, FAILURE)
        try:
            root = xml.read_xml(answer.body, answer.headers.get("content-type", ""))
        except ValueError as error:
            raise HandlerFailed(FAILURE, str(error)) from None
        items = client.items(item for element in xml.entries(root) if (item := _item(element, address)))
        return Feed(items, {"feed_url": address, "has_entries": bool(items)})


def _channel(url: str) -> str | None:
    match = _CHANNEL.fullmatch(url)
    return match[1].lower() if match and match[1].lower() not in _PAGES else None


def _item(element: xml.Element, base: str) -> FeedItem | None:
    parts = xml.Parts(element)
    link = parts.text((xml.RSS, "link"))
    video = _VIDEO.fullmatch(link)
    if not video:
        return None
    description = parts.text((xml.RSS, "description"))
    picture = xml.first_image(description)
    return FeedItem(
        url=link,
        title=parts.text((xml.RSS, "title")),
        archive_id=f"twitchvod {video[1]}",
        # The form under which yt-dlp notes a finished download.
        other_archive_ids=(f"twitchvod v{video[1]}",),
        thumbnail=resolve(base, picture) or thumbnail_of(parts, base),
        description=xml.without_tags(description),
    )
