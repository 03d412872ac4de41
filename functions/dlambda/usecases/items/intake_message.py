"""The message for an item's intake: entries of playlists and feeds have their own queue, and no add is behind them.

Both queues lead to the same function, as many messages at once as the setting `extract_info_concurrency` says. On each
queue users have their turns, there their tasks, there the sites (docs/decisions/queue-order.md).
"""

import re
from hashlib import blake2b
from urllib.parse import urlsplit

from dlambda.domain.items.item import Item
from dlambda.domain.messages.queue_messages import IntakeEntry, IntakeItem

# What a group may be called at SQS, and as long as three of them may be.
_NAME = re.compile(r"[A-Za-z0-9._-]{0,40}")


def intake_message(item: Item) -> IntakeItem:
    """The message for an item by itself."""
    return entry_message(item) if item.is_one_of_many else add_message(item)


def add_message(item: Item) -> IntakeItem:
    """The message for an item that was added alone or with a few others, by hand or by the run of a task."""
    return IntakeItem(item.id, _share_of(item))


def entry_message(item: Item) -> IntakeEntry:
    """The message for an item that is one of many: entries, and what was added or is tried again in large numbers."""
    return IntakeEntry(item.id, _share_of(item))


def _share_of(item: Item) -> str:
    share = item.share
    return "#".join(map(_name, (share.owner, share.task, _site_of(item.source_url))))


def _site_of(url: str) -> str:
    """The host of an address; of what is none, as `kaltura:1:2`, what it begins with."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.hostname or parts.scheme


def _name(text: str) -> str:
    return text if _NAME.fullmatch(text) else blake2b(text.encode(), digest_size=12).hexdigest()
