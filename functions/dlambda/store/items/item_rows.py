"""Rows of items: an item's view, its hidden part and its secrets, with what the indexes need; and its URLs' owners."""

import hashlib
import json
import zlib
from typing import Final

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from dlambda.deployment import current
from dlambda.domain.items.item import Item, Shelf
from dlambda.domain.items.item_codec import hidden_part, restore
from dlambda.domain.items.search_text import search_text
from dlambda.errors import Invalid
from dlambda.store import sealing
from dlambda.store.items.batches import most_bytes
from dlambda.store.items.entry import LEAF_PLACES, Entry
from dlambda.store.items.packing import pack, render, unpack
from dlambda.store.table import Row

BUCKET_PLACES: Final = LEAF_PLACES * 64
_ROW_BYTES: Final = 390_000  # 400 KB with names and places


class _WaitingIndex(GlobalSecondaryIndex["ItemRow"]):
    """Items that wait: for their extraction, or for a slot of their lane; in queue order. Sparse."""

    class Meta:
        index_name = "waiting"
        projection = KeysOnlyProjection()

    waiting = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(range_key=True)


class _SearchIndex(GlobalSecondaryIndex["ItemRow"]):
    """The texts of items, by parts of their lists that are looked through one beside the other; in list order."""

    class Meta:
        index_name = "search"
        projection = IncludeProjection(["text"])

    bucket = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(range_key=True)


class _OwnSearchIndex(GlobalSecondaryIndex["ItemRow"]):
    """The same of the lists that members have. Sparse."""

    class Meta:
        index_name = "search_own"
        projection = IncludeProjection(["text"])

    own_bucket = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(range_key=True)


class ItemRow(Row):
    class Meta:
        table_name = "items"

    id = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute()
    version = NumberAttribute()
    waiting = UnicodeAttribute(null=True)
    view = BinaryAttribute(legacy_encoding=False)  # the JSON that clients get, rendered once; compressed
    hidden = BinaryAttribute(legacy_encoding=False)
    cookies = BinaryAttribute(null=True, legacy_encoding=False)
    cli = BinaryAttribute(null=True, legacy_encoding=False)  # where the view's is masked
    extras = BinaryAttribute(null=True, legacy_encoding=False)  # the same
    bucket = UnicodeAttribute(null=True)
    own_bucket = UnicodeAttribute(null=True)
    text = UnicodeAttribute(null=True)
    by_waiting = _WaitingIndex()
    by_bucket = _SearchIndex()
    by_own_bucket = _OwnSearchIndex()


class UrlRow(Row):
    """The owner of a URL. The row's existence is the uniqueness of downloads.md 3."""

    class Meta:
        table_name = "urls"

    url_hash = UnicodeAttribute(hash_key=True)
    item_id = UnicodeAttribute()


def list_name(shelf: Shelf, owner: str) -> str:
    """The counted list of a shelf: the deployment's, or the one that a member's items stand in as well."""
    return f"{shelf.value}@{owner}" if owner else shelf.value


def entries_of(item: Item | None) -> list[Entry]:
    """The places where an item stands: in the deployment's list, and a member's in its own."""
    if item is None:
        return []
    entries = [Entry(list_name(item.shelf, ""), item.seq, item.status, item.id)]
    if item.owner:
        entries.append(Entry(list_name(item.shelf, item.owner), item.owner_seq, item.status, item.id))
    return entries


def check_size(item: Item) -> None:
    """Raises `Invalid` for what no record can hold."""
    if most_bytes(item) > _ROW_BYTES:
        row_of(item)


def row_of(item: Item) -> ItemRow:
    """Raises `Invalid` for what no record can hold."""
    document = item.view
    view, hidden = render(document), render(hidden_part(item))
    cookies = sealing.seal(item.cookies) if item.cookies else None
    cli = sealing.seal(item.cli) if item.cli != document["cli"] else None
    extras = sealing.seal(render(item.extras).decode()) if dict(item.extras) != document["extras"] else None
    if sum(map(len, (view, hidden, cookies or b"", cli or b"", extras or b""))) > _ROW_BYTES:
        raise Invalid("The item is too large.")
    part = zlib.crc32(item.id.encode()) % current().settings.index_spread
    own_bucket = bucket_name(item.shelf, item.owner, item.owner_seq // BUCKET_PLACES)
    return ItemRow(
        item.id,
        seq=item.seq,
        version=item.version,
        waiting=_partition(item.waiting_lane, part) if item.waiting_lane else None,
        bucket=_partition(bucket_name(item.shelf, "", item.seq // BUCKET_PLACES), part),
        own_bucket=_partition(own_bucket, part) if item.owner else None,
        text=search_text(item),
        view=pack(view),
        hidden=pack(hidden),
        cookies=cookies,
        cli=cli,
        extras=extras,
    )


def item_of(row: ItemRow) -> Item:
    return restore(
        json.loads(unpack(row.view)),
        json.loads(unpack(row.hidden)),
        seq=int(row.seq),
        version=int(row.version),
        cookies=sealing.unseal(row.cookies) if row.cookies else "",
        cli=sealing.unseal(row.cli) if row.cli else None,
        extras=json.loads(sealing.unseal(row.extras)) if row.extras else None,
    )


def bucket_name(shelf: Shelf, owner: str, number: int) -> str:
    """A part of a list, which is looked through for words at once."""
    return f"{list_name(shelf, owner)}/{number}"


def partitions(key: str) -> list[str]:
    """The partitions of an index that entries with `key` lie in. One takes a thousand writes a second.

    The first has the key itself: rows of earlier versions lie there. No lane and no list has a blank in its name.
    """
    return [_partition(key, part) for part in range(current().settings.index_spread)]


def _partition(key: str, part: int) -> str:
    return f"{key} {part}" if part else key


def hash_of(url: str) -> str:
    """The key of a URL's row."""
    return hashlib.sha256(url.encode()).hexdigest()
