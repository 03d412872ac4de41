"""How many orders a key has placed lately: exact under parallel requests, without a read before the write.

One row a key beside it, with a set of marks `<unix seconds>~<order id>`. An order adds its mark if fewer than the limit
are there, in its key's row and in those of the key's makers: to all or to none. Marks that are too old are taken out
when the set is full, and only then.
"""

from collections.abc import Iterable, Mapping

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.operand import Path

from dlambda.store.orders.keys import partition_of
from dlambda.store.table import Row

_WINDOW = "window"
_TRIES = 10


class _Row(Row):
    class Meta:
        table_name = "keys"

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    marks = UnicodeSetAttribute(null=True)


class RateLimitReached(Exception):
    """The key, or one of its makers, has placed as many orders as it may; in `wait_seconds` there is room for one."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__(f"wait {wait_seconds} s")
        self.wait_seconds = wait_seconds


def record(order_id: str, now: float, *, limits: Mapping[str, int], seconds: float) -> None:
    """Counts one more order of each key in `limits`, key id -> orders in `seconds`: of a key and of its makers.

    Raises `RateLimitReached`, and then counts nothing.
    """
    for _ in range(_TRIES):  # each time old marks have made room, which others may have used
        if _add(limits, order_id, now):
            return
        wait_seconds = max(_drop_old_marks(key_id, now, limit, seconds) for key_id, limit in limits.items())
        if wait_seconds:
            raise RateLimitReached(wait_seconds)
    raise RateLimitReached(1.0)


def _add(limits: Mapping[str, int], order_id: str, now: float) -> bool:
    """Adds the order's mark to every window, or to none where one is full.

    One plain update a window, in their order: a transaction over the window of a maker would be refused while an order
    of another of its keys is under way. What was added is withdrawn when a later window is full. Until then, or for the
    length of the window after a kill, it counts: an order too few, never one too many.
    """
    mark = _mark(order_id, now)
    marked: list[str] = []
    for key_id, limit in limits.items():
        if not _window(key_id).update_if(_below_limit(limit), [_Row.marks.add({mark})]):
            withdraw(marked, order_id, now)
            return False
        marked.append(key_id)
    return True


def _mark(order_id: str, now: float) -> str:
    return f"{now:017.6f}~{order_id}"


def _below_limit(limit: int) -> Condition:
    """The condition that there are fewer marks than `limit`."""
    condition: Condition = _Row.marks.does_not_exist() | (size(Path(["marks"])) < limit)
    return condition


def _drop_old_marks(key_id: str, now: float, limit: int, seconds: float) -> float:
    """Takes out the marks that are too old; without any, in how many seconds one will be."""
    marks = sorted(_read(key_id))
    old = {mark for mark in marks if _time(mark) + seconds <= now}
    if old:
        _window(key_id).update([_Row.marks.delete(old)])
    elif len(marks) >= limit:
        return max(0.001, _time(marks[len(marks) - limit]) + seconds - now)
    return 0.0


def withdraw(key_ids: Iterable[str], order_id: str, now: float) -> None:
    """The order that was entered at `now` came to nothing."""
    for key_id in key_ids:
        _window(key_id).update([_Row.marks.delete({_mark(order_id, now)})])


def remove(key_id: str) -> None:
    _window(key_id).delete()


def _window(key_id: str) -> _Row:
    return _Row(partition_of(key_id), _WINDOW)


def _read(key_id: str) -> set[str]:
    row = _Row.find(partition_of(key_id), _WINDOW)
    return set(row.marks or ()) if row else set()


def _time(mark: str) -> float:
    return float(mark.partition("~")[0])
