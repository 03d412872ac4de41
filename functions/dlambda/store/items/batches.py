"""How many items one transaction takes: DynamoDB refuses one of more than 4 MB of rows."""

from collections.abc import Iterable, Iterator
from typing import Final

from dlambda.domain.items.item import Item
from dlambda.domain.items.item_codec import hidden_part
from dlambda.store.items.packing import render

MOST_BYTES: Final = 3_500_000
_SEALED: Final = 2  # a sealed text is at most so many times as long, with its nonce


def most_bytes(item: Item) -> int:
    """An upper bound of the size of an item's row: it is compressed, and this is not."""
    sealed = sum(len(text.encode()) for text in (item.cookies, item.cli)) + len(render(dict(item.extras)))
    return len(render(item.view)) + len(render(hidden_part(item))) + _SEALED * sealed


def batches(items: Iterable[Item], most: int) -> Iterator[list[Item]]:
    """The items in their order, at most `most` at a time, and no more than a transaction has room for."""
    batch: list[Item] = []
    size_bytes = 0
    for item in items:
        item_bytes = most_bytes(item)
        if batch and (len(batch) == most or size_bytes + item_bytes > MOST_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(item)
        size_bytes += item_bytes
    if batch:
        yield batch
