"""Names below the download root: who has which, so that two downloads of one name never overwrite one another.

What is claimed is a name without its extension: a media file and its sidecars share it.
"""

from collections.abc import Iterable
from typing import Final

from pynamodb.attributes import UnicodeAttribute

from dlambda.store.table import Row

# Has what no download made: it is no URL, so no download ever takes such a file for its own.
NOBODY: Final = "-"
# DynamoDB refuses an empty key: the root's partition bears the one name that no folder can have.
_ROOT = "/"


class _Row(Row):
    class Meta:
        table_name = "names"

    folder = UnicodeAttribute(hash_key=True)
    stem = UnicodeAttribute(range_key=True)
    source = UnicodeAttribute()  # the URL that it comes from: the same source may write it again


def claim(path: str, source: str, instead_of: str | None = None) -> bool:
    """Takes `path` (without extension) for `source`. False when another source has it that is not `instead_of`."""
    free = _Row.stem.does_not_exist() | _Row.source.is_in(source, instead_of or source)
    return _row(path, source).save_if(free)


def is_of(path: str, source: str) -> bool:
    """True if `source` has taken `path` (without extension)."""
    folder, stem = _key(path)
    row = _Row.find(folder, stem)
    return row is not None and row.source == source


def release(paths: Iterable[str]) -> None:
    """Frees names (without extension); one may be named twice."""
    with _Row.batch_write() as batch:
        for path in dict.fromkeys(paths):
            batch.delete(_row(path, ""))


def _row(path: str, source: str) -> _Row:
    return _Row(*_key(path), source=source)


def _key(path: str) -> tuple[str, str]:
    folder, _, stem = path.rpartition("/")
    return folder or _ROOT, stem


def find_sources(paths: Iterable[str]) -> dict[str, str]:
    """The sources of these names (without extension), of those that are taken. One request for 100."""
    path_of = {_key(path): path for path in paths if path and not path.endswith("/")}
    if not path_of:
        return {}
    return {path_of[(row.folder, row.stem)]: row.source for row in _Row.batch_get(list(path_of))}
