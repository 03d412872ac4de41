"""Numbers of the journal's records, and places of lists: both come from counters, by updates that meet no other."""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dlambda.deployment import current, per_deployment
from dlambda.errors import Unavailable
from dlambda.store.items import journal, nodes
from dlambda.store.items.journal import Folded, Journal
from dlambda.store.items.nodes import number
from dlambda.store.items.record import MOST_SUPPLY, PLAIN_STREAMS, RING, STREAMS, Address, counter_of
from dlambda.store.table import Row

_QUARTER: Final = RING // 4
_RATE_SECONDS: Final = 2
_PER_SECOND: Final = 2
"""How many times a second a process asks for numbers, when it takes as many as it uses meanwhile."""
_SUPPLY_SECONDS: Final = 5.0
"""How long numbers may lie: a fold gives up those that nobody has used for ten seconds."""


class _Counter(Row):
    class Meta:
        table_name = "catalogue"

    node = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(null=True)
    seq = NumberAttribute(null=True)
    front = NumberAttribute(null=True)
    folded = NumberAttribute(null=True)  # rows of records up to this number may be written anew


def reserve() -> Address:
    """A new record's place, for a change after which nothing stands in a list where it did not stand before.

    Who has asked for many in the last seconds gets some more, which the next calls of this process answer: no more than
    half a second's. What is left of them then is never used.
    """
    supply, now = _supply(), current().clock.monotonic()
    address, count = supply.take(now)
    if address:
        return address
    try:
        stream = current().random.choice(PLAIN_STREAMS)
        row = _Counter(counter_of(stream))
        row.update(actions=[_Counter.number.add(count)])
        last = _address(stream, row)
    except BaseException:
        supply.put([], now)
        raise
    if count > 1:
        supply.put([Address(stream, number) for number in range(last.number - count + 1, last.number)], now)
    return last


class _Supply:
    """Numbers of this process that are given and not used. Safe between threads, of which one at a time brings more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[float] = deque(maxlen=_RATE_SECONDS * MOST_SUPPLY * _PER_SECOND)
        self._addresses: list[Address] = []
        self._good_until = 0.0
        self._is_growing = False

    def take(self, now: float) -> tuple[Address | None, int]:
        """A number that was put a moment ago; or None, and how many the caller is to ask for.

        That is as many as this process uses in half a second, which the caller puts here; one while another asks.
        """
        with self._lock:
            self._calls.append(now)
            if now > self._good_until:
                self._addresses.clear()
            if self._addresses:
                return self._addresses.pop(0), 0
            recent = sum(moment > now - _RATE_SECONDS for moment in self._calls)
            count = min(MOST_SUPPLY, recent // (_RATE_SECONDS * _PER_SECOND))
            if self._is_growing or count < 2:
                return None, 1
            self._is_growing = True
            return None, count

    def put(self, addresses: Sequence[Address], now: float) -> None:
        """Adds what the caller of `take` got; nothing where that failed."""
        with self._lock:
            self._addresses.extend(addresses)
            self._good_until = now + _SUPPLY_SECONDS
            self._is_growing = False


@per_deployment
def _supply() -> _Supply:
    return _Supply()


def reserve_places(list_name: str, count: int = 1, *, front: bool = False) -> tuple[int, Address]:
    """The first of `count` places at the end of a list, or before all others; and a new record's place.

    Both are given once. What is never used is no harm. The record's place is good for lists of the deployment alone.
    """
    row = _Counter(counter_of(list_name))
    places = _Counter.front if front else _Counter.seq
    actions = [places.add(count), _Counter.number.add(1)]
    if not row.update_if(_Counter.seq.exists(), actions):
        _begin_list(list_name)
        row.update(actions=actions)
    first = -int(row.front) if front else int(row.seq) - count
    return first, _address(list_name, row)


def _begin_list(list_name: str) -> None:
    """Makes a list's counter; the lists of earlier versions had their places in their root."""
    journal.begin()
    root = nodes.read([list_name]).get(list_name, {})
    row = _Counter(counter_of(list_name), number=0, seq=number(root, "seq"), front=number(root, "front"))
    row.save_if(_Counter.seq.does_not_exist())


def _address(stream: str, row: _Counter) -> Address:
    """Raises `Unavailable` while the row of the record is taken by one that is not folded yet."""
    address = Address(stream, int(row.number))
    if stream in STREAMS and address.number - RING > (row.folded or 0):
        raise Unavailable("The lists are written too fast.")
    return address


def release(before: Journal, folded: Mapping[str, Folded]) -> None:
    """Lets the rows of folded records be written anew: now and then, a quarter of a ring at a time."""
    for stream, progress in folded.items():
        highest, old = progress.reusable, before.folded.get(stream, Folded()).reusable
        if highest // _QUARTER > old // _QUARTER:
            is_higher = _Counter.folded.does_not_exist() | (_Counter.folded < highest)
            _Counter(counter_of(stream)).update_if(is_higher, [_Counter.folded.set(highest)])
