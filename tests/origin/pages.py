"""HTML pages and feeds that lead to media."""

import json
from xml.sax.saxutils import escape, quoteattr


def video_page(base: str) -> str:
    """A page with one `<video>` and a subtitle track."""
    return f"""<!doctype html><html><head><title>A page with a video</title></head><body>
<video controls poster="{base}/thumbnail.jpg">
<source src="{base}/clip-page.mp4" type="video/mp4">
<track kind="subtitles" srclang="en" label="English" src="{base}/clip.en.vtt">
</video></body></html>"""


def opengraph_page(base: str) -> str:
    """A page whose title, picture and video stand in OpenGraph properties."""
    return f"""<!doctype html><html><head><title>Plain title</title>
<meta property="og:title" content="Harbour at dawn &amp; dusk">
<meta property="og:description" content="Boats, and their people.">
<meta property="og:image" content="{base}/thumbnail.jpg">
<meta property="og:video" content="{base}/clip-og.mp4">
<meta property="og:video:type" content="video/mp4">
</head><body>Nothing here</body></html>"""


def link_page(base: str, count: int) -> str:
    """A page that links to `count` clips, for definitions that pick links."""
    rows = "\n".join(
        f'<li class="video" id="v{n}"><a href="{base}/clip-link-{n}.mp4">Clip number {n}</a></li>'
        for n in range(1, count + 1)
    )
    return f"<!doctype html><html><head><title>Links</title></head><body><ul>{rows}</ul></body></html>"


def channel(base: str) -> str:
    """A SMIL document: what says of itself as much as a channel does, pictures with their sizes included."""
    return f"""<smil><head><meta name="title" content="Harbour &amp; Sea"/>
<meta name="description" content="Boats, and their people."/></head><body>
<image type="avatar_uncropped" src="{base}/thumbnail.jpg?icon"/>
<image src="{base}/thumbnail.jpg?poster" width="200" height="300"/>
<image src="{base}/thumbnail.jpg?wide" width="1600" height="900"/>
<image src="{base}/missing.jpg" width="1920" height="200"/>
<video src="{base}/clip-channel.mp4"/></body></smil>"""


def feed(base: str, count: int) -> str:
    """An RSS feed of `count` entries, each the clip under a URL of its own."""
    return _rss(
        base, f"Feed of {count}", [_entry(base, f"feed-{count}", n, f" of {count}") for n in range(1, count + 1)]
    )


def watched_feed(base: str, name: str, count: int) -> str:
    """The same for a source that grows."""
    return _rss(base, f"What {name} has", [_entry(base, name, n) for n in range(1, count + 1)])


def watched_json(name: str, count: int) -> str:
    """What an API would say: nested, with paths in place of addresses, and one entry that leads nowhere."""
    entries = [
        {"id": n, "name": f"Entry {n}", "file": {"href": f"/clip-{name}-{n}.mp4"}, "made": {"year": 2026}}
        for n in range(1, count + 1)
    ]
    return json.dumps({"data": {"entries": [*entries, {"id": 0, "name": "Announced"}]}})


def watched_page(name: str, count: int) -> str:
    """A page with a card for each entry, and links that are none of them."""
    cards = "\n".join(
        f'<div class="card" data-number="{n}"><h2> Entry {n} </h2><a href="/clip-{name}-{n}.mp4">Watch</a></div>'
        for n in range(1, count + 1)
    )
    return f'<!doctype html><html><body><a href="/">Home</a>{cards}<a href="/about">About</a></body></html>'


def _rss(base: str, title: str, entries: list[str]) -> str:
    rows = "\n".join(entries)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>{title}</title><link>{escape(base)}/</link>
<description>Entries for tests</description>
{rows}
</channel></rss>"""


def _entry(base: str, name: str, number: int, more: str = "") -> str:
    url = f"{base}/clip-{name}-{number}.mp4"
    minute, second = divmod(number % 3600, 60)
    return (
        f"<item><title>Entry {number}{more}</title><guid>{escape(url)}</guid><link>{escape(url)}</link>"
        f"<pubDate>Thu, 01 Jan 2026 10:{minute:02d}:{second:02d} +0000</pubDate>"
        f'<enclosure url={quoteattr(url)} type="video/mp4" length="0"/></item>'
    )
