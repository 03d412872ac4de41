"""How many orders a key has placed lately: exact under parallel requests, without a read before the write.

One row a key beside it, with a set of marks `<unix seconds>~<order id>`. An order adds its mark if fewer than the limit
are there. Marks that are too old are taken out when the set is full, and only then.
"""

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import size
from pynamodb.expressions.operand import Path

from dlambda.store.keys import partition_of
from dlambda.store.table import Row, wrote

_WINDOW = "window"
_TRIES = 10


class _Row(Row):
    class Meta:
        table_name = "keys"

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    marks = UnicodeSetAttribute(null=True)


def enter(key_id: str, order_id: str, now: float, *, limit: int, seconds: float) -> float:
    """Counts one more order of the key: 0, or in how many seconds there will be room for it."""
    row = _Row(partition_of(key_id), _WINDOW)
    room = _Row.marks.does_not_exist() | (size(Path(["marks"])) < limit)
    for _ in range(_TRIES):
        if wrote(lambda: row.update([_Row.marks.add({f"{now:017.6f}~{order_id}"})], condition=room)):
            return 0.0
        marks = sorted(_read(key_id))
        old = {mark for mark in marks if _time(mark) + seconds <= now}
        if old:
            _Row(partition_of(key_id), _WINDOW).update([_Row.marks.delete(old)])
        elif len(marks) >= limit:
            return max(0.001, _time(marks[len(marks) - limit]) + seconds - now)
    return 1.0


def leave(key_id: str, order_id: str, now: float) -> None:
    """The order that was entered at `now` came to nothing."""
    _Row(partition_of(key_id), _WINDOW).update([_Row.marks.delete({f"{now:017.6f}~{order_id}"})])


def forget(key_id: str) -> None:
    _Row(partition_of(key_id), _WINDOW).delete()


def _read(key_id: str) -> set[str]:
    try:
        return set(_Row.get(partition_of(key_id), _WINDOW, consistent_read=True).marks or ())
    except DoesNotExist:
        return set()


def _time(mark: str) -> float:
    return float(mark.partition("~")[0])
