"""Download archives: one record per (archive, id). What a text file with a lock is elsewhere (downloads.md 4.12, 8)."""

from collections.abc import Iterable, Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dlambda.store.table import Row


class _Row(Row):
    class Meta:
        table_name = "archive"

    archive = UnicodeAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    added_at = NumberAttribute(default=0)


def list_(archive: str) -> list[str]:
    """All ids, in the order they came."""
    rows = sorted(_Row.query(archive, consistent_read=True), key=lambda row: row.added_at)
    return [row.entry for row in rows]


def find_present(archive: str, entries: Sequence[str]) -> list[str]:
    """Entries that are in the archive, in their order."""
    keys = [(archive, entry) for entry in dict.fromkeys(entries)]
    present = {row.entry for row in _Row.batch_get(keys, consistent_read=True)} if keys else set()
    return [entry for entry in dict.fromkeys(entries) if entry in present]


def add(archive: str, entries: Iterable[str], now: float, *, again: bool = False) -> list[str]:
    """Adds ids; answers those that were not there, or all of them with `again`. Idempotent."""
    unique_ids = list(dict.fromkeys(entries))
    present = set() if again else set(find_present(archive, unique_ids))
    new = [entry for entry in unique_ids if entry not in present]
    with _Row.batch_write() as batch:
        for place, entry in enumerate(new):
            batch.save(_Row(archive, entry, added_at=now + place / 1e6))
    return new


def remove(archive: str, entries: Iterable[str]) -> list[str]:
    """Removes ids; answers those that were there."""
    present = find_present(archive, list(entries))
    with _Row.batch_write() as batch:
        for entry in present:
            batch.delete(_Row(archive, entry))
    return present
