"""Feeds as XML: read leniently, without entities and without the network. Elements have a vocabulary and a name."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, TypeAlias, cast

import lxml.etree
import lxml.html

from dlambda.media.handlers.feed_tags import balanced
from dlambda.media.handlers.feed_text import feed_text
from dlambda.media.handlers.texts import resolve

Element: TypeAlias = lxml.etree._Element  # noqa: SLF001 the class has no public name

RSS: Final = "rss"
ATOM: Final = "atom"
MEDIA: Final = "media"
ITUNES: Final = "itunes"
CONTENT: Final = "content"
DUBLIN_CORE: Final = "dc"
YOUTUBE: Final = "yt"
PODCAST: Final = "podcast"

_MAX_TAGS: Final = 2_000_000
_VOCABULARIES: Final = {
    "www.w3.org/2005/atom": ATOM,
    "search.yahoo.com/mrss": MEDIA,
    "video.search.yahoo.com/mrss": MEDIA,
    "tools.search.yahoo.com/mrss": MEDIA,
    "www.rssboard.org/media-rss": MEDIA,
    "www.itunes.com/dtds/podcast-1.0.dtd": ITUNES,
    "purl.org/rss/1.0/modules/content": CONTENT,
    "purl.org/dc/elements/1.1": DUBLIN_CORE,
    "purl.org/dc/terms": DUBLIN_CORE,
    "www.youtube.com/xml/schemas/2015": YOUTUBE,
    "podcastindex.org/namespace/1.0": PODCAST,
    "github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": PODCAST,
    "": RSS,
    "purl.org/rss/1.0": RSS,
    "my.netscape.com/rdf/simple/0.9": RSS,
    "channel.netscape.com/rdf/simple/0.9": RSS,
}
# Drafts of Atom, 0.3 among them; RSS 2.0 has no namespace, and many were given to it.
_FAMILIES: Final = (
    ("purl.org/atom/", ATOM),
    ("backend.userland.com/", RSS),
    ("blogs.law.harvard.edu/tech/", RSS),
    ("cyber.law.harvard.edu/", RSS),
)
# A prefix that nobody declared means what it usually does.
_PREFIXES: Final = {name: name for name in (ATOM, MEDIA, ITUNES, CONTENT, YOUTUBE, PODCAST)} | {"dc": DUBLIN_CORE}
_FEED_ROOTS: Final = frozenset({"rss", "feed", "rdf", "channel"})
_ENTRY_TAGS: Final = tuple(f"{{*}}{name}" for name in ("item", "entry", "Item", "Entry", "ITEM", "ENTRY"))
_NESTS: Final = frozenset({"group", "content"})
_DEEPEST: Final = 2  # an entry, its group, a content of it
_CUT: Final = lxml.etree.ErrorTypes.ERR_RESOURCE_LIMIT
_UNBALANCED: Final = {
    lxml.etree.ErrorTypes.ERR_TAG_NAME_MISMATCH,
    lxml.etree.ErrorTypes.ERR_TAG_NOT_FINISHED,
    lxml.etree.ErrorTypes.ERR_NAME_REQUIRED,
    lxml.etree.ErrorTypes.ERR_ATTRIBUTE_NOT_STARTED,
    lxml.etree.ErrorTypes.ERR_GT_REQUIRED,
}
_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"


def read_xml(body: bytes, content_type: str = "") -> Element:
    """The root of a feed. Raises `ValueError` with the reason when it is none.

    A site's slip (an unclosed tag, an undeclared prefix) does not lose the feed. Entities that a document declares stay
    unread, so neither files nor endless expansions get in. Limits of the library hold, but for the length of a text;
    with an entity declared also that one.
    """
    text = feed_text(body, content_type)
    if text.count("<") > _MAX_TAGS:
        raise ValueError("The answer has too many elements")
    root, problems = _parse(text)
    if problems & _UNBALANCED:
        root, _ = _parse(balanced(text))
    if root is None or (name_of(root)[1] not in _FEED_ROOTS and next(entries(root), None) is None):
        raise ValueError("The answer is no RSS or Atom feed")
    return root


def _parse(text: str) -> tuple[Element | None, set[int]]:
    """The root, None beyond repair, and the kinds of what is wrong. Raises `ValueError` for what is cut at a limit.

    What comes behind a limit is not read: better no feed than half of one that calls itself whole.
    """
    parser = lxml.etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True, encoding="utf-8",
        huge_tree="<!ENTITY" not in text,
    )  # fmt: skip
    try:
        root = cast("Element | None", lxml.etree.fromstring(text.encode(), parser))
    except (lxml.etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(f"The answer is not XML: {error}") from None
    problems = list(parser.error_log)
    for problem in problems:
        if problem.type == _CUT:
            raise ValueError(f"The answer cannot be read: {problem.message}")
    return root, {problem.type for problem in problems}


def name_of(element: Element) -> tuple[str, str]:
    """Vocabulary and name in lower case; of a vocabulary that is not known here its address."""
    tag = element.tag
    if not isinstance(tag, str):
        return "", ""
    space, _, local = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
    prefix, colon, local_name = local.partition(":")
    if colon:
        return _PREFIXES.get(prefix.lower(), prefix), local_name.lower()
    return _vocabulary(space), local.lower()


@lru_cache(maxsize=256)
def _vocabulary(space: str) -> str:
    address = space.lower().rpartition("://")[2].rstrip("/")
    family = next((name for start, name in _FAMILIES if address.startswith(start)), space)
    return _VOCABULARIES.get(address, family)


def entries(root: Element) -> Iterator[Element]:
    """Every `item` of RSS and every `entry` of Atom: RSS 1.0 has them beside the channel, and some feeds mix them.

    RSS may be in any namespace: what is an item in a channel, is one.
    """
    for element in root.iter(*_ENTRY_TAGS):
        parent = element.getparent()
        if name_of(element)[0] in (RSS, ATOM) or (parent is not None and name_of(parent)[1] in _FEED_ROOTS):
            yield element


def channel_of(root: Element) -> Element:
    """The element that holds the words of a feed about itself."""
    return next((child for child in root if name_of(child)[1] == "channel"), root)


def text_of(element: Element | None) -> str:
    """All text in the element, trimmed."""
    return "".join(str(part) for part in element.itertext()).strip() if element is not None else ""


def attribute(element: Element, name: str) -> str:
    """The attribute of that name in any case, trimmed; `""` without."""
    value = element.get(name)
    if value is None:
        value = next((value for key, value in element.attrib.items() if str(key).lower() == name.lower()), "")
    return str(value).strip()


class Parts:
    """The children of an entry, or of a feed, by vocabulary and name, with those of `media:group` and `media:content`.

    The entry's own vocabulary is `RSS` for an `item` and `ATOM` for an `entry`, whatever namespace it has.
    """

    def __init__(self, entry: Element) -> None:
        self.entry = entry
        own, name = name_of(entry)
        self.own = ATOM if name in ("entry", "feed") else RSS
        self._same = {own, RSS}
        self._by_name: dict[tuple[str, str], list[Element]] = {}
        self._add(entry)

    def _add(self, parent: Element, deep: int = 0) -> None:
        for child in parent:
            vocabulary, name = name_of(child)
            vocabulary = self.own if vocabulary in self._same else vocabulary
            self._by_name.setdefault((vocabulary, name), []).append(child)
            if vocabulary == MEDIA and name in _NESTS and deep < _DEEPEST:
                self._add(child, deep + 1)

    def all(self, vocabulary: str, name: str) -> list[Element]:
        return self._by_name.get((vocabulary, name), [])

    def text(self, *names: tuple[str, str]) -> str:
        """The text of the first of these that has any."""
        texts = (text_of(element) for name in names for element in self.all(*name))
        return next((text for text in texts if text), "")

    def values(self, vocabulary: str, name: str, attribute_name: str) -> Iterator[str]:
        """An attribute of all elements of a name, where it is not empty."""
        return (value for element in self.all(vocabulary, name) if (value := attribute(element, attribute_name)))


def address_of(element: Element, link: str, feed_url: str) -> str:
    """`link` made absolute by the `xml:base` of the element and its parents, the outermost by the feed's address."""
    bases = [str(base) for node in (element, *element.iterancestors()) if (base := node.get(_BASE))]
    for base in reversed(bases):
        feed_url = resolve(feed_url, base.strip()) or feed_url
    return resolve(feed_url, link)


def first_image(markup: str) -> str:
    """The `src` of the first picture in a piece of HTML."""
    root = _fragment(markup)
    image = root.find(".//img[@src]") if root is not None else None
    return str(image.get("src") or "") if image is not None else ""


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
