"""Ordered, counted lists: any page of any length of list in a constant number of requests.

A list's entries have a place (`seq`, ascending in the order they came; below zero for what was moved to the front) and
a status. Three levels of nodes count them:

    root           how many entries of each status lie below each top     one row a list
    tops           how many lie in each leaf                              one row per 1,024 leaves
    leaves         which ids, at which places, of each status             one row per 256 places

To find the entries of rank 100,000 to 100,049 one reads the root and a top, then the leaf or two, then the entries
themselves by their ids. Nothing is skipped over, no index is late, and a status filter costs the same: it only sums
other counts.

Nodes are written by folds alone (`folding.py`). What changed since the last one stands in the journal (`journal.py`)
and is added here to what the nodes say. A node has the number of the fold that wrote it last: where that is newer than
the journal that was read, both are read again. So a process remembers the nodes that it has read until the next fold,
and a list that is asked for again costs one request.

The counts of a row are packed, several into one number: a top with 1,024 leaves is then some 90 attributes, not
thousands. A number has 38 digits, adding to one field is adding a power of ten, and DynamoDB adds atomically.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from pynamodb.attributes import UnicodeSetAttribute
from pynamodb.expressions.operand import Path

from dlambda.deployment import current, per_deployment
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.items import journal
from dlambda.store.items import nodes as node_rows
from dlambda.store.items.entry import LEAF_PLACES, SLOT_DIGITS, TOP_PLACES, Entry
from dlambda.store.items.journal import FoldedMeanwhile, Journal
from dlambda.store.items.nodes import Answer, Node
from dlambda.store.table import Transaction

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action

_BATCH = 100
_LEAVES_AT_ONCE = 20
_MOST_REMEMBERED = 512
_MOST_REMEMBERED_NODES = 64
_SECONDS = 1.0
"""Folds tell of themselves. Whoever fills or mends tables in another way is seen after so long."""
_FOLD = "fold"
K = TypeVar("K")


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
class Page:
    """A page of a list: ids in order, and the numbers of the contract's `pagination`."""

    ids: Sequence[str]
    page: int
    per_page: int
    total: int


def change(transaction: Transaction, changes: Mapping[Entry, int], leaves: Mapping[str, Answer], fold: int) -> None:
    """Adds to `transaction` what a fold changes in nodes: a write for each list, top and leaf concerned.

    `changes`: 1 for an entry that enters, -1 for one that leaves. `leaves`: those concerned, as they are.
    """
    counts: dict[tuple[str, str], int] = defaultdict(int)
    members: dict[tuple[str, str], set[str]] = {}
    for entry, sign in changes.items():
        if not sign:
            continue
        word, unit = _IN_ROOT.unit(entry.top)
        counts[entry.list_name, f"{entry.status}~{word}"] += sign * unit
        word, unit = _IN_TOP.unit(entry.leaf)
        counts[entry.top_node, f"{entry.status}~{word}"] += sign * unit
        place = (entry.leaf_node, entry.status)
        if place not in members:
            members[place] = set(leaves.get(entry.leaf_node, {}).get(entry.status, {}).get("SS", ()))
        (members[place].add if sign > 0 else members[place].discard)(entry.member)
    actions: dict[str, list[Action]] = defaultdict(list)
    for (node, name), delta in counts.items():
        if delta:
            actions[node].append(Path([name]).add(delta))
    for (node, status), names in members.items():
        path = UnicodeSetAttribute(attr_name=status)
        actions[node].append(path.set(names) if names else path.remove())
    for node, todo in actions.items():
        transaction.update(Node(node), [*todo, Path([_FOLD]).set(fold)])


def count(list_name: str, statuses: Collection[str] | None = None) -> int:
    """How many entries have one of `statuses` (None: any). One request or two."""
    return retry_conflicts(lambda: _read_list(list_name, statuses, [list_name]).count(), on=FoldedMeanwhile)


def page(
    list_name: str, *, page: int, per_page: int, newest_first: bool, statuses: Collection[str] | None = None
) -> Page:
    """The ids of one page; a page beyond the end is the last one (downloads.md 3). One request, or two to four.

    Whoever asked for the same page before is likely to find it in the same leaves: they are read along with the root.
    """
    question = (list_name, page, per_page, newest_first, None if statuses is None else frozenset(statuses))
    leaves_of = _leaves_by_question()

    def attempt() -> tuple[Page, list[str]]:
        names = [list_name, f"{list_name}/0", *leaves_of.get(question, ())]
        return _read_list(list_name, statuses, names).page(page, per_page, newest_first=newest_first)

    listing, leaves = retry_conflicts(attempt, on=FoldedMeanwhile)
    if len(leaves_of) >= _MOST_REMEMBERED:
        leaves_of.clear()
    leaves_of[question] = leaves[: _BATCH // 2]
    return listing


def first_and_count(
    list_name: str, per_page: int, counted: str, beside: Sequence[str]
) -> tuple[Page, int, Mapping[str, Answer]]:
    """The first page of a list, oldest first, how many entries the list `counted` has, and the rows `beside` them, for
    the price of a page.
    """

    def attempt() -> tuple[Page, int, Mapping[str, Answer]]:
        names = [list_name, f"{list_name}/0"]
        (listing, other), rows = _read_lists((list_name, None, names), (counted, None, [counted]), beside=beside)
        return listing.page(1, per_page, newest_first=False)[0], other.count(), rows

    return retry_conflicts(attempt, on=FoldedMeanwhile)


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

    def begin() -> tuple[list[int], list[str]]:
        now = _read_list(list_name, statuses, [list_name, f"{list_name}/0"])
        places = [place for place in now.places() if place + LEAF_PLACES > first]
        return places, now.members_from(places[:_LEAVES_AT_ONCE], first)

    places, ids = retry_conflicts(begin, on=FoldedMeanwhile)
    yield ids
    for start in range(_LEAVES_AT_ONCE, len(places), _LEAVES_AT_ONCE):
        batch = places[start : start + _LEAVES_AT_ONCE]

        def go_on(batch: Sequence[int] = batch) -> list[str]:
            names = [_leaf_at(list_name, place) for place in batch]
            return _read_list(list_name, statuses, names).members_from(batch, first)

        yield retry_conflicts(go_on, on=FoldedMeanwhile)


def list_leaves(list_name: str, statuses: Collection[str] | None = None) -> list[int]:
    """The first places of the leaves that have entries of `statuses`, in order. Two requests, and one for 100 tops."""
    return retry_conflicts(
        lambda: _read_list(list_name, statuses, [list_name, f"{list_name}/0"]).places(), on=FoldedMeanwhile
    )


def _leaf_at(list_name: str, place: int) -> str:
    return Entry(list_name, place, "", "").leaf_node


Question = tuple[str, Collection[str] | None, Sequence[str]]
"""A list's name, the statuses that count in it (None: all), and the nodes to read at once."""


def _read_list(name: str, statuses: Collection[str] | None, names: Sequence[str]) -> "_List":
    """Raises `FoldedMeanwhile`."""
    (answer,), _ = _read_lists((name, statuses, names))
    return answer


def _read_lists(*questions: Question, beside: Sequence[str] = ()) -> "tuple[list[_List], Mapping[str, Answer]]":
    """Several lists at one moment, and the rows that were read for it, those `beside` the journal among them; by one or
    two requests. Raises `FoldedMeanwhile`.
    """
    names = list(dict.fromkeys(node for _, _, nodes in questions for node in nodes))
    remembered = _RememberedNodes()

    def then(fold_row: Answer | None) -> list[str]:
        nonlocal remembered
        remembered = _remembered(fold_row)
        return [name for name in names if name not in remembered.rows]

    recent, rows = journal.read(beside, then)
    nodes = _Nodes(recent.fold, remembered)
    nodes.keep(names, rows)
    return [_List(name, statuses, recent, nodes) for name, statuses, _ in questions], rows


@dataclass(slots=True)
class _RememberedNodes:
    """Nodes that this process has read while the row of folds was `fold_row`; None where there is no row.

    `until`: a monotonic time.
    """

    fold_row: Answer | None = None
    rows: Mapping[str, Answer | None] = field(default_factory=dict)
    until: float = 0.0


@per_deployment
def _memory() -> list[_RememberedNodes]:
    """A list of one entry, which is replaced as a whole: threads share it."""
    return [_RememberedNodes()]


def _remembered(fold_row: Answer | None) -> _RememberedNodes:
    """The nodes that are as they were, since `fold_row` is."""
    (last,) = _memory()
    now = current().clock.monotonic()
    return last if fold_row == last.fold_row and now < last.until else _RememberedNodes(fold_row, {}, now + _SECONDS)


class _Nodes:
    """The nodes at one moment, read when they are asked for. Everything may raise `FoldedMeanwhile`."""

    def __init__(self, fold: int, remembered: _RememberedNodes) -> None:
        self._fold = fold
        self._remembered = remembered
        self._rows = dict(remembered.rows)

    def __getitem__(self, name: str) -> Answer:
        """The node's row; an empty one where there is none."""
        self.read([name])
        return self._rows[name] or {}

    def read(self, names: Sequence[str]) -> None:
        """Reads those that are not known yet, by one request for 100."""
        if missing := [name for name in names if name not in self._rows]:
            self.keep(missing, node_rows.read(missing))

    def keep(self, names: Sequence[str], rows: Mapping[str, Answer]) -> None:
        """Takes those of `names` that are new from what was read."""
        new_rows = {name: rows.get(name) for name in names if name not in self._rows}
        if any(row and node_rows.number(row, _FOLD) > self._fold for row in new_rows.values()):
            raise FoldedMeanwhile("The lists were folded meanwhile.")
        if new_rows:
            self._rows |= new_rows
            last_rows = dict(islice(reversed(self._rows.items()), _MOST_REMEMBERED_NODES))
            _memory()[:] = [replace(self._remembered, rows=dict(reversed(last_rows.items())))]


class _List:
    """A list at one moment: its nodes, and the changes that are not folded into them yet.

    Everything may raise `FoldedMeanwhile`. `statuses`: what is counted; None: all.
    """

    def __init__(self, name: str, statuses: Collection[str] | None, recent: Journal, nodes: _Nodes) -> None:
        self._name = name
        self._statuses = statuses
        self._nodes = nodes
        # What the journal adds, by node: to the numbers of its children, and members to leaves.
        self._added: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._members: dict[str, dict[str, int]] = defaultdict(dict)
        for entry, sign in recent.changes().items():
            if entry.list_name == name and (statuses is None or entry.status in statuses):
                self._added[name][entry.top] += sign
                self._added[entry.top_node][entry.leaf] += sign
                members = self._members[entry.leaf_node]
                members[entry.member] = members.get(entry.member, 0) + sign

    def page(self, page: int, per_page: int, *, newest_first: bool) -> tuple[Page, list[str]]:
        """A page, and the leaves that it stands in."""
        tops = self.tops()
        total = sum(tops.values())
        page = min(page, max(1, -(-total // per_page)))
        start, stop = (page - 1) * per_page, min(page * per_page, total)
        if newest_first:
            start, stop = total - stop, total - start
        ids, leaves = self._ids(tops, start, stop)
        return Page(ids[::-1] if newest_first else ids, page, per_page, total), leaves

    def _ids(self, tops: Mapping[int, int], start: int, stop: int) -> tuple[list[str], list[str]]:
        """The ids of the ranks `start` to `stop` (exclusive), oldest first; and the leaves they stand in."""
        wanted_tops, before = _covering(tops, start, stop)
        start, stop = start - before, stop - before
        wanted_leaves, before = _covering(self.leaves(wanted_tops), start, stop)
        names = [f"{self._name}/{top}/{leaf}" for top, leaf in wanted_leaves]
        self._nodes.read(names)
        ids = [id_ for name in names for id_ in self.members(name)]
        return ids[start - before : stop - before], names

    def count(self) -> int:
        """How many entries there are."""
        return sum(self.tops().values())

    def tops(self) -> Mapping[int, int]:
        """Top -> how many entries lie below it, in order, without the zeros."""
        return self._counts(self._name, _IN_ROOT)

    def leaves(self, tops: Iterable[int]) -> Mapping[tuple[int, int], int]:
        """(top, leaf) -> how many entries lie in it, in order, without the zeros."""
        names = {top: f"{self._name}/{top}" for top in tops}
        self._nodes.read(list(names.values()))
        return {
            (top, leaf): number for top, name in names.items() for leaf, number in self._counts(name, _IN_TOP).items()
        }

    def places(self) -> list[int]:
        """The first places of all leaves that have entries, in order."""
        return [top * TOP_PLACES + leaf * LEAF_PLACES for top, leaf in self.leaves(self.tops())]

    def members_from(self, places: Iterable[int], first: float) -> list[str]:
        """The ids of the leaves that begin at `places`, in order, without those whose place is below `first`."""
        leaves = {_leaf_at(self._name, place): place for place in places}
        self._nodes.read([*leaves])
        return [id_ for leaf, place in leaves.items() for id_ in self.members(leaf, first - place)]

    def members(self, leaf: str, first: float = 0) -> list[str]:
        """The ids of a leaf from the place `first` in it on, in the order of their places."""
        row, changes = self._nodes[leaf], self._members.get(leaf, {})
        sets = (value["SS"] for name, value in row.items() if "SS" in value and self._counts_in(name))
        members = {member for member in chain.from_iterable(sets) if changes.get(member, 0) >= 0}
        members |= {member for member, sign in changes.items() if sign > 0}
        return [member[SLOT_DIGITS:] for member in sorted(members) if int(member[:SLOT_DIGITS]) >= first]

    def _counts(self, node: str, packing: _Packing) -> Mapping[int, int]:
        counts: dict[int, int] = defaultdict(int, self._added.get(node, {}))
        for name, value in self._nodes[node].items():
            status, mark, word = name.partition("~")
            if mark and self._counts_in(status):
                for child, number in packing.counts(int(word), int(value["N"])):
                    counts[child] += number
        return {child: number for child, number in sorted(counts.items()) if number > 0}

    def _counts_in(self, status: str) -> bool:
        return self._statuses is None or status in self._statuses


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
