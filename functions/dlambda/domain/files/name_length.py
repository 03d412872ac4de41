"""Names that fit file systems, which count bytes: cut between characters, never inside one."""

import unicodedata

_JOINER = "\u200d"
_MOST_PARTS = 16  # of one character: what claims to be longer is no writing
_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)


def cut_bytes(text: str, most_bytes: int) -> str:
    """The longest beginning of `text` with at most so many bytes that ends between characters as people see them."""
    data = text.encode()
    if len(data) <= most_bytes:
        return text
    end = len(data[:most_bytes].decode(errors="ignore"))
    for _ in range(_MOST_PARTS):
        if not 0 < end < len(text) or not _belongs_to_last(text, end):
            break
        end -= 1
    return text[:end]


def _belongs_to_last(text: str, position: int) -> bool:
    """True if the code point at `position` is shown together with the one before it."""
    character, before = text[position], text[position - 1]
    if unicodedata.category(character).startswith("M") or _JOINER in (character, before):
        return True
    if ord(character) in _TONES or ord(character) in _TAGS:
        return True
    return ord(character) in _FLAGS and _flags_before(text, position) % 2 == 1


def _flags_before(text: str, position: int) -> int:
    """How many letters of flags stand right before `position`; two make a flag."""
    count = 0
    while count < position and ord(text[position - 1 - count]) in _FLAGS:
        count += 1
    return count
