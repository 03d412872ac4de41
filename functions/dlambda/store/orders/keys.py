"""API keys. A value is looked up by its hash, and kept sealed beside, since `/get_key` answers it.

Table `keys`, two rows a key: (`names`, its name) makes names unique and lists them all; (`key~<hash>`, `key`) is what a
request reads, one row and no index. A key of an account has (`account~<its id>`, number) in place of the first: its
value is nowhere.
"""

from collections.abc import Sequence
from dataclasses import replace

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from dlambda.deployment import current
from dlambda.domain.orders.key import Key, Permission, id_of_value
from dlambda.errors import Forbidden, NameInUse, NotFound, StaleWrite
from dlambda.store import sealing
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.table import ConditionFailed, Row, Transaction

NAMES = "names"
_KEY = "key"
_IN_USE = "the name is in use"
_KNOWN = "the value is another key's"
_MADE_ENOUGH = "the maker has made as many as it may, or is gone"


class _Row(Row):
    class Meta:
        table_name = "keys"

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute(null=True)
    key_id = UnicodeAttribute(null=True)
    sealed = BinaryAttribute(null=True, legacy_encoding=False)
    permissions = UnicodeAttribute(null=True)
    quota = NumberAttribute(null=True)
    created_at = NumberAttribute(null=True)
    last_access = NumberAttribute(null=True)
    makers = UnicodeAttribute(null=True)
    account_id = UnicodeAttribute(null=True)
    number = UnicodeAttribute(null=True)
    hint = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    request_limit = NumberAttribute(null=True)
    scopes = UnicodeAttribute(null=True)
    made = NumberAttribute(null=True)  # keys that there are by it, and by those that it made


def id_of(value: str) -> str:
    return id_of_value(value, current().settings.secret_key)


def partition_of(key_id: str) -> str:
    """The partition of all rows about one key."""
    return f"key~{key_id}"


def _of_account(account_id: str) -> str:
    """The partition that lists the keys of an account."""
    return f"account~{account_id}"


def add(key: Key, value: str, *, most_made: int = 0) -> None:
    """Raises `NameInUse`; `Forbidden` when one of its makers has made `most_made` keys that exist, or is gone."""
    transaction = Transaction()
    for maker in key.makers:
        below_limit = _Row.kind.exists() & (_Row.made.does_not_exist() | (_Row.made < most_made))
        row = _Row(partition_of(maker), _KEY)
        transaction.update(row, [_Row.made.add(1)], condition=below_limit, error_label=_MADE_ENOUGH)
    list_row = (
        _Row(_of_account(key.account_id), key.number, key_id=key.id)
        if key.account_id
        else _Row(NAMES, key.name, key_id=key.id, sealed=sealing.seal(value))
    )
    transaction.put(list_row, condition=_Row.kind.does_not_exist(), error_label=_IN_USE)
    transaction.put(_row(key), condition=_Row.kind.does_not_exist(), error_label=_KNOWN)
    try:
        transaction.commit()
    except ConditionFailed as refused:
        if _MADE_ENOUGH in refused.reasons:
            raise Forbidden(f"Limit of keys exceeded. A key may make {most_made}") from None
        raise NameInUse("Key name already exists") from None


def find(value: str) -> Key | None:
    """The key of a value that somebody sent."""
    return find_by_id(id_of(value))


def get(name: str) -> tuple[Key, str]:
    """The key of that name and its value, in clear. Raises `NotFound`."""
    name_row = _by_name(name)
    key = find_by_id(name_row.key_id)
    if key is None:
        raise NotFound("Key not found")
    return key, sealing.unseal(name_row.sealed)


def quotas_of(key_id: str) -> dict[str, int]:
    """Key id -> bytes, of a key and of its makers; without those that were removed."""
    key = find_by_id(key_id)
    return {owner.id: owner.quota_bytes for owner in ([key, *_find_ids(key.makers)] if key else [])}


def find_many(key_ids: Sequence[str]) -> list[Key]:
    """The keys of these ids that exist."""
    return _find_ids(key_ids)


def all_exist(key_ids: Sequence[str]) -> bool:
    return len(_find_ids(key_ids)) == len(set(key_ids))


def list_() -> list[tuple[Key, str]]:
    """All keys with their values, by name."""
    name_rows = list(_Row.query(NAMES, consistent_read=True))
    row_keys = [(partition_of(row.key_id), _KEY) for row in name_rows]
    rows = {row.name: row for row in _Row.batch_get(row_keys, consistent_read=True)} if row_keys else {}
    return [(_key(rows[row.id]), sealing.unseal(row.sealed)) for row in name_rows if row.id in rows]


def list_of_account(account_id: str) -> list[Key]:
    """The keys of an account, oldest first."""
    key_ids = [row.key_id for row in _Row.query(_of_account(account_id), consistent_read=True)]
    return sorted(_find_ids(key_ids), key=lambda key: (key.created_at, key.number))


def find_by_number(account_id: str, number: str) -> Key | None:
    """The key of an account that has this id for clients."""
    row = _Row.find(_of_account(account_id), number)
    return find_by_id(row.key_id) if row else None


def remove_of_account(key: Key) -> bool:
    """From now on the key is unknown; False when somebody else removed it. Keys that it made stay."""
    transaction = Transaction()
    there = _Row.kind.exists()
    transaction.delete(_Row(_of_account(key.account_id), key.number), condition=there, error_label="it was removed")
    _remove_row(transaction, key)
    return transaction.try_commit()


def any_exists() -> bool:
    return next(iter(_Row.query(NAMES, limit=1, consistent_read=True)), None) is not None


def remove(name: str) -> Key:
    """From now on the key is unknown. Raises `NotFound`. The keys that it made are the caller's business."""

    def attempt() -> Key:
        name_row = _by_name(name)
        key = find_by_id(name_row.key_id)
        if key is None:
            raise NotFound("Key not found")
        if not _removal(name_row, key).try_commit():
            raise StaleWrite("The key was changed meanwhile.")
        return key

    return retry_conflicts(attempt)


def _removal(name_row: _Row, key: Key) -> Transaction:
    transaction = Transaction()
    transaction.delete(_Row(NAMES, key.name), condition=_Row.key_id == name_row.key_id, error_label="it was replaced")
    _remove_row(transaction, key)
    return transaction


def _remove_row(transaction: Transaction, key: Key) -> None:
    """Has a key's row removed, and the key counted no more among those that its makers made."""
    transaction.delete(_Row(partition_of(key.id), _KEY))
    for maker in _find_ids(key.makers):
        row = _Row(partition_of(maker.id), _KEY)
        transaction.update(row, [_Row.made.add(-1)], condition=_Row.kind.exists(), error_label="its maker was removed")


def list_made_by(key_id: str) -> list[str]:
    """The names of the keys that this one made, directly or through others."""
    return [key.name for key, _ in list_() if key_id in key.makers]


def change_value(name: str, value: str) -> None:
    """The key has this value from now on, and its former one is unknown. Raises `NotFound`; `NameInUse` when the value
    is another key's.
    """
    name_row = _by_name(name)
    before, key_id = find_by_id(name_row.key_id), id_of(value)
    if before is None:
        raise NotFound("Key not found")
    if name_row.key_id == key_id:
        return
    transaction = Transaction()
    transaction.delete(_Row(partition_of(before.id), _KEY), condition=_Row.kind.exists(), error_label="it was removed")
    transaction.put(_row(replace(before, id=key_id)), condition=_Row.kind.does_not_exist(), error_label=_KNOWN)
    transaction.put(
        _Row(NAMES, name, key_id=key_id, sealed=sealing.seal(value)),
        condition=_Row.key_id == name_row.key_id,
        error_label="it was replaced",
    )
    if not transaction.try_commit():
        raise NameInUse("The key or its value was taken meanwhile.")


def touch(key: Key, now: float) -> Key:
    """Notes when it was used last; a key that was removed meanwhile stays removed."""
    row = _Row(partition_of(key.id), _KEY)
    row.update_if(_Row.kind.exists(), [_Row.last_access.set(now)])
    return replace(key, last_access=now)


def find_by_id(key_id: str) -> Key | None:
    """The key that has this look-up id."""
    row = _Row.find(partition_of(key_id), _KEY)
    return _key(row) if row else None


def _find_ids(key_ids: Sequence[str]) -> list[Key]:
    """Keys that exist, of these ids."""
    places = [(partition_of(key_id), _KEY) for key_id in dict.fromkeys(key_ids)]
    return [_key(row) for row in _Row.batch_get(places, consistent_read=True)] if places else []


def _by_name(name: str) -> _Row:
    row = _Row.find(NAMES, name)
    if row is None:
        raise NotFound("Key not found")
    return row


def _row(key: Key) -> _Row:
    return _Row(
        partition_of(key.id),
        _KEY,
        name=key.name,
        permissions=" ".join(key.permissions),
        quota=key.quota_bytes,
        created_at=key.created_at,
        makers=" ".join(key.makers) or None,
        account_id=key.account_id or None,
        number=key.number or None,
        hint=key.hint or None,
        expires_at=key.expires_at or None,
        request_limit=key.request_limit or None,
        scopes=None if key.scopes is None else " ".join(sorted(key.scopes)),
    )


def _key(row: _Row) -> Key:
    return Key(
        id=row.kind.removeprefix(partition_of("")),
        name=row.name or "",
        permissions=tuple(Permission(word) for word in (row.permissions or "").split()),
        quota_bytes=int(row.quota or 0),
        created_at=float(row.created_at or 0),
        last_access=float(row.last_access or 0),
        makers=tuple((row.makers or "").split()),
        account_id=row.account_id or "",
        number=row.number or "",
        hint=row.hint or "",
        expires_at=float(row.expires_at or 0),
        request_limit=int(row.request_limit or 0),
        scopes=frozenset((row.scopes or "").split()) or None,
    )
