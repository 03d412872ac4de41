"""Feeds in every dialect and state: which address is an entry, and what is said of it (docs/contract/tasks.md 6)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dlambda.domain.tasks.entry_date import read_date
from dlambda.domain.tasks.feed import FeedItem, with_own_guids
from dlambda.media.handlers.rss import read_feed

BASE = "http://a.example/feeds/test.rss"
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
LINK = "<link>/page.html</link>"


def read(text: str | bytes, content_type: str = "") -> list[FeedItem]:
    return list(read_feed(text if isinstance(text, bytes) else text.encode(), BASE, content_type))


def rss(*items: str, head: str = "", declared: str = "") -> str:
    spaces = (
        ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:x="urn:x"'
    )
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'{head}<rss version="2.0"{declared or spaces}><channel>{inside}</channel></rss>'


def atom(entry: str, space: str = ' xmlns="http://www.w3.org/2005/Atom"', base: str = "") -> str:
    return f"<feed{space}{base}><title>F</title><entry>{entry}</entry></feed>"


def only(text: str | bytes, content_type: str = "") -> FeedItem:
    (item,) = read(text, content_type)
    return item


def path(item: FeedItem) -> str:
    return item.url.removeprefix("http://a.example")


# Which address is the episode


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (LINK + '<enclosure url="/e.mp4" type="video/mp4"/>', "/e.mp4"),
        ('<enclosure url="/e.mp3" type="audio/mpeg"/>' + LINK, "/e.mp3"),
        (LINK + '<enclosure url="/e.MP3?x=1"/>', "/e.MP3?x=1"),
        (LINK + '<enclosure url="/e.mp3" type="application/octet-stream"/>', "/e.mp3"),
        (LINK + '<enclosure url="/play/7" type="application/octet-stream"/>', "/play/7"),
        (LINK + '<enclosure url="/play/7" type=""/>', "/play/7"),
        (LINK + '<enclosure url="/e.m3u8" type="application/x-mpegURL"/>', "/e.m3u8"),
        (LINK + '<enclosure url="/e" type="VIDEO/MP4; codecs=avc1"/>', "/e"),
        (LINK + '<enclosure URL="/e.mp4" TYPE="video/mp4"/>', "/e.mp4"),
        (LINK + '<enclosure url="e.mp4" type="video/mp4"/>', "/feeds/e.mp4"),
        (LINK + '<enclosure url="/p.jpg" type="image/jpeg"/><enclosure url="/e.mp3" type="audio/mpeg"/>', "/e.mp3"),
        (LINK + '<enclosure url="/1.mp4" type="video/mp4"/><enclosure url="/2.mp3" type="audio/mpeg"/>', "/1.mp4"),
        (LINK + '<enclosure url="/p.jpg" type="image/jpeg"/>', "/page.html"),
        (LINK + '<enclosure url="/p.jpg"/>', "/page.html"),
        (LINK + '<enclosure url="/t.torrent" type="application/x-bittorrent"/>', "/page.html"),
        (LINK + '<enclosure url="magnet:?xt=urn:btih:1" type="video/mp4"/>', "/page.html"),
        (LINK + '<enclosure url="/doc.pdf" type="application/pdf"/>', "/page.html"),
        (LINK + '<enclosure url="/doc" type="text/html"/>', "/page.html"),
        (LINK + '<enclosure url="" type="audio/mpeg"/>', "/page.html"),
        (LINK + '<enclosure type="audio/mpeg"/>', "/page.html"),
        ('<enclosure url="/play/7"/>', "/play/7"),
        ('<media:content url="/p.jpg" medium="image"/><media:content url="/f" medium="video"/>' + LINK, "/f"),
        ('<media:content url="/p" type="image/webp"/><media:content url="/f.mp4"/>', "/f.mp4"),
        (LINK + '<media:content url="/p.jpg" medium="image" type="video/mp4"/>', "/p.jpg"),
        (LINK + '<media:content url="/w?width=300"/>', "/page.html"),
        (LINK + '<media:content url="http://y.example/v/1" type="application/x-shockwave-flash"/>', "/page.html"),
        (
            '<media:group><media:content url="/1.mp4"/><media:content url="/2.mp4" isDefault="true"/></media:group>',
            "/2.mp4",
        ),
        ('<media:content url="/s.mp4" expression="sample"/><media:content url="/f.mp4"/>', "/f.mp4"),
        (
            '<media:group><media:content url="/p.png" medium="image"/><media:content url="/f.webm"/></media:group>',
            "/f.webm",
        ),
        ('<atom:link rel="enclosure" type="audio/mpeg" href="/e.mp3"/>' + LINK, "/e.mp3"),
        ("<x:link>http://b.example/foreign</x:link>" + LINK, "/page.html"),
        ("<link> </link><link>/second</link>", "/second"),
        ('<link href="/as-in-atom"/>', "/as-in-atom"),
        ("<link>javascript:void(0)</link><guid>http://a.example/g</guid>", "/g"),
        ('<atom:link href="/self.rss" rel="self"/><atom:link href="/a"/>', "/a"),
        ('<atom:link href="/a"/>' + LINK, "/page.html"),
        ("<guid>http://a.example/g.mp4</guid>", "/g.mp4"),
        ('<guid isPermaLink="true">http://a.example/g</guid>', "/g"),
        ("<link><![CDATA[http://a.example/?a=1&b=2]]></link>", "/?a=1&b=2"),
        ("<link>\n http://a.example/l \n</link>", "/l"),
    ],
)
def test_the_address_of_an_item(item: str, expected: str) -> None:
    assert path(only(rss(item))) == expected


@pytest.mark.parametrize(
    "item",
    [
        "<title>No link</title>",
        "<x:link>http://b.example/foreign</x:link>",
        '<guid isPermaLink="false">http://a.example/g</guid>',
        '<guid isPermalink="False">http://a.example/g</guid>',
        "<guid>garden-1</guid>",
        "<guid>tag:a.example,2026:1</guid>",
        '<atom:link rel="self" href="/self"/>',
        '<enclosure url="/p.jpg" type="image/jpeg"/>',
    ],
)
def test_an_item_without_an_address_is_left_out(item: str) -> None:
    assert read(rss(item, LINK)) == read(rss(LINK))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('<link rel="edit" href="/edit"/><link rel="replies" href="/c"/><link href="/a.mp4"/>', "/a.mp4"),
        ('<link rel="self" href="/s"/><link rel="Alternate" href="/a"/>', "/a"),
        ('<link rel="http://www.iana.org/assignments/relation/alternate" href="/a"/>', "/a"),
        ('<link rel="via" href="/v"/><link rel="related" href="/r"/><link rel="enclosure" href="/e"/>', "/e"),
        ('<link href="/page"/><link rel="enclosure" type="audio/mpeg" href="/e"/>', "/e"),
        ('<link href="/page"/><link rel="enclosure" type="image/png" href="/e"/>', "/page"),
        ('<link rel="" href="/a"/>', "/a"),
        ('<content type="video/mp4" src="/c.mp4"/>', "/c.mp4"),
    ],
)
def test_the_address_of_an_entry(entry: str, expected: str) -> None:
    assert path(only(atom(entry))) == expected


def test_other_relations_are_never_the_entry() -> None:
    links = "".join(f'<link rel="{rel}" href="/{rel}"/>' for rel in ("self", "edit", "replies", "via", "related"))
    assert read(atom(links)) == []


def test_a_video_of_youtube_needs_no_link() -> None:
    space = ' xmlns="http://www.w3.org/2005/Atom" xmlns:yt="http://www.youtube.com/xml/schemas/2015"'
    assert only(atom("<yt:videoId>dQw4w9WgXcQ</yt:videoId>", space)).url.endswith("/watch?v=dQw4w9WgXcQ")


# Dialects


@pytest.mark.parametrize(
    "feed",
    [
        '<rss version="2.0" xmlns="http://backend.userland.com/rss2"><channel>{}</channel></rss>',
        '<rss version="2.0" xmlns="http://blogs.law.harvard.edu/tech/rss"><channel>{}</channel></rss>',
        '<rss version="2.0" xmlns="urn:any"><channel>{}</channel></rss>',
        '<r:rss version="2.0" xmlns:r="urn:any"><r:channel>{prefixed}</r:channel></r:rss>',
        f'<rdf:RDF {RDF} xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel/>{{}}</rdf:RDF>',
        f'<rdf:RDF {RDF} xmlns="http://purl.org/rss/1.0/"><channel/>{{}}</rdf:RDF>',
        "<RSS><CHANNEL><ITEM><TITLE>N</TITLE><LINK>/a.mp4</LINK></ITEM></CHANNEL></RSS>",
        "<channel>{}</channel>",
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#">{entry}</feed>',
        '<feed xmlns="http://www.w3.org/2005/Atom/">{entry}</feed>',
        '<feed xmlns="https://www.w3.org/2005/Atom">{entry}</feed>',
        "<feed>{entry}</feed>",
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom">{atom}</a:feed>',
        '<rss version="2.0"><channel>{}</channel>',
        '<rss version="2.0"><channel><item><title>N</title><link>/a.mp4</link>',
        '\ufeff\n <?xml version="1.0"?>\n<rss><channel>{}</channel></rss>',
        '<br />\n<b>Warning</b>: x in y<?xml version="1.0"?><rss><channel>{}</channel></rss>',
        'junk<?xml version="1.0"?><rss><channel>{}</channel></rss>',
        "<!-- <item> --><rss><channel><!-- & -->{}</channel></rss>",
        "<rss><channel><stray>{}</stray></channel></rss>",
        '<!DOCTYPE rss PUBLIC "-//DTD RSS 0.91//EN" "http://b.example/rss.dtd"><rss><channel>{}</channel></rss>',
    ],
)
def test_a_dialect(feed: str) -> None:
    filled = feed.format(
        "<item><title>N</title><link>/a.mp4</link></item>",
        prefixed="<r:item><r:title>N</r:title><r:link>/a.mp4</r:link></r:item>",
        entry='<entry><title>N</title><link rel="alternate" href="/a.mp4"/></entry>',
        atom='<a:entry><a:title>N</a:title><a:link href="/a.mp4"/></a:entry>',
    )
    item = only(filled)
    assert (path(item), item.title) == ("/a.mp4", "N")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rss("<title>N</title><description><p>Hi<br>there <b>x</description>" + LINK), ["N"]),
        (rss("<title>N<link>/page.html</link>", "<title>M</title>" + LINK), ["N", "M"]),
        (f"<rss><channel><item><title>N</title>{LINK}<item><title>M</title>{LINK}</channel></rss>", ["N", "M"]),
        (rss(f"<title>1 < 2 & 3</title>{LINK}"), ["1 < 2 & 3"]),
        (rss("<title>N</title><enclosure url=/page.html type=audio/mpeg>"), ["N"]),
        (rss(f"<Title>N</title></b></br>{LINK}"), ["N"]),
        (rss(f"<title>N</title><description><img src='/a>b'><hr></description>{LINK}"), ["N"]),
        (rss(f"<title>N</title>{LINK}") + "<script>x</script>", ["N"]),
    ],
)
def test_tags_that_do_not_match_lose_no_item(text: str, expected: list[str]) -> None:
    assert [(path(item), item.title) for item in read(text)] == [("/page.html", title) for title in expected]


def test_entries_of_atom_beside_items_of_rss_hide_none() -> None:
    entry = '<atom:entry><atom:link href="/2"/></atom:entry>'
    text = rss("<link>/1</link>").replace("</channel>", f"{entry}<item><link>/3</link></item></channel>")
    assert [path(item) for item in read(text)] == ["/1", "/2", "/3"]


@pytest.mark.parametrize(
    "declared",
    [" ", ' xmlns:media="https://search.yahoo.com/mrss"', ' xmlns:itunes="http://www.itunes.com/DTDs/PodCast-1.0.dtd"'],
)
def test_a_prefix_means_what_it_usually_does(declared: str) -> None:
    item = only(rss('<media:content url="/f.mp4"/><itunes:episode>3</itunes:episode>', declared=declared))
    assert (path(item), item.metadata["episode_number"]) == ("/f.mp4", 3)


def test_another_prefix_for_a_vocabulary() -> None:
    declared = ' xmlns:m="http://search.yahoo.com/mrss/" xmlns:pod="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    item = only(rss('<m:content url="/f.mp4"/><pod:season>2</pod:season>', declared=declared))
    assert (path(item), item.metadata["season_number"]) == ("/f.mp4", 2)


@pytest.mark.parametrize(
    "text",
    [
        "<urlset><url><loc>http://a.example/1</loc></url></urlset>",
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>http://a.example/1</loc></url></urlset>',
        "<sitemapindex><sitemap><loc>/1</loc></sitemap></sitemapindex>",
        '<opml version="2.0"><body><outline xmlUrl="/1"/></body></opml>',
        "<!doctype html><html><body><a href='/1'>x</a></body></html>",
        '{"items": [{"url": "/1"}]}',
        "[1]",
        "",
        "%PDF-1.4",
    ],
)
def test_what_is_no_feed_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="The answer is"):
        read(text)


def test_an_entry_of_a_json_feed_that_is_odd_costs_no_other() -> None:
    entries = [{"url": "https://a.example/1", "attachments": 5}, {"url": "https://a.example/2"}]
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": entries}
    found = list(read_feed(json.dumps(feed).encode(), "https://a.example/"))
    assert [item.url for item in found] == ["https://a.example/1", "https://a.example/2"]


def test_a_json_feed() -> None:
    episode: dict[str, Any] = {
        "id": 7, "url": "/page", "title": "N", "date_published": "2026-01-01T10:00:00Z", "summary": "S", "image": "/i.png",
        "attachments": [
            {"url": "/p.jpg", "mime_type": "image/jpeg"},
            {"url": "/e.mp3", "mime_type": "audio/mpeg", "duration_in_seconds": 90},
        ],
    }  # fmt: skip
    items = [episode, {"id": "2", "url": "/two"}, {"id": "http://a.example/3"}, {"title": "none"}, 5]
    text = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})
    first, *others = read(text)
    assert (path(first), first.title, first.guid, first.is_file) == ("/e.mp3", "N", "7", True)
    assert (first.description, first.thumbnail) == ("S", "http://a.example/i.png")
    assert first.metadata == {"published": "2026-01-01T10:00:00Z", "timestamp": 1767261600, "duration": 90}
    assert [path(item) for item in others] == ["/two", "/3"]


# Bases


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (atom('<link href="x.mp4"/>', base=' xml:base="http://b.example/films/"'), "http://b.example/films/x.mp4"),
        (
            atom('<link xml:base="2026/" href="x.mp4"/>', base=' xml:base="/films/"'),
            "http://a.example/films/2026/x.mp4",
        ),
        (atom('<link xml:base="http://[bad" href="x.mp4"/>'), "http://a.example/feeds/x.mp4"),
        (
            '<rss xml:base="http://b.example/"><channel xml:base="c/"><item xml:base="i/"><link>x</link></item></channel></rss>',
            "http://b.example/c/i/x",
        ),
        (
            '<rss xml:base="http://b.example/"><channel><item><enclosure xml:base="e/" url="x.mp3"/></item></channel></rss>',
            "http://b.example/e/x.mp3",
        ),
    ],
)
def test_addresses_count_from_all_bases(text: str, expected: str) -> None:
    assert only(text).url == expected


# Characters


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A&nbsp;B &eacute; C", "A\xa0B é C"),
        ("R&B &copy=3 &unknown; &", "R&B &copy=3 &unknown; &"),
        ("Salt &amp; Pepper &lt;3 &#38; &#x26;", "Salt & Pepper <3 & &"),
        ("<![CDATA[R&B &nbsp; <3]]>", "R&B &nbsp; <3"),
        ("&lt;b&gt;x&lt;/b&gt;", "<b>x</b>"),
        ("&#146;x&#0;y&#8;z", "’x\ufffdyz"),
        ("a\x08b\x00c", "abc"),
        ("&LT;&AMP;amp;", "<&amp;"),
    ],
)
def test_a_title_is_read_as_it_is_meant(title: str, expected: str) -> None:
    assert only(rss(f"<title>{title}</title>{LINK}")).title == expected


def test_an_ampersand_in_an_attribute() -> None:
    assert (
        path(only(rss('<enclosure url="/e.mp4?a=1&b=2&copy=3&eacute;" type="video/mp4"/>'))) == "/e.mp4?a=1&b=2&copy=3é"
    )


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ('<title type="html">A &amp;amp; &lt;b&gt;B&lt;/b&gt;</title>', "A & B"),
        ('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A &amp; <b>B</b></div></title>', "A & B"),
        ('<title type="text">A &amp;amp; B</title>', "A &amp; B"),
        ("<title>&lt;b&gt;</title>", "<b>"),
    ],
)
def test_markup_in_a_title_of_atom(title: str, expected: str) -> None:
    assert only(atom(f'{title}<link href="/a"/>')).title == expected


ZURICH = "Zürich – heute"


@pytest.mark.parametrize(
    ("declared", "charset", "header"),
    [
        ("utf-16", "utf-8", ""),
        ("UCS-2", "utf-8", ""),
        ("utf-32", "utf-8", "text/xml; charset=utf-16"),
        ("utf-16", "utf-16", ""),
        ("utf-8", "utf-16-le", ""),
        ("utf-8", "utf-16-be", ""),
        (None, "utf-16", ""),
        ("utf-8", "utf-32", ""),
        ("utf-8", "utf-8-sig", ""),
        ("iso-8859-1", "utf-8", "text/xml; charset=iso-8859-1"),
        ("us-ascii", "utf-8", ""),
        ("x-nothing", "utf-8", ""),
        ("hex", "utf-8", ""),
        ("iso-8859-1", "windows-1252", ""),
        ("windows-1252", "windows-1252", "text/xml; charset=utf-8"),
        (None, "windows-1252", "text/xml; charset=windows-1252"),
        (None, "windows-1252", ""),
        ("utf-8", "windows-1252", ""),
        ("utf-8", "windows-1252", "text/xml; charset=utf-8"),
    ],
)
def test_an_encoding(declared: str | None, charset: str, header: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    assert only(rss(f"<title>{ZURICH}</title>{LINK}", head=head).encode(charset), header).title == ZURICH


@pytest.mark.parametrize(
    ("charset", "title"),
    [
        ("shift_jis", "日本の庭"),
        ("euc-jp", "日本の庭"),
        ("iso-2022-jp", "日本の庭"),
        ("gb2312", "花园"),
        ("big5", "花園"),
        ("koi8-r", "Сад"),
        ("windows-1251", "Сад"),
        ("iso-8859-2", "Zahrada č. 1"),
    ],
)
def test_a_declared_encoding(charset: str, title: str) -> None:
    text = rss(f"<title>{title}</title>{LINK}", head=f"<?xml version='1.0' encoding='{charset}'?>")
    assert only(text.encode(charset)).title == title
    assert only(rss(f"<title>{title}</title>{LINK}").encode(charset), f"text/xml; charset={charset}").title == title


def test_a_bad_byte_costs_only_itself() -> None:
    text = (
        rss(f"<title>Zürich übt ÄÖÜ</title>{LINK}", f"<title>X\x00</title>{LINK}2").encode().replace(b"X\x00", b"X\xff")
    )
    assert [item.title for item in read(text)] == ["Zürich übt ÄÖÜ", "X\ufffd"]


# What an entry says of itself


def test_the_fields_of_an_episode() -> None:
    item = only(rss(
        "<title>Episode 1</title><description>What it is about</description><itunes:season>2</itunes:season>"
        "<itunes:episode> 01 </itunes:episode><itunes:duration>1:02:03</itunes:duration><itunes:title>Salt</itunes:title>"
        '<pubDate>Thu, 01 Jan 2026 10:00:00 +0000</pubDate><guid isPermaLink="false"> garden-1 </guid>'
        '<itunes:image href="/i.png"/><enclosure url="/1.mp4" type="video/mp4"/>'
    ))  # fmt: skip
    assert item.told == {
        "title": "Episode 1", "description": "What it is about", "thumbnail": "http://a.example/i.png",
        "timestamp": 1767261600, "season_number": 2, "episode_number": 1, "episode": "Salt", "duration": 3723,
    }  # fmt: skip
    assert (item.guid, item.feed_archive_id, item.identity) == ("garden-1", "generic garden-1", None)


@pytest.mark.parametrize(
    ("field", "name", "expected"),
    [
        ("<itunes:episode>four</itunes:episode>", "episode_number", None),
        ("<itunes:season></itunes:season>", "season_number", None),
        ("<itunes:duration>90</itunes:duration>", "duration", 90),
        ("<itunes:duration>02:03</itunes:duration>", "duration", 123),
        ("<itunes:duration>long</itunes:duration>", "duration", None),
        ('<media:content url="/f.mp4" duration="61.5"/>', "duration", 61),
        ("<pubDate>someday</pubDate>", "timestamp", None),
    ],
)
def test_a_number_is_a_number_or_nothing(field: str, name: str, expected: int | None) -> None:
    assert only(rss(LINK + field)).metadata.get(name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thu, 01 Jan 2026 10:00:00 +0000", "2026-01-01T10:00:00"),
        ("Thu, 01 Jan 2026 10:00:00 EST", "2026-01-01T15:00:00"),
        ("Thur, 1 January 2026 10:00 PST", "2026-01-01T18:00:00"),
        ("Thu, 01 Jan 2026 10:00:00 +0200 (CEST)", "2026-01-01T08:00:00"),
        ("01 Jan 26 10:00 GMT", "2026-01-01T10:00:00"),
        ("2026-01-01T10:00:00.123+02:00", "2026-01-01T08:00:00"),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00"),
        ("2026-01-01 10:00:00", "2026-01-01T10:00:00"),
        ("2026-01-01", "2026-01-01T00:00:00"),
        ("2026/01/01", "2026-01-01T00:00:00"),
        ("Thu Jan  1 10:00:00 2026", "2026-01-01T10:00:00"),
        ("January 1, 2026", "2026-01-01T00:00:00"),
        ("2026-13-45", None),
        ("Mon", None),
        ("", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1" * 200_000, None),
        ("Mon, 01 Jan 20240101000000000000 00:00:00 +0000", None),
    ],
)
def test_a_date(text: str, expected: str | None) -> None:
    moment = read_date(text)
    assert (moment and f"{moment:%Y-%m-%dT%H:%M:%S}") == expected


# Identity


def items_of(*pairs: tuple[str, str]) -> Iterator[FeedItem]:
    return (FeedItem(f"http://a.example{path}", guid=guid, is_file=True) for path, guid in pairs)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("/1.mp4?u=1", "m1"), ("/2.mp4?u=1", "m2")], ["generic m1", "generic m2"]),
        ([("/1/m.mp4?u=1", ""), ("/2/m.mp4?u=1", "")], ["generic a.example/1/m.mp4", "generic a.example/2/m.mp4"]),
        ([("/play?id=1", "")], [None]),
        ([("/1.mp4", "same"), ("/2.mp4", "same")], ["generic a.example/1.mp4", "generic a.example/2.mp4"]),
        ([("/1.mp4", "same"), ("/1.mp4", "same")], ["generic same", "generic same"]),
        ([("/1.mp4", "a b")], ["generic a b"]),
        ([("/1.mp4", "x" * 300)], [None]),
    ],
)
def test_what_identifies_a_file(pairs: list[tuple[str, str]], expected: list[str | None]) -> None:
    assert [item.feed_archive_id for item in with_own_guids(list(items_of(*pairs)))] == expected


# Hostile feeds


def test_a_very_long_text_loses_no_item() -> None:
    text = rss(f"<description>{'x' * 11_000_000}</description>{LINK}", LINK)
    assert len(read(text)) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (rss(LINK + "<x>" * 5000 + "</x>" * 5000), "Excessive depth"),
        ("<rss><channel>" + "<x/>" * 2_000_001 + "</channel></rss>", "too many elements"),
        ('<!DOCTYPE r [<!ENTITY e "x">]>' + rss(f"<title>{'x' * 10_000_001}</title>{LINK}"), "cannot be read"),
    ],
)
def test_a_feed_beyond_the_limits_says_so(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(text)


def test_entities_that_a_document_declares_stay_unread() -> None:
    head = '<!DOCTYPE r [<!ENTITY copy "expanded"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    assert only(rss(f"<title>x&copy;&f;&reg;</title>{LINK}", head=head)).title == "x&copy;&f;®"


@pytest.mark.parametrize(
    "part", ["<![CDATA[", "<!--", "<p>", "</p>", "<p", "&", "&a", "<!ENTITY ", "<?xml ", "<item>", "]]>", "{"]
)
def test_a_repeated_fragment_is_no_feed(part: str) -> None:
    """Each is read in one pass, or the test would take hours."""
    with pytest.raises(ValueError, match="The answer"):
        read(part * 200_000)
