"""Twitch feeds: docs/contract/tasks.md 6."""

import pytest

from dlambda.media.handlers.client import HandlerFailed
from dlambda.media.handlers.twitch import TwitchHandler
from tests.media.canned import Web, client_of

FEED = "https://twitchrss.appspot.com/vodonly/test_username"
RSS = """<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>x</title>
<item><title>Stream one</title><link>https://www.twitch.tv/videos/123</link>
 <description>&lt;a href="x"&gt;&lt;img src="https://cdn.example/1.jpg" /&gt;&lt;/a&gt;</description></item>
<item><title>Stream two</title><link>https://www.twitch.tv/videos/456</link>
 <description>Some  &lt;b&gt;bold&lt;/b&gt;
 words</description><media:thumbnail url="/2.jpg"/></item>
<item><title>A clip</title><link>https://www.twitch.tv/test_username/clip/abc</link></item>
</channel></rss>"""


@pytest.mark.parametrize(
    ("url", "takes"),
    [
        ("https://www.twitch.tv/test_username", True),
        ("https://twitch.tv/test_username/", True),
        ("http://m.twitch.tv/test_username/,", True),
        ("https://www.twitch.tv/Test_Username", True),
        ("https://www.twitch.tv/test_username?handler=rss", True),
        ("https://www.twitch.tv/test_username/videos#handler=rss", True),
        ("twitch.tv/test_username/", False),
        ("https://www.twitch.tv/ab", False),
        ("https://www.twitch.tv/" + "a" * 26, False),
        ("https://www.twitch.tv/videos/123", False),
        ("https://evil.example/test_username", False),
    ],
)
def test_it_takes_channels(url: str, takes: bool) -> None:
    assert TwitchHandler().takes(url) is takes


def test_items_that_are_videos_stay() -> None:
    feed = TwitchHandler().fetch("https://www.twitch.tv/Test_Username/videos", client_of(Web({FEED: RSS})))
    first, second = feed.items
    assert (first.url, first.title, first.archive_id) == (
        "https://www.twitch.tv/videos/123",
        "Stream one",
        "twitchvod 123",
    )
    assert first.archive_ids == ("twitchvod 123", "twitchvod v123")
    assert (first.thumbnail, first.description) == ("https://cdn.example/1.jpg", "")
    assert second.description == "Some bold words"
    assert second.thumbnail == "https://twitchrss.appspot.com/2.jpg"
    assert feed.metadata == {"feed_url": FEED, "has_entries": True}


def test_an_empty_channel_is_no_failure() -> None:
    feed = TwitchHandler().fetch("https://twitch.tv/test_username", client_of(Web({FEED: "<rss><channel/></rss>"})))
    assert (feed.items, feed.metadata["has_entries"]) == ((), False)


def test_failures_have_their_texts() -> None:
    with pytest.raises(HandlerFailed, match=r"Unrecognized Twitch channel URL\."):
        TwitchHandler().fetch("https://a.example", client_of(Web({})))
    with pytest.raises(HandlerFailed, match=r"Failed to fetch Twitch feed\.") as caught:
        TwitchHandler().fetch("https://twitch.tv/test_username", client_of(Web({})))
    assert caught.value.cause == "Connection refused"
