"""The queue of an item's intake: entries of playlists and feeds have their own, and no add is behind them.

Both lead to the same function. On each queue messages are handled in the order of coming, as many at once as the
setting `extract_info_concurrency` says.
"""

from typing import Final

from dlambda.domain.items.item import Item

ADDS: Final = "intake"
ENTRIES: Final = "entries"


def intake_queue(item: Item) -> str:
    """Entries of a playlist know the URLs that led to them, those of a watched source the handler that found them."""
    return ENTRIES if item.chain or "source_handler" in item.extras else ADDS
