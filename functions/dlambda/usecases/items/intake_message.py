"""The message for an item's intake: entries of playlists and feeds have their own queue, and no add is behind them.

Both queues lead to the same function. On each queue messages are handled in the order of coming, as many at once as the
setting `extract_info_concurrency` says.
"""

from dlambda.domain.items.item import Item
from dlambda.domain.messages.queue_messages import IntakeEntry, IntakeItem


def intake_message(item: Item) -> IntakeItem:
    """Entries of a playlist know the URLs that led to them, those of a watched source the handler that found them."""
    is_entry = item.chain or "source_handler" in item.extras
    return IntakeEntry(item.id) if is_entry else IntakeItem(item.id)
