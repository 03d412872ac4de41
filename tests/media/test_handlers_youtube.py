"""YouTube feeds: docs/contract/tasks.md 6."""

import pytest

from dlambda.media.handlers.client import HandlerFailed
from dlambda.media.handlers.youtube import YoutubeHandler
from tests.media.canned import Web, client_of

CHANNEL = "https://www.youtube.com/channel/UC" + "a" * 22
FEED = "https://www.youtube.com/feeds/videos.xml?channel_id=UC" + "a" * 22
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns="http://www.w3.org/2005/Atom">
 <title>Channel</title>
 <entry><id>yt:video:aaaaaaaaaaa</id><yt:videoId>aaaaaaaaaaa</yt:videoId><title>One &amp; only</title>
  <link rel="alternate" href="https://www.youtube.com/watch?v=aaaaaaaaaaa"/>
  <published>2026-01-02T00:00:00+00:00</published>
  <media:group><media:title>x</media:title><media:thumbnail url="https://i.ytimg.com/a.jpg" width="480"/>
   <media:description>Words</media:description></media:group></entry>
 <entry><title>No id</title></entry>
 <entry><yt:videoId>bbbbbbbbbbb</yt:videoId><title>Two</title></entry>
</feed>"""


@pytest.mark.parametrize(
    ("url", "takes"),
    [
        (CHANNEL, True),
        (CHANNEL + "/", True),
        (CHANNEL.replace("www.", ""), True),
        (CHANNEL + "/videos", False),
        (CHANNEL + "?a=b", False),
        (CHANNEL + "a", False),
        ("https://www.youtube.com/playlist?list=PLabc_-1", True),
        ("https://www.youtube.com/playlist?list=PLabc&index=2#x", True),
        ("https://www.youtube.com/playlist", False),
        ("https://www.youtube.com/watch?v=aaaaaaaaaaa&list=PLabc", True),
        ("https://www.youtube.com/watch?v=aaaaaaaaaaa&list=RDaaaaaaaaaaa", False),
        ("https://www.youtube.com/watch?v=aaaaaaaaaaa", False),
        ("https://www.youtube.com/c/x", False),
        ("https://www.youtube.com/user/x", False),
        ("https://www.youtube.com/@x", False),
        ("https://evil.example/playlist?list=PLabc", False),
        ("https://[bad", False),
    ],
)
def test_it_takes_channels_and_playlists(url: str, takes: bool) -> None:
    assert YoutubeHandler().takes(url) is takes


def test_entries_become_items() -> None:
    feed = YoutubeHandler().fetch(CHANNEL, client_of(Web({FEED: ATOM})))
    first, second = feed.items
    assert first.view() == {
        "url": "https://www.youtube.com/watch?v=aaaaaaaaaaa",
        "title": "One & only",
        "archive_id": "youtube aaaaaaaaaaa",
        "metadata": {"published": "2026-01-02T00:00:00+00:00"},
        "thumbnail": "https://i.ytimg.com/a.jpg",
        "description": "Words",
        "is_archived": False,
    }
    assert (second.archive_id, second.metadata) == ("youtube bbbbbbbbbbb", {})
    assert feed.metadata == {"feed_url": FEED, "entry_count": 2}


def test_a_playlist_has_a_feed_of_its_own() -> None:
    address = "https://www.youtube.com/feeds/videos.xml?playlist_id=PLabc"
    web = Web({address: ATOM})
    YoutubeHandler().fetch("https://www.youtube.com/playlist?list=PLabc", client_of(web))
    assert [request.url for request in web.asked] == [address]
    assert web.asked[0].headers["User-Agent"].startswith("Mozilla/5.0")


def test_a_bad_url_and_a_bad_feed_are_told() -> None:
    with pytest.raises(HandlerFailed, match=r"Unrecognized YouTube channel or playlist URL\."):
        YoutubeHandler().fetch("https://www.youtube.com/@x", client_of(Web({})))
    for web in (Web({}), Web({FEED: ATOM}, status=404), Web({FEED: "<html></html>"}), Web({FEED: ""})):
        with pytest.raises(HandlerFailed, match=r"Failed to fetch YouTube feed\.") as caught:
            YoutubeHandler().fetch(CHANNEL, client_of(web))
        assert caught.value.cause != caught.value.message
