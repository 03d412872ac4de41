"""Bytes that downloads bring in a day: a row for all and one for each user, which everyone adds to."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dlambda.store.table import Row

_KEPT_SECONDS = 2 * 86400


class _Row(Row):
    class Meta:
        table_name = "cache"

    key = UnicodeAttribute(hash_key=True)
    size_bytes = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)


def add(day: str, owner: str | None, size_bytes: int, now: float) -> int:
    """Adds to a day (`2026-11-30`) of one user, or of all where `owner` is None; the sum so far."""
    row = _Row(_key(day, owner))
    row.update(actions=[_Row.size_bytes.add(size_bytes), _Row.expires_at.set(int(now) + _KEPT_SECONDS)])
    return int(row.size_bytes)


def total(day: str, owner: str | None) -> int:
    """The sum so far."""
    row = _Row.find(_key(day, owner))
    return int(row.size_bytes) if row else 0


def _key(day: str, owner: str | None) -> str:
    return f"daily-bytes#{day}" if owner is None else f"daily-bytes#{day}#{owner}"
