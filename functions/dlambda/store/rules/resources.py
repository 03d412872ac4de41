"""Resources: what users keep by the handful, such as presets and notification targets, as documents of one table.

A kind is a partition. Beside its documents lie, in partitions of their own, its id counter and one row per name in use:
a document and its name are written in one transaction, so two requests cannot both have a name.

A document with secrets is kept twice: as it is shown, masked, and whole, sealed. So lists need no key.

The row of the counter also counts the changes of the kind, so that a process need not read again what it remembers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from dlambda.deployment import current, per_deployment
from dlambda.errors import AlreadyExists, Invalid, StaleWrite
from dlambda.store import sealing
from dlambda.store.table import ConditionFailed, Row, Transaction

_NAME_TAKEN = "name taken"
_CHANGED = "changed meanwhile"
_LARGEST_ID = 2**63
_ROW_BYTES = 380_000  # of 400 KB
_REMEMBERED_SECONDS = 60.0
"""A writer that died between its change and the count of changes leaves others with the old list for so long."""
_SINGLE = 0
"""Id of the one row in the partition of a counter or a name."""


class _Row(Row):
    class Meta:
        table_name = "resources"

    kind = UnicodeAttribute(hash_key=True)
    id = NumberAttribute(range_key=True)
    version = NumberAttribute(null=True)
    name_key = UnicodeAttribute(null=True)
    shown = BinaryAttribute(null=True, legacy_encoding=False)
    sealed = BinaryAttribute(null=True, legacy_encoding=False)
    status = BinaryAttribute(null=True, legacy_encoding=False)
    created_at = NumberAttribute(null=True)
    updated_at = NumberAttribute(null=True)
    last_id = NumberAttribute(null=True)  # of a counter
    changes = NumberAttribute(null=True)  # of a counter: how often users have changed its kind
    holder = NumberAttribute(null=True)  # of a name: the id of its document


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read. `shown`: its fields, secrets masked; `status`: what the service notes beside them.

    `version` counts the changes by users, from 1. Times are unix seconds.
    """

    kind: str
    id: int
    version: int
    name_key: str
    shown: Mapping[str, Any]
    created_at: float
    updated_at: float
    status: Mapping[str, Any]
    sealed: bytes | None = None

    def clear(self) -> dict[str, Any]:
        """Its fields, secrets and all."""
        return json.loads(sealing.unseal(self.sealed)) if self.sealed else dict(self.shown)


@dataclass(frozen=True, slots=True)
class Content:
    """The content to write: all fields, the same with secrets masked, and the form of the name that is unique."""

    fields: Mapping[str, Any]
    shown: Mapping[str, Any]
    name_key: str


def list_(kind: str) -> list[Document]:
    """All documents of `kind`, by id."""
    return [_document(row) for row in _Row.query(kind, consistent_read=True)]


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A list as it was read at `read_at` (unix seconds), after `changes` changes."""

    changes: int
    read_at: float
    documents: Sequence[Document]

    def holds(self, changes: int, now: float) -> bool:
        """True while nobody has changed the list: there were `changes` until now."""
        return self.changes == changes and 0 <= now - self.read_at < _REMEMBERED_SECONDS


def remembered_lists(kinds: Sequence[str]) -> dict[str, Sequence[Document]]:
    """All documents of each of `kinds`, by id: one request, and one more for each kind that a user has changed.

    What the service notes about a document (`status`) is as it was when the list was read.
    """
    counters = {
        row.kind: int(row.changes or 0)
        for row in _Row.batch_get([(_counter(kind), _SINGLE) for kind in kinds], consistent_read=True)
    }
    memory, now = _memory(), current().clock.time()
    for kind in kinds:
        changes, remembered = counters.get(_counter(kind), 0), memory.get(kind)
        if not (remembered and remembered.holds(changes, now)):
            memory[kind] = _Remembered(changes, now, list_(kind))
    return {kind: memory[kind].documents for kind in kinds}


@per_deployment
def _memory() -> dict[str, _Remembered]:
    return {}


def find(kind: str, id_: int) -> Document | None:
    if id_ > _LARGEST_ID:
        return None  # a table's numbers have 38 digits; a URL's may have more
    row = _Row.find(kind, id_)
    return _document(row) if row else None


def find_by_name(kind: str, name_key: str) -> Document | None:
    name_row = _Row.find(_name_partition(kind, name_key), _SINGLE)
    return find(kind, int(name_row.holder)) if name_row else None


def add(kind: str, content: Content, *, first_id: int = 1) -> Document:
    """Stores a new document; its id was never used before. Raises `AlreadyExists` when its name is in use."""
    now = current().clock.time()
    row = _row(kind, _next_id(kind, first_id), 1, content, created_at=now, updated_at=now)
    transaction = Transaction()
    transaction.put(row, condition=_Row.kind.does_not_exist(), error_label=_CHANGED)
    transaction.put(_name(row), condition=_Row.kind.does_not_exist(), error_label=_NAME_TAKEN)
    _commit(kind, transaction)
    return _document(row)


def replace(document: Document, content: Content) -> Document:
    """Stores new content of `document` as it was read.

    Raises `AlreadyExists` when the new name is another's, `StaleWrite` when the document was changed meanwhile.
    """
    kind, version = document.kind, document.version + 1
    row = _row(kind, document.id, version, content, created_at=document.created_at, updated_at=current().clock.time())
    row.status = _json(document.status) if document.status else None
    transaction = Transaction()
    transaction.put(row, condition=_Row.version == document.version, error_label=_CHANGED)
    if content.name_key != document.name_key:
        transaction.put(_name(row), condition=_Row.kind.does_not_exist(), error_label=_NAME_TAKEN)
        transaction.delete(_Row(_name_partition(document.kind, document.name_key), _SINGLE))
    _commit(kind, transaction)
    return _document(row)


def remove(document: Document) -> None:
    """Removes `document` and frees its name. Raises `StaleWrite` when it was changed meanwhile."""
    transaction = Transaction()
    transaction.delete(
        _Row(document.kind, document.id), condition=_Row.version == document.version, error_label=_CHANGED
    )
    transaction.delete(_Row(_name_partition(document.kind, document.name_key), _SINGLE))
    _commit(document.kind, transaction)


def note(kind: str, id_: int, status: Mapping[str, Any]) -> None:
    """Keeps what the service has to say about a document. It is no change of it: the version stays."""
    row = _Row(kind, id_)
    row.update_if(_Row.version.exists(), [_Row.status.set(_json(status))])


def _next_id(kind: str, first_id: int) -> int:
    counter = _Row(_counter(kind), _SINGLE)
    counter.update([_Row.last_id.set((_Row.last_id | (first_id - 1)) + 1)])
    return int(counter.last_id)


def _counter(kind: str) -> str:
    return f"{kind}/counter"


def _commit(kind: str, transaction: Transaction) -> None:
    """The change is counted after it was made, and before anybody is answered. In the same transaction, writers of one
    kind would refuse each other.
    """
    try:
        transaction.commit()
    except ConditionFailed as refused:
        if _NAME_TAKEN in refused.reasons:
            raise AlreadyExists("The name is in use.") from None
        raise StaleWrite("It was changed meanwhile.") from None
    _Row(_counter(kind), _SINGLE).update([_Row.changes.add(1)])


def _name_partition(kind: str, name_key: str) -> str:
    return f"{kind}/name/{name_key}"


def _name(row: _Row) -> _Row:
    return _Row(_name_partition(row.kind, row.name_key), _SINGLE, holder=row.id)


def _row(kind: str, id_: int, version: int, content: Content, *, created_at: float, updated_at: float) -> _Row:
    """Raises `Invalid` for what no row can hold."""
    document = _json(content.shown)
    sealed = sealing.seal(_json(content.fields).decode()) if content.fields != content.shown else None
    if len(document) + len(sealed or b"") > _ROW_BYTES:
        raise Invalid("It is too large to be kept.")
    return _Row(
        kind,
        id_,
        version=version,
        name_key=content.name_key,
        shown=document,
        sealed=sealed,
        created_at=created_at,
        updated_at=updated_at,
    )


def _document(row: _Row) -> Document:
    return Document(
        row.kind,
        int(row.id),
        int(row.version),
        row.name_key,
        json.loads(row.shown),
        row.created_at,
        row.updated_at,
        json.loads(row.status) if row.status else {},
        row.sealed,
    )


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
