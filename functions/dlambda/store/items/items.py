"""Items: every change of one is one transaction over its row, its place in the lists, its URLs and its slot.

`commit` takes the item before and after and derives from the difference what must be written; so there is one way for
an item to move, whoever moves it, and no half-done state for a crash to leave behind.
"""

import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import chain
from operator import and_
from typing import Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from dlambda.deployment import current
from dlambda.domain.items.item import ACTIVE, Item, Shelf
from dlambda.domain.items.item_codec import hidden_part, restore
from dlambda.domain.items.search_text import search_text
from dlambda.domain.items.stage import Stage, check_transition
from dlambda.errors import Conflict, Invalid, NotFound, StaleWrite
from dlambda.store import sealing
from dlambda.store.items import catalogue, folding, journal, leases, slots
from dlambda.store.items.batches import most_bytes
from dlambda.store.items.entry import LEAF_PLACES, Entry
from dlambda.store.items.leases import Lease
from dlambda.store.items.packing import pack, render, unpack
from dlambda.store.table import MAX_OPERATIONS, TABLE_ERRORS, ConditionFailed, Row, Transaction, may_be_key

# An item is its row and its two URLs; what its batch shares (lists, slots) takes the rest of a transaction.
BATCH = 30
BUCKET_PLACES = LEAF_PLACES * 64
_READ_AT_ONCE = 100
_ROW_BYTES = 390_000  # 400 KB with names and places
_CHANGED = "changed meanwhile"
_URL_TAKEN = "url:"
_OF_WORKERS = frozenset({Stage.AWAITING_EXTRACTION, Stage.EXPANDING, Stage.RUNNING})
_MOST_TRIES = 12  # for a slot that others take at the same moment


class _WaitingIndex(GlobalSecondaryIndex["_Row"]):
    """Items that wait: for their extraction, or for a slot of their lane; in queue order. Sparse."""

    class Meta:
        index_name = "waiting"
        projection = KeysOnlyProjection()

    waiting = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(range_key=True)


class _SearchIndex(GlobalSecondaryIndex["_Row"]):
    """The texts of items, by parts of their lists that are looked through one beside the other; in list order."""

    class Meta:
        index_name = "search"
        projection = IncludeProjection(["text"])

    bucket = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(range_key=True)


class _OwnSearchIndex(GlobalSecondaryIndex["_Row"]):
    """The same of the lists that members have. Sparse."""

    class Meta:
        index_name = "search_own"
        projection = IncludeProjection(["text"])

    own_bucket = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(range_key=True)


class _Row(Row):
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


class _Url(Row):
    """The owner of a URL. The row's existence is the uniqueness of downloads.md 3."""

    class Meta:
        table_name = "urls"

    url_hash = UnicodeAttribute(hash_key=True)
    item_id = UnicodeAttribute()


@dataclass(frozen=True, slots=True)
class Change:
    """An item before (None: new) and after (None: removed)."""

    before: Item | None
    after: Item | None
    lease: Lease | None = None  # of the worker whose change it is: a refusal says `Lost` when it has it no more


class UrlTaken(Conflict):
    """Another item has one of the URLs. `holders` maps the ids of the refused items to those of the holders."""

    def __init__(self, holders: dict[str, str]) -> None:
        super().__init__("The URL is already known.")
        self.holders = holders


def find(item_id: str, *, owner: str = "") -> Item | None:
    """The item; None when there is none, and for what a member (`owner`) may not see."""
    items = find_many([item_id], owner=owner)
    return items[0] if items else None


def get(item_id: str, *, owner: str = "") -> Item:
    item = find(item_id, owner=owner)
    if item is None:
        raise NotFound("Item not found.")
    return item


def find_many(ids: Iterable[str], *, owner: str = "") -> list[Item]:
    """Items that exist, in the order asked for; with an `owner`, those of that member alone. One request for 100."""
    keys = _keys(ids)
    rows = {row.id: row for row in _Row.batch_get(keys, consistent_read=True)} if keys else {}
    items = (_item(rows[key]) for key in keys if key in rows)
    return [item for item in items if item.is_visible_to(owner)]


def find_views(ids: Iterable[str]) -> list[bytes]:
    """Reads the rendered JSON of items, in the order of `ids`, without those that do not exist; 100 a request."""
    return list(find_views_by_id(ids).values())


def find_views_by_id(ids: Iterable[str]) -> dict[str, bytes]:
    """Reads what `find_views` reads, by the items' ids."""
    keys = _keys(ids)
    if not keys:
        return {}
    rows = _Row.batch_get(keys, consistent_read=True, attributes_to_get=["id", "view"])
    views = {row.id: unpack(row.view) for row in rows}
    return {key: views[key] for key in keys if key in views}


def _keys(ids: Iterable[str]) -> list[str]:
    """Texts that may be ids: they come from clients, and DynamoDB refuses any other key."""
    return [item_id for item_id in dict.fromkeys(ids) if may_be_key(item_id) and item_id.isprintable()]


def find_holders(urls: Collection[str]) -> dict[str, str]:
    """URL -> id of the item that has it. One request for 100."""
    by_hash = {_hash(url): url for url in urls}
    return {by_hash[row.url_hash]: row.item_id for row in _Url.batch_get(list(by_hash), consistent_read=True)}


def page(
    shelf: Shelf,
    *,
    page: int,
    per_page: int,
    newest_first: bool,
    statuses: Collection[str] | None = None,
    owner: str = "",
) -> catalogue.Page:
    """A page of the ids in a list: of all items, or of a member's (`owner`) at the same cost."""
    return catalogue.page(
        list_name(shelf, owner), page=page, per_page=per_page, newest_first=newest_first, statuses=statuses
    )


def iterate(
    shelf: Shelf, statuses: Collection[str] | None = None, *, after: int | None = None, owner: str = ""
) -> Iterator[Item]:
    """All items of a list, oldest first, which may be removed on the way; what enters meanwhile may be missed.

    `after`: those alone whose place in that list is higher.
    """
    for ids in catalogue.iterate(list_name(shelf, owner), statuses, after=after):
        for start in range(0, len(ids), _READ_AT_ONCE):
            yield from find_many(ids[start : start + _READ_AT_ONCE])


def iterate_ids(shelf: Shelf, statuses: Collection[str] | None = None, *, owner: str = "") -> Iterator[list[str]]:
    """All ids of a list, of all or of a member's, oldest first, some at a time."""
    return catalogue.iterate(list_name(shelf, owner), statuses)


def list_buckets(shelf: Shelf, statuses: Collection[str] | None = None, *, owner: str = "") -> list[int]:
    """The parts of a list that have items with `statuses`, in list order."""
    places = catalogue.list_leaves(list_name(shelf, owner), statuses)
    return sorted({place // BUCKET_PLACES for place in places})


def find_by_words(shelf: Shelf, bucket: int, words: Sequence[str], *, owner: str = "") -> list[str]:
    """The ids of the items in a part of a list whose search texts have all `words`, in list order.

    The table looks through 1 MB of texts a request, and answers what matches. May be a moment old.
    """
    has_all = reduce(and_, (_Row.text.contains(word) for word in words))
    index = _Row.by_own_bucket if owner else _Row.by_bucket
    query: dict[str, Any] = {
        "index_name": index.Meta.index_name,
        "filter_condition": has_all,
        "attributes_to_get": ["id", "seq"],
    }
    found: list[tuple[int, str]] = []
    for key in _spread(_bucket(shelf, owner, bucket)):
        start: Any = {}
        while start is not None:
            answer = _Row.table().query(key, exclusive_start_key=start or None, **query)
            found += [(int(row["seq"]["N"]), str(row["id"]["S"])) for row in answer["Items"]]
            start = answer.get("LastEvaluatedKey")
    return [item_id for _, item_id in sorted(found)]


def count(shelf: Shelf, statuses: Collection[str] | None = None, *, owner: str = "") -> int:
    """How many items are in a list: of all, or of a member's (`owner`)."""
    return catalogue.count(list_name(shelf, owner), statuses)


def list_name(shelf: Shelf, owner: str) -> str:
    """The counted list of a shelf: the deployment's, or the one that a member's items stand in as well."""
    return f"{shelf.value}@{owner}" if owner else shelf.value


def at_end(moved: Sequence[Item], *, front: bool) -> dict[str, Item]:
    """Items of the queue by id, with new places in this order: before all others of their lists, or behind them.

    A `commit` can bring each of `moved`, as it was read, to its new places, together with others of them.
    """
    first, _ = journal.reserve_places(list_name(Shelf.QUEUE, ""), len(moved), front=front)
    placed = {item.id: item.evolve(seq=first + number) for number, item in enumerate(moved)}
    for owner in dict.fromkeys(item.owner for item in moved if item.owner):
        own = [item for item in moved if item.owner == owner]
        first, _ = journal.reserve_places(list_name(Shelf.QUEUE, owner), len(own), front=front)
        placed |= {item.id: placed[item.id].evolve(owner_seq=first + number) for number, item in enumerate(own)}
    return placed


def place_in(item: Item, owner: str) -> int:
    """The place of an item in the list that a member (`owner`) or an admin sees."""
    return item.owner_seq if owner else item.seq


def list_waiting(lane: str, limit: int) -> list[tuple[int, str]]:
    """(place, id) of the oldest items that wait in `lane`: for a slot, a retry or intake. May lag: a claim decides."""
    parts = current().clock.together(
        [partial(_list_waiting_in, partition, limit) for partition in _spread(lane)],
    )
    return sorted(chain.from_iterable(parts))[:limit]


def _list_waiting_in(partition: str, limit: int) -> list[tuple[int, str]]:
    rows = _Row.by_waiting.query(partition, limit=limit, page_size=limit)
    return [(int(row.seq), row.id) for row in rows]


def list_active() -> list[Item]:
    """Items that workers have, or had when they died."""
    page = catalogue.page(Shelf.QUEUE, page=1, per_page=1000, newest_first=False, statuses=ACTIVE)
    return find_many(page.ids)


def stored(diff: Iterable[Change]) -> list[Item]:
    """The items that are there after `diff`, in its order."""
    return [change.after for change in diff if change.after]


def commit(changes: Sequence[Change]) -> list[Change]:
    """Writes all changes or none; answers them as they were stored, in order. At most `BATCH` changes.

    Raises `ValueError` for a transition that `domain.items.stage` does not name, and for a change of the owner: its
    lists, its URLs and its folder are the owner's.
    """
    for change in changes:
        if change.before and change.after:
            check_transition(change.before.stage, change.after.stage)
            if change.before.owner != change.after.owner:
                raise ValueError("an item keeps its owner")
    changes, address = _place(changes)
    choice = slots.Choice(current().settings, _slots_of)
    for _ in range(_MOST_TRIES):
        chosen = [
            replace(change, after=change.after and choice.place(change.before, change.after)) for change in changes
        ]
        record = _record(chosen)
        address = address or (journal.reserve() if record else None)
        refused = _refusal(chosen, choice, record, address)
        if not refused:
            _follow(chosen, address)
            return chosen
        choice.exclude(reason.removeprefix(slots.NO_SLOT) for reason in refused)
        if journal.LATE in refused:
            address = None
    raise slots.NoSlot


def _follow(changes: Sequence[Change], address: journal.Address | None) -> None:
    """Ends leases and folds the journal after a transaction; may be lost with its process."""
    left = [change for change in changes if _leaves_queue(change)]
    others = [change.before.id for change in left if change.before and _may_be_worked_on(change)]
    leases.end_all(others)
    leases.end_later(change.before.id for change in left if change.before and change.before.id not in others)
    for change in changes:
        slots.note_free(change.before, change.after)
    if address:
        folding.fold_after(address)


def _leaves_queue(change: Change) -> bool:
    before, after = change.before, change.after
    return before is not None and before.shelf is Shelf.QUEUE and (after is None or after.shelf is Shelf.DONE)


def _may_be_worked_on(change: Change) -> bool:
    """True if a worker may have the item, other than the one whose change it is."""
    return change.lease is None and change.before is not None and change.before.stage in _OF_WORKERS


def _slots_of(item_ids: Iterable[str]) -> dict[str, Collection[str]]:
    """Item id -> the slots that it holds, of those that exist."""
    return {item.id: item.slots for item in find_many(item_ids)}


def _refusal(
    changes: Sequence[Change], choice: slots.Choice, record: journal.Record, address: journal.Address | None
) -> Sequence[str]:
    """Writes the changes; the reasons for which they are to be written with other slots or another number."""
    try:
        _transaction(changes, choice, record, address).commit()
    except ConditionFailed as refused:
        if not all(reason == journal.LATE or reason.startswith(slots.NO_SLOT) for reason in refused.reasons):
            raise _reason(refused, changes) from None
        return refused.reasons
    except TABLE_ERRORS:  # also when many add the same URL at the same moment, and another one was faster
        if (urls := _new_urls(changes)) and (holders := _holders_of(urls, changes)):
            raise UrlTaken(holders) from None
        raise
    return ()


def _place(changes: Sequence[Change]) -> tuple[list[Change], journal.Address | None]:
    """The changes with versions, and with a place for whoever enters a list; a member's items enter two.

    With the places comes the one of the record in the journal: of the list of all.
    """
    entering: dict[tuple[Shelf, str], list[int]] = {}
    for number, change in enumerate(changes):
        if change.after and (change.before is None or change.before.shelf is not change.after.shelf):
            for owner in dict.fromkeys(("", change.after.owner)):
                entering.setdefault((change.after.shelf, owner), []).append(number)
    places: dict[tuple[int, bool], int] = {}
    address = None
    for (shelf, owner), numbers in entering.items():
        first, given = journal.reserve_places(list_name(shelf, owner), len(numbers))
        address = address or given
        places |= {(number, bool(owner)): first + step for step, number in enumerate(numbers)}
    placed: list[Change] = []
    for number, change in enumerate(changes):
        after = change.after
        if after is not None:
            after = after.evolve(
                seq=places.get((number, False), after.seq),
                owner_seq=places.get((number, True), after.owner_seq),
                version=change.before.version + 1 if change.before else 1,
            )
        placed.append(replace(change, after=after))
    return placed, address


def _record(changes: Sequence[Change]) -> journal.Record:
    """The changes as a record of lists and lanes."""
    moves = [change for change in changes if _entries(change.before) != _entries(change.after)]
    return journal.Record(
        leave=[entry for change in moves for entry in _entries(change.before)],
        enter=[entry for change in moves for entry in _entries(change.after)],
        lanes=slots.lane_changes((change.before, change.after) for change in changes),
    )


def _transaction(
    changes: Sequence[Change], choice: slots.Choice, record: journal.Record, address: journal.Address | None
) -> Transaction:
    transaction = Transaction()
    for change in changes:
        _write_row(transaction, change)
        choice.write(transaction, change.before, change.after)
    _write_urls(transaction, changes)
    if address:
        journal.put(transaction, address, record)
    if len(transaction) > MAX_OPERATIONS:
        raise ValueError(f"{len(changes)} changes are too many for one transaction")
    return transaction


def _write_row(transaction: Transaction, change: Change) -> None:
    before, after = change.before, change.after
    if before is not None:
        unchanged = _Row.version == before.version
        if after is None:
            transaction.delete(_Row(before.id), condition=unchanged, error_label=_CHANGED)
            return
        transaction.put(_row(after), condition=unchanged, error_label=_CHANGED)
    elif after is not None:
        transaction.put(_row(after), condition=_Row.id.does_not_exist(), error_label=_CHANGED)


def _write_urls(transaction: Transaction, changes: Sequence[Change]) -> None:
    """A URL may go from one item to another in the same transaction: that is one write."""
    released: dict[str, str] = {}
    new: dict[str, str] = {}
    for change in changes:
        before = change.before.urls if change.before else frozenset()
        after = change.after.urls if change.after else frozenset()
        if change.before:
            released |= dict.fromkeys(before - after, change.before.id)
        if change.after:
            if not new.keys().isdisjoint(after - before):
                raise ValueError("two changes of a transaction give one URL to two items")
            new |= dict.fromkeys(after - before, change.after.id)
    for url in released.keys() - new.keys():
        transaction.delete(_Url(_hash(url)))
    for url, item_id in new.items():
        owner = released.get(url, item_id)
        free = _Url.url_hash.does_not_exist() | (_Url.item_id == owner)
        transaction.put(_Url(_hash(url), item_id=item_id), condition=free, error_label=f"{_URL_TAKEN}{url}")


def _reason(refused: ConditionFailed, changes: Sequence[Change]) -> Conflict:
    """The error of a refused transaction for its caller: the most telling of its reasons."""
    if _CHANGED in refused.reasons:
        if not all(leases.is_held(change.lease) for change in changes if change.lease):
            return leases.Lost("Another worker has the item.")
        return StaleWrite("The item was changed meanwhile.")
    urls = {reason.removeprefix(_URL_TAKEN) for reason in refused.reasons if reason.startswith(_URL_TAKEN)}
    if urls:
        return UrlTaken(_holders_of(urls, changes))
    return slots.NoSlot()


def _holders_of(urls: Collection[str], changes: Iterable[Change]) -> dict[str, str]:
    """The ids of the changed items for which others have one of `urls`, with the ids of these."""
    holders = find_holders(urls)
    found: dict[str, str] = {}
    for item in (change.after for change in changes if change.after):
        others = [holders[url] for url in item.urls.intersection(urls) if holders.get(url, item.id) != item.id]
        if others:
            found[item.id] = others[0]
    return found


def _new_urls(changes: Iterable[Change]) -> set[str]:
    """URLs that no item of the changes had before."""
    before = [url for change in changes if change.before for url in change.before.urls]
    return {url for change in changes if change.after for url in change.after.urls}.difference(before)


def _entries(item: Item | None) -> list[Entry]:
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
        _row(item)


def _row(item: Item) -> _Row:
    """Raises `Invalid` for what no record can hold."""
    document = item.view
    view, hidden = render(document), render(hidden_part(item))
    cookies = sealing.seal(item.cookies) if item.cookies else None
    cli = sealing.seal(item.cli) if item.cli != document["cli"] else None
    extras = sealing.seal(render(item.extras).decode()) if dict(item.extras) != document["extras"] else None
    if sum(map(len, (view, hidden, cookies or b"", cli or b"", extras or b""))) > _ROW_BYTES:
        raise Invalid("The item is too large.")
    return _Row(
        item.id,
        seq=item.seq,
        version=item.version,
        waiting=_part(item.waiting_lane, item.id) if item.waiting_lane else None,
        bucket=_part(_bucket(item.shelf, "", item.seq // BUCKET_PLACES), item.id),
        own_bucket=_part(_bucket(item.shelf, item.owner, item.owner_seq // BUCKET_PLACES), item.id)
        if item.owner
        else None,
        text=search_text(item),
        view=pack(view),
        hidden=pack(hidden),
        cookies=cookies,
        cli=cli,
        extras=extras,
    )


def _item(row: _Row) -> Item:
    return restore(
        json.loads(unpack(row.view)),
        json.loads(unpack(row.hidden)),
        seq=int(row.seq),
        version=int(row.version),
        cookies=sealing.unseal(row.cookies) if row.cookies else "",
        cli=sealing.unseal(row.cli) if row.cli else None,
        extras=json.loads(sealing.unseal(row.extras)) if row.extras else None,
    )


def _bucket(shelf: Shelf, owner: str, number: int) -> str:
    return f"{list_name(shelf, owner)}/{number}"


def _spread(key: str) -> list[str]:
    """The partitions of an index that entries with `key` lie in. One takes a thousand writes a second.

    The first has the key itself: rows of earlier versions lie there. No lane and no list has a blank in its name.
    """
    return [key, *(f"{key} {part}" for part in range(1, current().settings.index_spread))]


def _part(key: str, item_id: str) -> str:
    """The one of them that an item lies in."""
    parts = _spread(key)
    return parts[zlib.crc32(item_id.encode()) % len(parts)]


def _hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
