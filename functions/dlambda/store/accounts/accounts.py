"""Accounts, in the table `accounts`, by (`kind`, `id`).

(`account`, id): the account. (`name`, name's key): which account has the name. (`home`, folder): that an account had it
that is gone, whose records and files stay. (`count`, `accounts`): how many there are, and how many of them are admins
that may sign in; every change moves these numbers in its transaction, so that the last admin stays whoever else changes
accounts at the same time.
"""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from dlambda.domain.accounts.account import Account, name_key
from dlambda.domain.accounts.principal import Role
from dlambda.errors import AlreadyExists, Conflict, NotFound, StaleWrite
from dlambda.store.table import ConditionFailed, Row, Transaction

_ACCOUNT = "account"
_NAME = "name"
_HOME = "home"
_COUNT = "count"
_ALL = "accounts"
_TAKEN = "the name is in use"
_EXISTS = "the account exists"
_CHANGED = "the account was changed"
_NOT_FIRST = "an account exists"
_LAST = "no other admin may sign in"
_NAME_TEXT = "An account of this name exists already."
_LAST_TEXT = "The last admin cannot be removed, disabled or made anything else."


class _Row(Row):
    class Meta:
        table_name = "accounts"

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    account_id = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    role = UnicodeAttribute(null=True)
    home = UnicodeAttribute(null=True)
    password_hash = UnicodeAttribute(null=True)
    subject = UnicodeAttribute(null=True)
    disabled = BooleanAttribute(null=True)
    stamp = UnicodeAttribute(null=True)
    created_at = NumberAttribute(null=True)
    version = NumberAttribute(null=True)
    accounts = NumberAttribute(null=True)
    admins = NumberAttribute(null=True)


def any_exists() -> bool:
    """True if there is an account, so that a login is needed."""
    row = _Row.find(_COUNT, _ALL)
    return row is not None and bool(row.accounts)


def find(account_id: str) -> Account | None:
    row = _Row.find(_ACCOUNT, account_id)
    return _account(row) if row else None


def get(account_id: str) -> Account:
    """Raises `NotFound`."""
    account = find(account_id)
    if account is None:
        raise NotFound("Account not found.")
    return account


def find_by_name(name: str) -> Account | None:
    row = _Row.find(_NAME, name_key(name))
    return find(row.account_id) if row else None


def list_() -> list[Account]:
    """All accounts, by name."""
    accounts = [_account(row) for row in _Row.query(_ACCOUNT, consistent_read=True)]
    return sorted(accounts, key=lambda account: name_key(account.name))


def add(account: Account, *, only_first: bool = False) -> None:
    """Adds an account. Raises `AlreadyExists`: for a name or an id in use, with `only_first` for any account at all."""
    transaction = Transaction()
    nothing_there = _Row.accounts.does_not_exist() | (_Row.accounts == 0)
    transaction.update(
        _Row(_COUNT, _ALL),
        _counts(1, int(account.is_active_admin)),
        condition=nothing_there if only_first else None,
        error_label=_NOT_FIRST,
    )
    name_row = _Row(_NAME, name_key(account.name), account_id=account.id)
    transaction.put(name_row, condition=_Row.kind.does_not_exist(), error_label=_TAKEN)
    transaction.put(_row(account, 1), condition=_Row.kind.does_not_exist(), error_label=_EXISTS)
    try:
        transaction.commit()
    except ConditionFailed as refused:
        text = "Setup is no longer available." if _NOT_FIRST in refused.reasons else _NAME_TEXT
        raise AlreadyExists(text) from None


def replace(before: Account, account: Account) -> None:
    """Changes an account. Raises `StaleWrite`, `AlreadyExists` for a name in use, `Conflict` for the last admin."""
    transaction = Transaction()
    version = _change_count(transaction, before, int(account.is_active_admin) - int(before.is_active_admin), 0)
    transaction.put(_row(account, version + 1), condition=_Row.version == version, error_label=_CHANGED)
    if name_key(before.name) != name_key(account.name):
        name_row = _Row(_NAME, name_key(account.name), account_id=account.id)
        transaction.put(name_row, condition=_Row.kind.does_not_exist(), error_label=_TAKEN)
        transaction.delete(_Row(_NAME, name_key(before.name)))
    _commit(transaction)


def remove(account: Account) -> None:
    """Removes an account. Raises `StaleWrite`, and `Conflict` for the last admin."""
    transaction = Transaction()
    version = _change_count(transaction, account, -int(account.is_active_admin), -1)
    transaction.delete(_Row(_ACCOUNT, account.id), condition=_Row.version == version, error_label=_CHANGED)
    transaction.delete(_Row(_NAME, name_key(account.name)))
    transaction.put(_Row(_HOME, account.home, account_id=account.id))
    _commit(transaction)


def was_home(folder: str) -> bool:
    """True if an account that is gone had this folder."""
    return _Row.find(_HOME, folder) is not None


def _change_count(transaction: Transaction, before: Account, admins: int, accounts: int) -> int:
    """Has the numbers changed; answers the version of the account's row. Raises `StaleWrite`."""
    row = _Row.find(_ACCOUNT, before.id)
    if row is None or _account(row) != before:
        raise StaleWrite("The account was changed meanwhile.")
    if admins or accounts:
        another_admin = _Row.admins > 1 if admins < 0 else None
        transaction.update(_Row(_COUNT, _ALL), _counts(accounts, admins), condition=another_admin, error_label=_LAST)
    return int(row.version or 0)


def _counts(accounts: int, admins: int) -> list[Action]:
    return [_Row.accounts.add(accounts), _Row.admins.add(admins)]


def _commit(transaction: Transaction) -> None:
    try:
        transaction.commit()
    except ConditionFailed as refused:
        if _LAST in refused.reasons:
            raise Conflict(_LAST_TEXT) from None
        if _TAKEN in refused.reasons:
            raise AlreadyExists(_NAME_TEXT) from None
        raise StaleWrite("The account was changed meanwhile.") from None


def _row(account: Account, version: int) -> _Row:
    return _Row(
        _ACCOUNT,
        account.id,
        name=account.name,
        role=account.role.value,
        home=account.home,
        password_hash=account.password_hash or None,
        subject=account.subject or None,
        disabled=account.disabled,
        stamp=account.stamp,
        created_at=account.created_at,
        version=version,
    )


def _account(row: _Row) -> Account:
    return Account(
        id=row.id,
        name=row.name or "",
        role=Role(row.role or Role.GUEST),
        home=row.home or "",
        created_at=float(row.created_at or 0),
        stamp=row.stamp or "",
        password_hash=row.password_hash or "",
        subject=row.subject or "",
        disabled=bool(row.disabled),
    )
