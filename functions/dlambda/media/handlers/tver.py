"""Episodes of a TVer series, by the two calls that its web player makes (docs/contract/tasks.md 6)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from dlambda.domain.tasks.feed import Feed, FeedItem
from dlambda.media.handlers.client import Client, HandlerFailed, Named

FAILURE = "Failed to fetch Tver feed."
_SERIES = re.compile(r"https?://(?:www\.|m\.)?tver\.jp/series/(sr[a-z0-9_]+)/?(?:[?#].*)?", re.IGNORECASE | re.DOTALL)
_REGISTER = "https://platform-api.tver.jp/v2/api/platform_users/browser/create"
_EPISODES = "https://platform-api.tver.jp/service/api/v1/callSeriesEpisodes"
_HEADERS = {"x-tver-platform-type": "web", "Origin": "https://tver.jp", "Referer": "https://tver.jp/"}


class TverHandler(Named):
    knows_archive_ids = True

    def takes(self, url: str) -> bool:
        return _SERIES.fullmatch(url) is not None

    def fetch(self, url: str, client: Client) -> Feed:
        client = client.begun()
        series = _SERIES.fullmatch(url)
        if series is None:
            raise HandlerFailed("Unrecognized Tver series URL.")
        address = f"{_EPISODES}/{series[1].lower()}"
        query = urlencode(_visitor(client))
        answer = client.read_json(f"{address}?{query}", FAILURE, headers=_HEADERS)
        items = client.items(item for content in _episodes(answer) if (item := _item(content)))
        return Feed(items, {"feed_url": address, "has_entries": bool(items)})


def _visitor(client: Client) -> dict[str, str]:
    """The id and token that the site gives to every new visitor."""
    headers = _HEADERS | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.read_json(_REGISTER, FAILURE, method="POST", body=b"device_type=pc", headers=headers)
    result = _map(_map(answer).get("result"))
    visitor = {name: result.get(name) for name in ("platform_uid", "platform_token")}
    if not all(isinstance(value, str) and value for value in visitor.values()):
        raise HandlerFailed(FAILURE, "The site gave no platform_uid and platform_token")
    return {name: str(value) for name, value in visitor.items()}


def _episodes(answer: Any) -> Iterator[Mapping[str, Any]]:
    """The episodes of all season blocks."""
    for block in _list(_map(_map(answer).get("result")).get("contents")):
        for entry in _list(_map(block).get("contents")):
            if _map(entry).get("type") == "episode":
                yield _map(entry["content"]) if "content" in entry else {}


def _item(content: Mapping[str, Any]) -> FeedItem | None:
    episode = str(content.get("id") or "")
    if not episode:
        return None
    thumbnail = str(content.get("thumbnailPath") or "")
    return FeedItem(
        url=f"https://tver.jp/episodes/{episode}",
        title=str(content.get("title") or ""),
        archive_id=f"tver {episode}",
        metadata={name: value for name, value in content.items() if name not in {"id", "title"}},
        thumbnail=f"https://image-cdn.tver.jp/w=800{thumbnail}" if thumbnail else "",
        description=str(content.get("description") or ""),
    )


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
