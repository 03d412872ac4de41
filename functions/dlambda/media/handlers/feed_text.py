"""The text of a feed as parsers take it: its encoding found, its slips mended (docs/contract/tasks.md 6).

Every step is linear in the size of the feed, however it is written.
"""

import codecs
import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import Final
from xml.sax.saxutils import escape

from w3lib.encoding import resolve_encoding

from dlambda.media.handlers.texts import charset_of

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_WIDE: Final = re.compile(r"utf-?(16|32)|ucs|iso-?10646|unicode", re.IGNORECASE)
_LEGACY: Final = "windows-1252"
_HEAD_BYTES: Final = 4096

_START: Final = re.compile(r"<\?xml\s|<!DOCTYPE\s|<(?:[\w.-]{1,50}:)?(?:rss|feed|RDF|channel)[\s>]", re.IGNORECASE)
_PASSAGES: Final = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?:(#[0-9]{1,9}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z]\w{0,40});)?",
    re.DOTALL,
)
_ENTITY: Final = re.compile(r"<!ENTITY\s+(?:%\s+)?([^\s\"'<>]{1,100})")
_FORBIDDEN: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OF_XML: Final = frozenset(("amp", "lt", "gt", "quot", "apos"))


def feed_text(body: bytes, content_type: str = "") -> str:
    """The feed from its first element on, in characters that XML allows, with every `&` beginning a reference.

    Named characters of HTML are replaced; entities that the document declares itself stay unread references.
    `content_type` is the header, whose encoding counts where the document names none.
    """
    text = _FORBIDDEN.sub("", _decode(body, content_type))
    start = _START.search(text)
    text = text[start.start() if start else max(text.find("<"), 0) :]
    declared = frozenset(_ENTITY.findall(text))
    return _PASSAGES.sub(lambda passage: _mend(passage, declared), text)


def _mend(passage: re.Match[str], declared: frozenset[str]) -> str:
    whole, name = passage[0], passage[1]
    if whole[0] == "<" or name in _OF_XML or name in declared:
        return whole
    if name and (name[0] == "#" or f"{name};" in html5):
        return escape(_FORBIDDEN.sub("", html.unescape(whole)))
    return f"&amp;{whole[1:]}"


def _decode(body: bytes, content_type: str) -> str:
    """By byte order mark, else as UTF-8 where that fits, else as declared or as the header says.

    What is declared is often wrong, but nothing else is valid UTF-8 by chance; one bad byte costs only itself.
    """
    body = body.lstrip(b" \t\r\n\f\v")
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    for encoding in _encodings(body, content_type):
        try:
            return body.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return text if sum(map(len, re.findall(r"[^\x00-\x7f]+", text))) > 2 * bad else body.decode(_LEGACY, "replace")


def _encodings(body: bytes, content_type: str) -> Iterator[str]:
    if not body.isascii():
        yield "utf-8"
    declared = _DECLARED.search(body[:_HEAD_BYTES])
    for name in (declared[1].decode() if declared else None, charset_of(content_type)):
        encoding = resolve_encoding(name) if name and not _WIDE.match(name) else None
        if encoding and encoding != "utf-8":
            yield encoding
