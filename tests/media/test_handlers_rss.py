"""RSS and Atom feeds: docs/contract/tasks.md 6."""

from dataclasses import replace

import pytest

from dlambda.media.handlers import rss as handler
from dlambda.media.handlers.client import HandlerFailed
from dlambda.media.handlers.rss import RssGenericHandler
from tests.media.canned import Web, client_of
from tests.patience import must_end

URL = "https://a.example/feeds/test.rss"
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<entry><title>Video 1</title><link rel="self" href="/x"/><link rel="alternate" href="https://www.youtube.com/watch?v=1"/>
 <published>2026-01-01</published><summary>A summary</summary>
 <media:group><media:thumbnail url="https://i.example/1.jpg"/>
 <media:description>YouTube description</media:description></media:group></entry>
<entry><title>Video 2</title><link href="https://www.youtube.com/watch?v=2"/><summary>Second</summary></entry>
<entry><title>None</title></entry>
</feed>"""


def read_feed(body, base, content_type=""):
    """All entries."""
    return tuple(handler.read_feed(body, base, content_type))


def rss(items: str) -> bytes:
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>c</title>'
        f"{items}</channel></rss>"
    ).encode()


@pytest.mark.parametrize(
    ("url", "takes"),
    [
        ("https://a.example/test.rss", True),
        ("https://a.example/test.atom", True),
        ("https://a.example/test.xml", True),
        ("https://a.example/test.atom#handler=rss", True),
        ("https://a.example/test.atom?handler=rss", True),
        ("https://a.example/anything#HANDLER=RSS", True),
        ("https://a.example/feed.rss?version=2.0", True),
        ("https://a.example/feed.ATOM", True),
        ("https://a.example/feed.RSS", True),
        ("https://a.example/channel/UCx", False),
        ("https://a.example/playlist?list=PLx", False),
        ("https://a.example/user/x", False),
        ("https://a.example/watch?v=x", False),
        ("https://a.example/test.rss/more", False),
        ("ftp://a.example/test.rss", False),
    ],
)
def test_it_takes_what_looks_like_a_feed(url: str, takes: bool) -> None:
    assert RssGenericHandler().takes(url) is takes


def test_an_atom_feed() -> None:
    feed = RssGenericHandler().fetch(URL, client_of(Web({URL: ATOM})))
    first, second = feed.items
    assert (first.url, first.title) == ("https://www.youtube.com/watch?v=1", "Video 1")
    assert (first.thumbnail, first.description) == ("https://i.example/1.jpg", "YouTube description")
    assert first.metadata == {"published": "2026-01-01", "timestamp": 1767225600}
    assert first.archive_id is None
    assert (second.url, second.description) == ("https://www.youtube.com/watch?v=2", "Second")
    assert feed.metadata == {"feed_url": URL, "entry_count": 2}


def test_an_rss_feed() -> None:
    body = rss(
        "<item><title>One</title><atom:link href='/self'/><link>/v/1</link><pubDate>Mon</pubDate>"
        "<description>First</description></item>"
        "<item><title>Two</title><link>https://b.example/2</link><content:encoded>Long</content:encoded>"
        "<itunes:image href='/p.jpg'/></item>"
    )
    first, second = read_feed(body, URL)
    assert (first.url, first.title, first.description) == ("https://a.example/v/1", "One", "First")
    assert first.metadata == {"published": "Mon"}
    assert (second.description, second.thumbnail) == ("Long", "https://a.example/p.jpg")


def test_an_rss_1_feed_has_its_items_beside_the_channel() -> None:
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
    <channel><title>c</title></channel><item><title>One</title><link>https://b.example/1</link></item></rdf:RDF>"""
    assert [(item.url, item.title) for item in read_feed(body, URL)] == [("https://b.example/1", "One")]


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ('<media:content url="https://b.example/c.mp4"/>', "https://b.example/c.mp4"),
        ('<enclosure url="https://b.example/e.mp3" type="audio/mpeg"/>', "https://b.example/e.mp3"),
    ],
)
def test_a_file_is_an_address_too(item: str, url: str) -> None:
    assert [found.url for found in read_feed(rss(f"<item>{item}</item>"), URL)] == [url]


def test_an_item_without_url_is_skipped() -> None:
    body = rss("<item><title>No link</title></item><item><title>Two</title><link>https://b.example/2</link></item>")
    assert [item.title for item in read_feed(body, URL)] == ["Two"]


@pytest.mark.parametrize("link", ["http://[bad/x", "//[bad", ""])
def test_an_item_whose_link_is_no_address_is_skipped(link: str) -> None:
    good = "<item><title>Two</title><link>https://b.example/2</link></item>"
    body = rss(f"<item><title>Bad</title><link>{link}</link></item>{good}")
    assert [item.title for item in read_feed(body, URL)] == ["Two"]


def test_a_picture_whose_address_is_none_costs_only_the_picture() -> None:
    (item,) = read_feed(rss("<item><link>/1</link><enclosure url='http://[bad' type='image/png'/></item>"), URL)
    assert (item.url, item.thumbnail) == ("https://a.example/1", "")
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="http://[bad"/></entry></feed>'
    assert read_feed(atom.encode(), URL) == ()


def test_the_header_names_the_encoding_where_the_document_does_not() -> None:
    def title(head: str, charset: str, header: str) -> str:
        body = f"{head}<rss><channel><item><title>é</title><link>/1</link></item></channel></rss>".encode(charset)
        return read_feed(body, URL, header)[0].title

    assert title("", "latin-1", "text/xml; charset=iso-8859-1") == "é"
    assert title("<?xml version='1.0'?>", "latin-1", "text/xml; charset=ISO-8859-1") == "é"
    assert title("", "utf-8", "text/xml; charset=iso-8859-1") == "é"
    assert title("<?xml version='1.0' encoding='iso-8859-1'?>", "latin-1", "text/xml; charset=shift_jis") == "é"
    assert title("", "utf-8", "text/xml; charset=hex") == "é"


def test_a_feeds_header_is_read() -> None:
    body = "<rss><channel><item><title>é</title><link>/1</link></item></channel></rss>".encode("latin-1")
    web = Web({URL: body}, content_type="application/rss+xml; charset=iso-8859-1")
    assert RssGenericHandler().fetch(URL, client_of(web)).items[0].title == "é"


@pytest.mark.parametrize("tail", [".rss?" * 500_000 + "\n\n", "." * 2_500_000, ".rss" * 600_000 + "/"])
def test_a_long_address_is_judged(tail: str) -> None:
    """Where each character cost as many steps as there are before it, this took hours."""
    with must_end():
        RssGenericHandler().takes("https://a.example/" + tail)


def test_a_channel_without_items_is_a_success() -> None:
    feed = RssGenericHandler().fetch(URL, client_of(Web({URL: rss("")})))
    assert (feed.items, feed.metadata["entry_count"]) == ((), 0)


def test_an_image_enclosure_is_a_picture() -> None:
    (item,) = read_feed(rss("<item><link>/1</link><enclosure url='/e.png' type='image/png'/></item>"), URL)
    assert item.thumbnail == "https://a.example/e.png"


def test_a_small_slip_does_not_lose_the_feed() -> None:
    body = b"\n <rss><channel><item><title>R&B</title><link>https://b.example/?a=1&b=2</link></item></channel>"
    (item,) = read_feed(body, URL)
    assert item.url.startswith("https://b.example/?a=1")


def test_entities_are_never_read() -> None:
    body = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY a "aaaaaaaaaa">
    <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
    <rss><channel><item><title>x&f;&c;</title><link>https://b.example/1</link></item></channel></rss>"""
    (item,) = read_feed(body, URL)
    assert len(item.title) < 20


def test_five_thousand_entries_are_read() -> None:
    body = rss("".join(f"<item><title>{n}</title><link>https://b.example/{n}</link></item>" for n in range(5000)))
    assert len(read_feed(body, URL)) == 5000


@pytest.mark.parametrize("body", ["", "nothing", "<html><body>Login</body></html>", "{}"])
def test_what_is_no_feed_fails_with_the_documented_text(body: str) -> None:
    with pytest.raises(HandlerFailed, match=r"Failed to fetch RSS/Atom feed\."):
        RssGenericHandler().fetch(URL, client_of(Web({URL: body})))


def test_failures_have_their_texts() -> None:
    with pytest.raises(HandlerFailed, match=r"Unrecognized RSS/Atom feed URL\."):
        RssGenericHandler().fetch("https://a.example/watch", client_of(Web({})))
    with pytest.raises(HandlerFailed) as caught:
        RssGenericHandler().fetch(URL, client_of(Web({URL: "x"}, status=500)))
    assert (caught.value.message, caught.value.cause) == ("Failed to fetch RSS/Atom feed.", "HTTP status 500")


@pytest.mark.parametrize("count", [3, 4, 200_000])
def test_a_feed_that_is_too_long_names_the_setting(count: int) -> None:
    body = rss("".join(f"<item><link>https://b.example/{n}</link></item>" for n in range(count)))
    client = replace(client_of(Web({URL: body})), most_items=3)
    if count <= 3:
        assert len(RssGenericHandler().fetch(URL, client).items) == count
        return
    with pytest.raises(HandlerFailed, match="more than 3 entries, and YTP_MAX_PLAYLIST_ENTRIES allows no more"):
        RssGenericHandler().fetch(URL, client)
