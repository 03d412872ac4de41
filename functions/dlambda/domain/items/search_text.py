"""The text that a search looks through, and the words of a search (docs/contract/downloads.md 4.1)."""

import unicodedata
from dataclasses import dataclass
from typing import Final, Self

from dlambda.domain.items.item import Item
from dlambda.errors import Invalid

MOST_CHARACTERS: Final = 200
"""Of a search."""
# An item's text is read for each search: the beginning of a long title or address tells it apart.
_TITLE, _URL, _OTHER = 200, 300, 80


def search_text(item: Item) -> str:
    """The title, URL, folder, uploader and channel of an item, as searches compare them, a line each."""
    creators = dict.fromkeys(str(item.extras.get(key) or "") for key in ("uploader", "channel"))
    lines = [item.title[:_TITLE], item.url[:_URL], item.folder[:_OTHER], *(creator[:_OTHER] for creator in creators)]
    return "\n".join(" ".join(_comparable(line).split()) for line in lines if line.strip())


def _comparable(text: str) -> str:
    """Without the differences of case, width and composition."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True, slots=True)
class Search:
    """Words, all of which an item's text has, in any order and in the middle of longer ones."""

    words: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for blanks. Raises `Invalid`."""
        if len(text) > MOST_CHARACTERS:
            raise Invalid(f"search must have at most {MOST_CHARACTERS} characters.")
        words = _comparable(text).split()
        return cls(tuple(words)) if words else None
