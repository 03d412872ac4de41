"""How long a playlist or a feed may be (setting `max_playlist_entries`; docs/contract/downloads.md 5.4)."""

from collections.abc import Iterable
from itertools import islice
from typing import Final, TypeVar

from dlambda.errors import Invalid

SETTING: Final = "YTP_MAX_PLAYLIST_ENTRIES"
T = TypeVar("T")


class TooManyEntries(Invalid):
    """There are more than `most`. Nothing was made of any of them."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"It has more than {limit} entries, and {SETTING} allows no more.")


def at_most(entries: Iterable[T], limit: int) -> tuple[T, ...]:
    """The entries; looks at one more than it takes. Raises `TooManyEntries`."""
    first_entries = tuple(islice(entries, limit + 1))
    if len(first_entries) > limit:
        raise TooManyEntries(limit)
    return first_entries
