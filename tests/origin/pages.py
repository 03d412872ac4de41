"""HTML pages and feeds that lead to media."""

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


def feed(base: str, count: int) -> str:
    """An RSS feed of `count` entries, each the clip under a URL of its own."""
    rows = "\n".join(_entry(base, count, n) for n in range(1, count + 1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Feed of {count}</title><link>{escape(base)}/</link>
<description>Entries for tests</description>
{rows}
</channel></rss>"""


def _entry(base: str, count: int, number: int) -> str:
    url = f"{base}/clip-feed-{count}-{number}.mp4"
    minute, second = divmod(number % 3600, 60)
    return (
        f"<item><title>Entry {number} of {count}</title><guid>{escape(url)}</guid><link>{escape(url)}</link>"
        f"<pubDate>Thu, 01 Jan 2026 10:{minute:02d}:{second:02d} +0000</pubDate>"
        f'<enclosure url={quoteattr(url)} type="video/mp4" length="0"/></item>'
    )
