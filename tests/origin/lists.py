"""Pages and feeds with several videos: `/lists/<name>`. Media files are two, so that one is told from the other."""

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST, SECOND = "/same/a/video.mp4", "/same/b/video.mp4"


def text_of(base: str, name: str) -> str | None:
    """The text of a page or feed; None for a name that there is not."""
    texts: dict[str, Callable[[], str]] = {
        "two.html": lambda: _videos(FIRST, SECOND),
        "players.html": lambda: _players(base, [("a", "A", FIRST), ("b", "B", SECOND)]),
        "same-id.html": lambda: _players(base, [("a", "A", FIRST), ("a", "B", SECOND)]),
        "two.xspf": lambda: _tracks(base, [("One", FIRST), ("Two", SECOND)]),
        "one-is-gone.html": lambda: _players(base, [("a", "A", FIRST), ("b", "B", "/status/404/b.mp4")]),
        "show.rss": lambda: _show(base, range(1, 4)),
        "long.rss": lambda: _show(base, range(1, 13)),
        "pages.rss": lambda: _rss(_item("Two films", f"{base}/lists/two.html", "p-1")),
        "doubled.rss": lambda: _rss(*[_item("Ep", f"{base}/episode/1/media.mp4", "ep-1")] * 2),
        "one-file.rss": lambda: _rss(*(_item(f"Ep {n}", f"{base}/episode/1/media.mp4", f"ep-{n}") for n in (1, 2))),
        "empty.rss": _rss,
        "no-address.rss": lambda: _rss("<item><title>Announced</title></item>"),
        "foreign.rss": lambda: _rss(_item("Odd", "urn:isbn:1", "x-1"), _item("Good", f"{base}/episode/1/m.mp4", "x-2")),
    }
    make = texts.get(name)
    return make() if make else None


def _videos(*paths: str) -> str:
    tags = "\n".join(f'<video src="{path}"></video>' for path in paths)
    return f"<!doctype html><html><head><title>Two films</title></head><body>{tags}</body></html>"


def _players(base: str, entries: list[tuple[str, str, str]]) -> str:
    playlist = [{"mediaid": id_, "title": title, "file": base + path} for id_, title, path in entries]
    setup = json.dumps({"playlist": playlist})
    return f"""<!doctype html><html><head><title>Clips</title></head><body><div id="p"></div>
<script>jwplayer("p").setup({setup});</script></body></html>"""


def _tracks(base: str, entries: list[tuple[str, str]]) -> str:
    rows = "".join(f"<track><title>{title}</title><location>{base}{path}</location></track>" for title, path in entries)
    return f"""<?xml version="1.0" encoding="UTF-8"?><playlist version="1" xmlns="http://xspf.org/ns/0/">
<title>My list</title><trackList>{rows}</trackList></playlist>"""


def _show(base: str, numbers: range) -> str:
    """A podcast: every file has the same name, and the feed alone tells the episodes apart."""
    return _rss(*(
        _item(f"Ep {n}: Title", f"{base}/episode/{n}/media.mp4", f"ep-{n}",
              f"<pubDate>{n:02d} Nov 2026 10:00:00 +0000</pubDate><description>Notes {n}</description>"
              f"<itunes:season>2</itunes:season><itunes:episode>{n}</itunes:episode>")
        for n in numbers
    ))  # fmt: skip


def _rss(*items: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Show</title>
<link>https://example.com/show</link><description>A show</description>{"".join(items)}</channel></rss>"""


def _item(title: str, url: str, guid: str, more: str = "") -> str:
    return (
        f'<item><title>{escape(title)}</title><guid isPermaLink="false">{guid}</guid>{more}'
        f'<enclosure url={quoteattr(url)} length="1" type="video/mp4"/></item>'
    )
