"""`Content-Disposition`: how a file is shown and under which name it is saved (RFC 6266)."""

import re
import unicodedata
from typing import Literal
from urllib.parse import quote

_QUOTING = '"\\/'
_UNREADABLE = "\0"
_UNREADABLE_RUN = re.compile(f"{_UNREADABLE}+")


def content_disposition(kind: Literal["inline", "attachment"], name: str) -> str:
    """The header's value. A name that needs more than ASCII is said twice (RFC 6266 appendix D): in ASCII for clients
    that read nothing else (curl), in UTF-8 for browsers.
    """
    plain = f'filename="{_in_ascii(name)}"'
    if _is_plain(name):
        return f"{kind}; {plain}"
    return f"{kind}; {plain}; filename*=UTF-8''{quote(name, safe='')}"


def _is_plain(name: str) -> bool:
    """True if all clients read it alike: some decode `%41` in a quoted text."""
    return name.isascii() and name.isprintable() and not set(f"{_QUOTING}%") & set(name)


def _in_ascii(name: str) -> str:
    """The name with the nearest ASCII for each character: accents are dropped, other scripts become `_`."""
    if _is_plain(name.replace("%", "")):  # curl decodes nothing
        return name
    letters = "".join(map(_ascii_of, unicodedata.normalize("NFC", name)))
    return _UNREADABLE_RUN.sub("_", letters)


def _ascii_of(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() and character not in _QUOTING else _UNREADABLE
    letters = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return letters if letters.isalnum() else _UNREADABLE
