"""An index of each folder of the download root, which sorts 10,000 files of the bucket in one request.

The bucket is the truth, and lists 1,000 names a request in one order; here a folder is a partition of up to 64 rows,
each with the entries of a share of the names, packed. A write changes one small row, on the version that it read; a
whole folder is one query. The row `_HEAD` says when the folder was last compared with the bucket.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from dlambda.domain.files.listing import Entry
from dlambda.errors import StaleWrite
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.table import Row

_SHARES = 64
_HEAD = -1
# DynamoDB refuses an empty key: the root's partition bears the one name that no folder can have.
_ROOT = "/"

Entries = dict[str, Entry]


class _Row(Row):
    class Meta:
        table_name = "listings"

    folder = UnicodeAttribute(hash_key=True)
    share = NumberAttribute(range_key=True)
    version = NumberAttribute(default=0)
    entries = BinaryAttribute(null=True, legacy_encoding=False)
    compared_at = NumberAttribute(null=True)


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder as the index has it; `compared_at` (unix seconds) is 0 when it was never compared with the bucket."""

    entries: list[Entry]
    compared_at: float
    versions: Mapping[int, int]


def read(folder: str) -> Listing:
    """A folder's index, by one query, whatever its size; an empty one of a folder that has none."""
    entries: list[Entry] = []
    versions: dict[int, int] = {}
    compared_at = 0.0
    for row in _Row.query(folder or _ROOT, consistent_read=True):
        if row.share == _HEAD:
            compared_at = float(row.compared_at or 0)
        else:
            versions[int(row.share)] = int(row.version)
            entries += _unpack(row.entries).values()
    return Listing(entries, compared_at, versions)


def change(folder: str, new_entries: Iterable[Entry] = (), names: Iterable[str] = ()) -> None:
    """Notes entries that came or changed, and names that went. Raises `StaleWrite` when others write without end."""
    shares: dict[int, tuple[Entries, set[str]]] = {}
    for entry in new_entries:
        shares.setdefault(_share_of(entry.name), ({}, set()))[0][entry.name] = entry
    for name in names:
        shares.setdefault(_share_of(name), ({}, set()))[1].add(name)
    for share, (new, old) in shares.items():

        def apply(entries: Entries, new: Entries = new, old: set[str] = old) -> Entries:
            return {name: entry for name, entry in entries.items() if name not in old} | new

        _rewrite(folder, share, apply)


def note_folder(folder: str, name: str, now: float) -> bool:
    """Notes that `folder` has a folder `name`; False when that was known."""
    exists = False

    def add_folder(entries: Entries) -> Entries:
        nonlocal exists
        exists = name in entries and entries[name].is_folder
        return entries if exists else {**entries, name: Entry(name, 0, now, is_folder=True)}

    _rewrite(folder, _share_of(name), add_folder)
    return not exists


def try_replace(folder: str, entries: Iterable[Entry], versions: Mapping[int, int], now: float) -> bool:
    """Puts in what the bucket's listing says, where nothing was written since `versions`; False if something was."""
    shares: dict[int, Entries] = {share: {} for share in versions}
    for entry in entries:
        shares.setdefault(_share_of(entry.name), {})[entry.name] = entry
    outcomes = [_write(folder, share, listing, versions.get(share, 0)) for share, listing in shares.items()]
    complete = all(outcomes)  # each is tried, whatever became of the others
    if complete:
        _Row(folder or _ROOT, _HEAD, compared_at=now).save()
    return complete


def remove(folder: str) -> None:
    """Removes the folder's index; the next look builds it anew."""
    with _Row.batch_write() as batch:
        for row in _Row.query(folder or _ROOT, attributes_to_get=["folder", "share"]):
            batch.delete(row)


def _rewrite(folder: str, share: int, transform: Callable[[Entries], Entries]) -> None:
    def attempt() -> None:
        row = next(iter(_Row.query(folder or _ROOT, _Row.share == share, consistent_read=True)), None)
        before = _unpack(row.entries) if row else {}
        after = transform(before)
        if after != before and not _write(folder, share, after, int(row.version) if row else 0):
            raise StaleWrite("The folder was changed meanwhile.")

    retry_conflicts(attempt)


def _write(folder: str, share: int, entries: Entries, version: int) -> bool:
    """Writes a row; False when it is no longer at `version` (0: there was none)."""
    condition = _Row.version == version if version else _Row.folder.does_not_exist()
    row = _Row(folder or _ROOT, share, version=version + 1, entries=_pack(entries))
    return row.save_if(condition)


def _share_of(name: str) -> int:
    return zlib.crc32(name.encode()) % _SHARES


def _pack(entries: Entries) -> bytes:
    rows = [[entry.name, entry.size_bytes, entry.modified, int(entry.is_folder)] for entry in entries.values()]
    return zlib.compress(json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode(), 1)


def _unpack(data: bytes | None) -> Entries:
    if not data:
        return {}
    return {
        name: Entry(name, size, modified, bool(is_folder))
        for name, size, modified, is_folder in json.loads(zlib.decompress(data))
    }
