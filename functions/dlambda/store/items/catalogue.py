"""Ordered, counted lists: any page of any length of list in a constant number of requests.

A list's entries have a place (`seq`, ascending in the order they came; below zero for what was moved to the front) and
a status. Three levels count them:

    root           how many entries of each status lie below each top     one row a list
    tops           how many lie in each leaf                              one row per 1,024 leaves
    leaves         which ids, at which places, of each status             one row per 256 places

To find the entries of rank 100,000 to 100,049 one reads the root and a top, then the leaf or two, then the entries
themselves by their ids. Nothing is skipped over, no index is late, and a status filter costs the same: it only sums
other counts. The counters change in the same transaction as the entry, so they can't drift.

The counts of a row are packed, several into one number: a top with 1,024 leaves is then some 90 attributes, not
thousands. A number has 38 digits, adding to one field is adding a power of ten, and DynamoDB adds atomically.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.operand import Path

from dlambda.deployment import per_deployment
from dlambda.store.table import Row, Transaction

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

LEAF_PLACES = 256
TOP_LEAVES = 1024
TOP_PLACES = LEAF_PLACES * TOP_LEAVES
_SLOT_DIGITS = 3
_BATCH = 100
_LEAVES_AT_ONCE = 20
_Answer = Mapping[str, Mapping[str, Any]]  # a row as DynamoDB answers it: attribute -> {type: value}
_MOST_REMEMBERED = 512
K = TypeVar("K")


class _Node(Row):
    """A root (`queue`), a top (`queue/0`) or a leaf (`queue/0/17`); counts and members by status are its attributes."""

    class Meta:
        table_name = "catalogue"

    node = UnicodeAttribute(hash_key=True)
    seq = NumberAttribute(null=True)
    front = NumberAttribute(null=True)


@dataclass(frozen=True, slots=True)
class _Packing:
    """How the counts of children stand in numbers: `digits` each, as many as 38 digits hold."""

    digits: int

    @property
    def per_word(self) -> int:
        return 38 // self.digits

    def unit(self, child: int) -> tuple[int, int]:
        """The word in which `child` is counted, and what one of it adds there."""
        word, place = divmod(child, self.per_word)
        return word, 10 ** (place * self.digits)

    def counts(self, word: int, value: int) -> Iterable[tuple[int, int]]:
        """The (child, count) pairs of one word, without the zeros."""
        child = word * self.per_word
        while value:
            value, count = divmod(value, 10**self.digits)
            if count:
                yield child, count
            child += 1


_IN_ROOT = _Packing(digits=6)
_IN_TOP = _Packing(digits=3)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry at its place. `status` is any text without `~`."""

    list_name: str
    seq: int
    status: str
    id: str

    @property
    def top(self) -> int:
        return self.seq // TOP_PLACES

    @property
    def leaf(self) -> int:
        """Its number within its top."""
        return self.seq % TOP_PLACES // LEAF_PLACES

    @property
    def member(self) -> str:
        return f"{self.seq % LEAF_PLACES:0{_SLOT_DIGITS}d}{self.id}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: ids in order, and the numbers of the contract's `pagination`."""

    ids: Sequence[str]
    page: int
    per_page: int
    total: int


def reserve(list_name: str, count: int = 1, *, leaving: Iterable[int] = ()) -> int:
    """The first of `count` places at the end of the list. A place that is never used is no harm.

    They lie in no leaf of the places `leaving`: one write cannot put into a set and take from it.
    """
    first = _reserve(list_name, "seq", count) - count
    if _shares_leaf(first, count, leaving):
        first = _reserve(list_name, "seq", count + LEAF_PLACES) - count - LEAF_PLACES
        first += -first % LEAF_PLACES
    return first


def reserve_front(list_name: str, count: int = 1, *, leaving: Iterable[int] = ()) -> int:
    """The first of `count` places before all others of the list. They lie in no leaf of the places `leaving`."""
    first = -_reserve(list_name, "front", count)
    if _shares_leaf(first, count, leaving):
        first = -_reserve(list_name, "front", count + LEAF_PLACES)
    return first


def _reserve(list_name: str, counter: str, count: int) -> int:
    """The counter after `count` was added to it."""
    answer = _Node(list_name).update(actions=[Path(counter).add(count)])
    return int(answer["Attributes"][counter]["N"])


def _shares_leaf(first: int, count: int, leaving: Iterable[int]) -> bool:
    leaves = {place // LEAF_PLACES for place in leaving}
    return not leaves.isdisjoint(range(first // LEAF_PLACES, (first + count - 1) // LEAF_PLACES + 1))


def change(transaction: Transaction, *, leave: Iterable[Entry] = (), enter: Iterable[Entry] = ()) -> None:
    """Adds to `transaction` that entries leave and enter. At most three writes per list, top and leaf concerned."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    members: dict[tuple[str, str, bool], set[str]] = defaultdict(set)
    for entry, sign in chain(((e, -1) for e in leave), ((e, 1) for e in enter)):
        word, unit = _IN_ROOT.unit(entry.top)
        counts[entry.list_name, f"{entry.status}~{word}"] += sign * unit
        word, unit = _IN_TOP.unit(entry.leaf)
        counts[f"{entry.list_name}/{entry.top}", f"{entry.status}~{word}"] += sign * unit
        members[f"{entry.list_name}/{entry.top}/{entry.leaf}", entry.status, sign > 0].add(entry.member)
    actions: dict[str, list[Action]] = defaultdict(list)
    for (node, name), delta in counts.items():
        if delta:
            actions[node].append(Path([name]).add(delta))
    for (node, status, comes), names in members.items():
        path = UnicodeSetAttribute(attr_name=status)
        actions[node].append(path.add(names) if comes else path.delete(names))
    for node, todo in actions.items():
        transaction.update(_Node(node), todo)


def count(list_name: str, statuses: Collection[str] | None = None) -> int:
    """How many entries have one of `statuses` (None: any)."""
    return sum(_counts(_read([list_name]).get(list_name, {}), _IN_ROOT, statuses).values())


def page(
    list_name: str, *, page: int, per_page: int, newest_first: bool, statuses: Collection[str] | None = None
) -> Page:
    """The ids of one page; a page beyond the end is the last one (downloads.md 3). One request, or two or three.

    Whoever asked for the same page before is likely to find it in the same leaves: they are read along with the root.
    """
    question = (list_name, page, per_page, newest_first, None if statuses is None else frozenset(statuses))
    leaves_of = _leaves_by_question()
    nodes = _read([list_name, f"{list_name}/0", *leaves_of.get(question, ())])
    tops = _counts(nodes.get(list_name, {}), _IN_ROOT, statuses)
    total = sum(tops.values())
    pages = max(1, -(-total // per_page))
    page = min(page, pages)
    start, stop = (page - 1) * per_page, min(page * per_page, total)
    if newest_first:
        start, stop = total - stop, total - start
    ids, leaves = _ids(list_name, nodes, tops, statuses, start, stop)
    if len(leaves_of) >= _MOST_REMEMBERED:
        leaves_of.clear()
    leaves_of[question] = leaves[: _BATCH // 2]
    return Page(ids[::-1] if newest_first else ids, page, per_page, total)


@per_deployment
def _leaves_by_question() -> dict[tuple[object, ...], list[str]]:
    return {}


def iterate(
    list_name: str, statuses: Collection[str] | None = None, *, after: int | None = None
) -> Iterator[list[str]]:
    """All ids of `statuses`, oldest first, some at a time. Who leaves on the way moves nobody out of sight.

    `after`: those alone whose place is higher. What lies below is not read.
    """
    first = -math.inf if after is None else after + 1
    tops = _counts(_read([list_name]).get(list_name, {}), _IN_ROOT, statuses)
    for top in tops:
        name = f"{list_name}/{top}"
        if (top + 1) * TOP_PLACES <= first:
            continue
        counts = _counts(_read([name]).get(name, {}), _IN_TOP, statuses)
        starts = {f"{name}/{leaf}": top * TOP_PLACES + leaf * LEAF_PLACES for leaf in counts}
        leaves = [leaf for leaf, place in starts.items() if place + LEAF_PLACES > first]
        for start in range(0, len(leaves), _LEAVES_AT_ONCE):
            batch = leaves[start : start + _LEAVES_AT_ONCE]
            rows = _read(batch)
            yield [id_ for leaf in batch for id_ in _members(rows.get(leaf, {}), statuses, first - starts[leaf])]


def list_leaves(list_name: str, statuses: Collection[str] | None = None) -> list[int]:
    """The first places of the leaves that have entries of `statuses`, in order. One request and one for 100 tops."""
    tops = _counts(_read([list_name]).get(list_name, {}), _IN_ROOT, statuses)
    nodes = _read([f"{list_name}/{top}" for top in tops])
    return [
        top * TOP_PLACES + leaf * LEAF_PLACES
        for top in tops
        for leaf in _counts(nodes.get(f"{list_name}/{top}", {}), _IN_TOP, statuses)
    ]


def _ids(
    list_name: str,
    nodes: dict[str, _Answer],
    tops: Mapping[int, int],
    statuses: Collection[str] | None,
    start: int,
    stop: int,
) -> tuple[list[str], list[str]]:
    """The ids of the ranks `start` to `stop` (exclusive), oldest first; and the leaves they stand in."""
    wanted_tops, before = _covering(tops, start, stop)
    nodes |= _read([name for top in wanted_tops if (name := f"{list_name}/{top}") not in nodes])
    leaves = {
        (top, leaf): number
        for top in wanted_tops
        for leaf, number in sorted(_counts(nodes.get(f"{list_name}/{top}", {}), _IN_TOP, statuses).items())
    }
    start, stop = start - before, stop - before
    wanted_leaves, before = _covering(leaves, start, stop)
    names = [f"{list_name}/{top}/{leaf}" for top, leaf in wanted_leaves]
    nodes |= _read([name for name in names if name not in nodes])
    ids = [id_ for name in names for id_ in _members(nodes.get(name, {}), statuses)]
    return ids[start - before : stop - before], names


def _members(leaf: _Answer, statuses: Collection[str] | None, first: float = 0) -> list[str]:
    """The ids of a leaf from the place `first` in it on, in the order of their places."""
    names = statuses if statuses is not None else [name for name in leaf if name != "node"]
    members = sorted(chain.from_iterable(leaf[name]["SS"] for name in names if name in leaf))
    return [member[_SLOT_DIGITS:] for member in members if int(member[:_SLOT_DIGITS]) >= first]


def _covering(counts: Mapping[K, int], start: int, stop: int) -> tuple[list[K], int]:
    """The keys, in order, that hold the ranks `start` to `stop`; and how many entries lie before the first of them."""
    keys: list[K] = []
    before = position = 0
    for key, number in counts.items():
        if position < stop and position + number > start:
            if not keys:
                before = position
            keys.append(key)
        position += number
    return keys, before


def _counts(row: _Answer, packing: _Packing, statuses: Collection[str] | None) -> dict[int, int]:
    """Child -> how many entries of `statuses` lie below it, in order, without the zeros."""
    counts: dict[int, int] = defaultdict(int)
    for name, value in row.items():
        status, mark, word = name.partition("~")
        if mark and (statuses is None or status in statuses):
            for child, number in packing.counts(int(word), int(value["N"])):
                counts[child] += number
    return dict(sorted(counts.items()))


def _read(names: Sequence[str]) -> dict[str, _Answer]:
    """The nodes by name, as DynamoDB answers them: their attributes are not known beforehand. 100 a request."""
    table = _Node.table()
    nodes: dict[str, _Answer] = {}
    todo = list(names)
    while todo:
        batch, todo = todo[:_BATCH], todo[_BATCH:]
        keys: Any = [{"node": name} for name in batch]  # its annotation says names alone, which it can't read
        answer = table.batch_get_item(keys, consistent_read=True)
        nodes |= {row["node"]["S"]: row for row in answer["Responses"].get(table.table_name, ())}
        unprocessed = answer.get("UnprocessedKeys", {}).get(table.table_name, {}).get("Keys", ())
        todo = [str(key["node"]["S"]) for key in unprocessed] + todo
    return nodes
