"""Feeds as XML: read leniently, without entities and without the network."""

import re
from collections.abc import Iterator
from typing import TypeAlias, cast

import lxml.etree
import lxml.html

from dlambda.media.handlers.texts import in_utf8, resolve

Element: TypeAlias = lxml.etree._Element  # noqa: SLF001 the class has no public name

ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
YOUTUBE = "{http://www.youtube.com/xml/schemas/2015}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_DECLARES_ENCODING = re.compile(rb"<\?xml[^>]*\sencoding\s*=")
_FEED_ROOTS = frozenset({"rss", "feed", "rdf", "channel"})


def read_xml(body: bytes, content_type: str = "") -> Element:
    """The root of a feed. Raises `ValueError` with the reason when it is none.

    `content_type` is the header; its encoding counts where the document names none.

    A site's slip (a bare `&`, an unclosed tag) does not lose the feed. Entities that a document declares stay unread,
    so neither files nor endless expansions get in; text limits of the library hold.
    """
    parser = lxml.etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False, remove_comments=True
    )
    body = body.lstrip()
    if not _DECLARES_ENCODING.match(body):
        body = in_utf8(body, content_type)
    try:
        # Beyond repair it is None, which the type hides.
        root = cast("Element | None", lxml.etree.fromstring(body, parser))
    except (lxml.etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(f"The answer is not XML: {error}") from None
    if root is None or (_local(root).lower() not in _FEED_ROOTS and root.find(".//{*}item") is None):
        raise ValueError("The answer is no RSS or Atom feed")
    return root


def _local(element: Element) -> str:
    return lxml.etree.QName(element).localname


def entries(root: Element) -> Iterator[Element]:
    """The entries of an Atom feed."""
    return root.iter(f"{ATOM}entry")


def items(root: Element) -> Iterator[Element]:
    """Every `item`, wherever it stands: RSS 2.0 has them in the channel, RSS 1.0 beside it."""
    return root.iter("{*}item")


def text_of(element: Element | None) -> str:
    """All text in the element, trimmed."""
    return "".join(str(part) for part in element.itertext()).strip() if element is not None else ""


def child_text(element: Element, *names: str) -> str:
    """The text of the first of these children that has any. `{*}x` finds `x` of RSS in any of its versions."""
    for name in names:
        for child in element.iterfind(name):
            if text := text_of(child):
                return text
    return ""


def plain(element: Element, name: str) -> str:
    """The text of an element of RSS itself, not of one that another vocabulary calls the same."""
    for child in element.iterchildren("{*}" + name):
        space = lxml.etree.QName(child).namespace
        if space in {None, "http://purl.org/rss/1.0/"} and (text := text_of(child)):
            return text
    return ""


def attribute(element: Element, path: str, name: str) -> str:
    """`name` of the first element at `path` that has it."""
    for found in element.iterfind(path):
        if value := str(found.get(name) or "").strip():
            return value
    return ""


def media_thumbnail(element: Element, base: str) -> str:
    """The picture of an entry, absolute: thumbnail, in the group, iTunes image, an image as content or enclosure."""
    url = (
        attribute(element, f"{MEDIA}thumbnail", "url")
        or attribute(element, f"{MEDIA}group/{MEDIA}thumbnail", "url")
        or attribute(element, f"{ITUNES}image", "href")
        or _image_url(element, f"{MEDIA}content")
        or _image_url(element, f"{MEDIA}group/{MEDIA}content")
        or _image_url(element, "enclosure")
    )
    return resolve(base, url)


def _image_url(element: Element, path: str) -> str:
    for found in element.iterfind(path):
        if found.get("medium") == "image" or str(found.get("type") or "").startswith("image/"):
            return str(found.get("url") or "").strip()
    return ""


def media_description(element: Element) -> str:
    return child_text(element, f"{MEDIA}group/{MEDIA}description", f"{MEDIA}description")


def first_image(markup: str) -> str:
    """The `src` of the first picture in a piece of HTML."""
    root = _fragment(markup)
    found = root.find(".//img[@src]") if root is not None else None
    return str(found.get("src") or "") if found is not None else ""


def without_tags(markup: str) -> str:
    """The text of a piece of HTML, its blanks folded."""
    root = _fragment(markup)
    return " ".join("".join(str(part) for part in root.itertext()).split()) if root is not None else ""


def _fragment(markup: str) -> Element | None:
    if not markup.strip():
        return None
    try:
        return lxml.html.fragment_fromstring(markup, create_parent="div")
    except (lxml.etree.ParserError, ValueError):
        return None
