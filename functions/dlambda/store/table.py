"""The base of every table: its name, one connection, and transactions that say which condition refused them."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Self, cast

from pynamodb.connection import TableConnection
from pynamodb.exceptions import PutError, PynamoDBException, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from dlambda.deployment import current, per_deployment
from dlambda.store.conflicts import retry_conflicts
from dlambda.store.table_connection import connection
from dlambda.store.usage import CONFLICTS, THROTTLES

# Raised when the tables are away: what was to be done may be done later.
TABLE_ERRORS = (PynamoDBException,)
MAX_OPERATIONS = 100
# What DynamoDB takes as a key.
MAX_PARTITION_KEY_BYTES = 2048
MAX_SORT_KEY_BYTES = 1024
_MAX_NUMBER_DIGITS = 38
# The order in which DynamoDB is sent the operations, and so that of its reasons.
_ORDER = ("condition_check", "delete", "save", "update")
_preparing = threading.Lock()


class _TableName:
    """The name of a row's table: the deployment's prefix, then the noun."""

    def __init__(self, noun: str) -> None:
        self.noun = noun

    def __get__(self, _instance: object, _owner: type) -> str:
        return current().settings.table_prefix + self.noun


class Row(Model):
    """Base of the rows. Region, endpoint and credentials come from the environment, as for every AWS client."""

    class Meta:
        table_name = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "Meta" in vars(cls):  # PynamoDB reads the name from there at each request
            cls.Meta.table_name = cast("str", _TableName(cls.Meta.table_name))

    @classmethod
    def _get_connection(cls) -> TableConnection:
        tables = _tables()
        return tables[cls] if cls in tables else cls._connect(tables)

    @classmethod
    def _connect(cls, tables: dict[type[Model], TableConnection]) -> TableConnection:
        """Prepares the first request: one client, 10 MB, serves all tables."""
        shared = connection()
        with _preparing:
            if cls not in tables:
                table: TableConnection = super()._get_connection()
                cls._connection = None  # that is of no deployment, and has a client of its own
                with suppress(ValueError):  # two kinds of rows may share a table
                    shared.add_meta_table(table.get_meta_table())
                table.connection = shared
                tables[cls] = table
            return tables[cls]

    @classmethod
    def table(cls) -> TableConnection:
        """For raw requests of its table: of rows whose attributes are named by what they hold."""
        return cls._get_connection()

    @classmethod
    def find(cls, hash_key: Any, range_key: Any = None) -> Self | None:
        """The row as it is now, or None: also for a key that no row can have. Keys come from clients, and DynamoDB
        refuses such a request.
        """
        if not may_be_key(hash_key) or not (range_key is None or may_be_key(range_key, MAX_SORT_KEY_BYTES)):
            return None
        try:
            return cls.get(hash_key, range_key, consistent_read=True)
        except cls.DoesNotExist:
            return None

    def save(self, *args: Any, **options: Any) -> Any:
        return _write(lambda: super(Row, self).save(*args, **options))

    def update(self, *args: Any, **options: Any) -> Any:
        return _write(lambda: super(Row, self).update(*args, **options))

    def delete(self, *args: Any, **options: Any) -> Any:
        return _write(lambda: super(Row, self).delete(*args, **options))

    def save_if(self, condition: Condition) -> bool:
        """Writes the whole row; False, with nothing written, when `condition` does not hold."""
        return _is_met(lambda: self.save(condition=condition))

    def update_if(self, condition: Condition, actions: Sequence[Action]) -> bool:
        """Does the actions, and reads the row anew; False, with nothing changed, when `condition` does not hold."""
        return _is_met(lambda: self.update(actions=list(actions), condition=condition))


def may_be_key(value: object, most_bytes: int = MAX_PARTITION_KEY_BYTES) -> bool:
    """True if a row may have this key: a text or a number within DynamoDB's limits."""
    if isinstance(value, str):
        try:
            return 0 < len(value.encode()) <= most_bytes
        except UnicodeEncodeError:  # half a surrogate pair
            return False
    return not isinstance(value, int) or abs(value) < 10**_MAX_NUMBER_DIGITS


def _write(write: Callable[[], Any]) -> Any:
    """Does a single write, again while a transaction has the row: DynamoDB refuses it then, and clients don't retry."""
    return retry_conflicts(
        write,
        on=PynamoDBException,
        when=lambda error: error.cause_response_code in CONFLICTS,
    )


def _is_met(write: Callable[[], object]) -> bool:
    """Does one write; False when its condition does not hold."""
    try:
        write()
    except (PutError, UpdateError) as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


class ConditionFailed(Exception):
    """A transaction changed nothing because of the conditions that `reasons` name."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = tuple(reasons)


class Transaction:
    """Up to `MAX_OPERATIONS` writes, all or none. `error_label` names a condition in `ConditionFailed.reasons`."""

    def __init__(self) -> None:
        self._operations: list[tuple[str, str, tuple[Any, ...], dict[str, Any]]] = []

    def __len__(self) -> int:
        return len(self._operations)

    def put(self, row: Row, *, condition: Condition | None = None, error_label: str = "") -> None:
        self._operations.append((error_label, "save", (row,), {"condition": condition}))

    def update(
        self, row: Row, actions: Sequence[Action], *, condition: Condition | None = None, error_label: str = ""
    ) -> None:
        self._operations.append((error_label, "update", (row,), {"actions": list(actions), "condition": condition}))

    def delete(self, row: Row, *, condition: Condition | None = None, error_label: str = "") -> None:
        self._operations.append((error_label, "delete", (row,), {"condition": condition}))

    def check(self, row: type[Row], key: str, *, condition: Condition, error_label: str) -> None:
        self._operations.append((error_label, "condition_check", (row, key), {"condition": condition}))

    def commit(self) -> None:
        """Writes. Raises `ConditionFailed`; what met another transaction or was throttled is tried again."""
        if not self._operations:
            return
        self._operations.sort(key=lambda operation: _ORDER.index(operation[1]))
        retry_conflicts(
            self._write,
            on=TransactWriteError,
            when=lambda error: not (CONFLICTS | THROTTLES).isdisjoint(_reason_codes(error)),
        )

    def try_commit(self) -> bool:
        """Writes, and says whether it was not refused."""
        try:
            self.commit()
        except ConditionFailed:
            return False
        return True

    def _write(self) -> None:
        try:
            with TransactWrite(connection=connection()) as write:
                for _, method, arguments, options in self._operations:
                    getattr(write, method)(*arguments, **options)
        except TransactWriteError as error:
            failed = [
                error_label
                for (error_label, *_), code in zip(self._operations, _reason_codes(error), strict=False)
                if code == "ConditionalCheckFailed"
            ]
            if failed:
                raise ConditionFailed(failed) from None
            raise


def _reason_codes(error: TransactWriteError) -> list[str | None]:
    """Why DynamoDB cancelled the transaction: a code for each operation."""
    return [reason.code if reason else None for reason in error.cancellation_reasons]


@per_deployment
def _tables() -> dict[type[Model], TableConnection]:
    return {}
