"""Subtitle files as text (docs/contract/files.md 4): UTF-8, UTF-16, else the code page of their language.

Most files are UTF-8. Older ones are in a code page that nothing in them names: the language in the file's name tells
which are possible, and of several the letters tell.
"""

import re
import unicodedata
from collections.abc import Mapping

from dlambda.domain.files import scripts
from dlambda.domain.files.letter_statistics import Script

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_SHIFT_OF_JAPANESE = b"\x1b$"
_DEFAULT = "cp1252"
_CODE_PAGES: Mapping[str, Script] = {
    _DEFAULT: scripts.WESTERN,
    "cp1251": scripts.CYRILLIC,
    "koi8_u": scripts.CYRILLIC,
    "cp866": scripts.CYRILLIC,
    "iso8859_5": scripts.CYRILLIC,
    "cp1253": scripts.GREEK,
    "cp1255": scripts.HEBREW,
    "cp1256": scripts.ARABIC,
    "iso8859_6": scripts.ARABIC,
    "cp874": scripts.THAI,
    "cp932": scripts.JAPANESE,
    "euc_jp": scripts.JAPANESE,
    "cp949": scripts.KOREAN,
    "gb18030": scripts.SIMPLIFIED,
    "big5hkscs": scripts.TRADITIONAL,
}
"""Encodings that letter statistics choose from."""


def _of(script: Script) -> dict[str, Script]:
    """The code pages of a script."""
    return {page: page_script for page, page_script in _CODE_PAGES.items() if page_script is script}


_CENTRAL = ("cp1250", "iso8859_2")
_BY_LANGUAGE: Mapping[str, Mapping[str, Script]] = {
    "be bg kk mk mn ru uk bel bul kaz mkd mac mon rus ukr": _of(scripts.CYRILLIC),
    "cs sk ces cze slk slo": dict.fromkeys(_CENTRAL, scripts.CZECH_AND_SLOVAK),
    "pl pol": dict.fromkeys(_CENTRAL, scripts.POLISH),
    "hu hun": dict.fromkeys(_CENTRAL, scripts.HUNGARIAN),
    "ro ron rum": dict.fromkeys(_CENTRAL, scripts.ROMANIAN),
    "bs hr sl bos hrv slv": dict.fromkeys(_CENTRAL, scripts.SOUTH_SLAVIC),
    "sq sqi alb": dict.fromkeys(_CENTRAL, scripts.ALBANIAN),
    "sr srp": dict.fromkeys(_CENTRAL, scripts.SOUTH_SLAVIC) | _of(scripts.CYRILLIC),
    "el ell gre": _of(scripts.GREEK),
    "az tr aze tur": {"cp1254": scripts.TURKISH},
    "he iw yi heb yid": _of(scripts.HEBREW),
    "ar fa ur ara fas per urd": _of(scripts.ARABIC),
    "et lt lv est lav lit": {"cp1257": scripts.BALTIC},
    "vi vie": {"cp1258": scripts.VIETNAMESE},
    "th tha": _of(scripts.THAI),
    "ja jp jpn": _of(scripts.JAPANESE),
    "ko kor": _of(scripts.KOREAN),
    "zh chi cmn zho": _of(scripts.SIMPLIFIED) | _of(scripts.TRADITIONAL),
    "zh-hans zh-cn zh-sg chs": _of(scripts.SIMPLIFIED),
    "zh-hant zh-tw zh-hk zh-mo yue cht": _of(scripts.TRADITIONAL),
}
"""The code pages of languages. Those of Latin letters stand here alone: in a short text nothing but a language tells
them from Windows-1252.
"""
_CODE_PAGES_OF = {tag: pages for tags, pages in _BY_LANGUAGE.items() for tag in tags.split()}
# How much rarer than Windows-1252 they are (logarithms): what decides on a text of a few letters.
_USUAL_RARITY = 3.0
_RARITY = {_DEFAULT: 0.0, "koi8_u": 5.0, "euc_jp": 4.0, "cp866": 6.0, "iso8859_5": 7.0, "iso8859_6": 7.0}
_MOST_LINES = 400
_LONGEST_LINE = 1000
_MARKUP = re.compile(rb"\{[^}]*\}|<[^>]*>|^Dialogue:(?:[^,]*,){9}")


def read_text(data: bytes, language: str = "") -> str:
    """The text of a subtitle file whose name says `language` (`ru`, `zh-Hant`, `und`). A byte that cannot be read is a
    `U+FFFD`, and spoils nothing else.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    if encoding := _utf_16(data) or _seven_bits(data):
        return data.decode(encoding, errors="replace")
    text = data.decode(errors="replace")
    if _is_utf_8(text):
        return text
    # Windows-1258 has letters and accents apart.
    return unicodedata.normalize("NFC", data.decode(_code_page(data, language), errors="replace"))


def _utf_16(data: bytes) -> str:
    """The kind of UTF-16 that it is; nothing when it is none."""
    # Subtitles are made of digits and line ends: in UTF-16 half of their bytes are zero.
    start = data[:4096]
    if start.count(0) <= len(start) // 8:
        return ""
    return "utf-16-le" if start[1::2].count(0) >= start[0::2].count(0) else "utf-16-be"


def _seven_bits(data: bytes) -> str:
    """The Japanese encoding that says by ASCII characters what follows; nothing when it is not that."""
    return "iso2022_jp" if _SHIFT_OF_JAPANESE in data and data.isascii() else ""


def _is_utf_8(text: str) -> bool:
    """True if nearly all of what is beyond ASCII was valid: in a code page that happens by accident alone."""
    replaced = text.count("\ufffd")
    valid = len(text) - len(text.encode("ascii", "ignore")) - replaced
    return valid >= 2 * replaced or (replaced == 1 and valid > 0)


def _code_page(data: bytes, language: str) -> str:
    pages = _code_pages_of(language.lower())
    sample = _sample(data)
    return max(pages, key=lambda page: _likelihood(sample.decode(page, errors="replace"), page, pages[page]))


def _code_pages_of(tag: str) -> Mapping[str, Script]:
    """Code pages of the language `tag`, or of as much of it as is known (`zh-hant-tw`: `zh-hant`); else all."""
    while tag not in _CODE_PAGES_OF and "-" in tag:
        tag = tag.rpartition("-")[0]
    return _CODE_PAGES_OF.get(tag, _CODE_PAGES)


def _likelihood(text: str, page: str, script: Script) -> float:
    return script.likelihood(text) - _RARITY.get(page, _USUAL_RARITY)


def _sample(data: bytes) -> bytes:
    """The first lines that are not all ASCII, without markup."""
    lines = [line for line in data.splitlines() if not line.isascii()]
    return b"\n".join(_MARKUP.sub(b" ", line[:_LONGEST_LINE]) for line in lines[:_MOST_LINES])
