"""The bytes that all keys together may still fetch, in shares, so that work on different orders touches different rows.

A transaction that counts bytes takes them from one of `SHARES` rows, by its order. Table `keys`, partition `quota~<n>`,
row `*`: `left`, what this share may still give. All shares and all that is counted add up to `granted`, which stands in
the first one: the limit of the settings when somebody looked last. A share that has too little gets some of what others
have; when all have too little together, the limit is reached. So it is exact, and orders meet only when it is near.
"""

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dlambda.deployment import per_deployment
from dlambda.store.table import Row, Transaction

SHARES: Final = 16
_ALL: Final = "*"
_OLD_PARTITION: Final = "meters"
_FIRST: Final = 0
_TRIES: Final = 10


class _Share(Row):
    class Meta:
        table_name = "keys"

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    left = NumberAttribute(null=True)
    granted = NumberAttribute(null=True)
    total = NumberAttribute(null=True)  # of the one row that earlier versions had: what was counted


def take(transaction: Transaction, order_id: str, size_bytes: int, error_label: str) -> None:
    """Adds to the transaction that an order takes bytes of its share; it fails with the label where that has fewer."""
    row = _share(_number_of(order_id))
    transaction.update(
        row, [_Share.left.add(-size_bytes)], condition=_Share.left >= size_bytes, error_label=error_label
    )


def give_back(transaction: Transaction, sizes: Mapping[str, int]) -> None:
    """Adds to the transaction that bytes of orders, by their ids, count no more."""
    by_share: Counter[int] = Counter()
    for order_id, size_bytes in sizes.items():
        by_share[_number_of(order_id)] += size_bytes
    for number, size_bytes in by_share.items():
        transaction.update(_share(number), [_Share.left.add(size_bytes)])


def adopt(limit: int) -> None:
    """Has the shares add up to the limit of this process, once: it stays the same for as long as that runs."""
    adopted_limits = _adopted_limits()
    if adopted_limits.get(_ALL) != limit:
        first = _Share.find(_kind(_FIRST), _ALL)
        if first is None or not _is_begun(first):
            _begin(limit)
        elif first.granted != limit:
            _change_limit(int(first.granted), limit)
        adopted_limits[_ALL] = limit


@per_deployment
def _adopted_limits() -> dict[str, int]:
    """The limit, under `_ALL`, that this process has had the shares add up to."""
    return {}


def free_quota(order_id: str, size_bytes: int, limit: int) -> bool:
    """Has an order's share hold `size_bytes`, by what the others have. False when all together have fewer.

    True says that a try is worth while: others may be faster.
    """
    rows = _read()
    if not _is_begun(rows[_FIRST]):
        _begin(limit)
        return True
    left = [int(row.left or 0) for row in rows]
    number = _number_of(order_id)
    if left[number] >= size_bytes:
        return True
    if sum(left) < size_bytes:
        # Something may have been on its way from one share to another while they were read.
        return sum(int(row.left or 0) for row in _read()) >= size_bytes
    _gather(number, size_bytes - left[number], left)
    return True


def _gather(number: int, lacking: int, left: Sequence[int]) -> None:
    """Brings at least `lacking` bytes from other shares: half of what the richest have, or all that there are."""
    donors = {donor: have for donor, have in enumerate(left) if donor != number and have > 0}
    parts: dict[int, int] = {}
    for donor in sorted(donors, key=lambda donor: -donors[donor]):
        if sum(parts.values()) < lacking:
            parts[donor] = -(-donors[donor] // 2)
    if sum(parts.values()) < lacking:
        parts = donors
    transaction = Transaction()
    for donor, part in parts.items():
        transaction.update(_share(donor), [_Share.left.add(-part)], condition=_Share.left >= part)
    transaction.update(_share(number), [_Share.left.add(sum(parts.values()))])
    transaction.try_commit()


def _change_limit(before: int, limit: int) -> None:
    """Lets the shares add up to another limit. What the first one owes after that, the others pay."""
    changes = [_Share.granted.set(limit), _Share.left.add(limit - before)]
    if not _share(_FIRST).update_if(_Share.granted == before, changes):
        return
    for _ in range(_TRIES):
        left = [int(row.left or 0) for row in _read()]
        if left[_FIRST] >= 0 or max(left) <= 0:
            return
        _gather(_FIRST, -left[_FIRST], left)


def _begin(limit: int) -> None:
    """Makes the shares; what an earlier version counted in one row counts on."""
    old = _Share(_OLD_PARTITION, _ALL)
    old_row = _Share.find(_OLD_PARTITION, _ALL)
    total = int(old_row.total or 0) if old_row else 0
    transaction = Transaction()
    # Nobody counts in it any more: earlier versions do not run beside this one.
    transaction.update(old, [_Share.total.remove()])
    part = max(0, limit - total) // SHARES
    first_part = limit - total - part * (SHARES - 1)
    transaction.update(
        _share(_FIRST),
        [_Share.granted.set(limit), _Share.left.add(first_part)],
        condition=_Share.granted.does_not_exist(),
    )
    for number in range(1, SHARES):
        transaction.update(_share(number), [_Share.left.add(part)])
    transaction.try_commit()


def _is_begun(first: _Share) -> bool:
    """True when the first share has a limit: another one may be there before, since something was given back."""
    return "granted" in first.attribute_values


def _read() -> list[_Share]:
    keys = [(_kind(number), _ALL) for number in range(SHARES)]
    rows = {row.kind: row for row in _Share.batch_get(keys, consistent_read=True)}
    return [rows.get(_kind(number)) or _share(number) for number in range(SHARES)]


def _share(number: int) -> _Share:
    return _Share(_kind(number), _ALL)


def _kind(number: int) -> str:
    return f"quota~{number}"


def _number_of(order_id: str) -> int:
    return zlib.crc32(order_id.encode()) % SHARES
