"""Orders of API keys, and who of them is being worked on: apart from the items, with a table of their own.

The index `state` lists those that wait, run, or have ended, each by the time when that began. The row `orders` of the
table `state` has the ids that hold a worker; an order takes its place in the transaction that starts it and gives it
back in the one that ends it.
"""

import json
import zlib
from dataclasses import asdict
from typing import Any, Final

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import size
from pynamodb.expressions.operand import Path
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from dlambda.domain.orders.order import Kind, Order, State
from dlambda.errors import Conflict, StaleWrite
from dlambda.store.items import leases
from dlambda.store.table import ConditionFailed, Row, Transaction

ENDED: Final = "ended"
_PLACES: Final = "orders"
_NO_PLACE: Final = "no worker is free"
_CHANGED: Final = "it was changed meanwhile"
_KEEP_SECONDS: Final = 30 * 86400


class _StateIndex(GlobalSecondaryIndex["_Row"]):
    class Meta:
        index_name = "state"
        projection = KeysOnlyProjection()

    state = UnicodeAttribute(hash_key=True)
    since = NumberAttribute(range_key=True)


class _Row(Row):
    class Meta:
        table_name = "orders"

    id = UnicodeAttribute(hash_key=True)
    state = UnicodeAttribute(null=True)
    since = NumberAttribute(null=True)
    body = BinaryAttribute(null=True, legacy_encoding=False)
    expires_at = NumberAttribute(null=True)
    by_state = _StateIndex()


class _Places(Row):
    class Meta:
        table_name = "state"

    key = UnicodeAttribute(hash_key=True)
    taken = UnicodeSetAttribute(null=True)


def add(order: Order) -> None:
    """Raises `Conflict` when the id is in use, which 95 random bits exclude."""
    if not _row(order, order.created_at).save_if(_Row.id.does_not_exist()):
        raise Conflict("The order's id is in use.")


def find(order_id: str) -> Order | None:
    row = _Row.find(order_id)
    return _order(row) if row else None


def start(order: Order, lease: leases.Lease, now: float, *, places: int) -> Order | None:
    """The order as started, with a worker's place; None when none of the `places` is free. Raises `Conflict`."""
    after = order.started()
    has_place = Path(["taken"]).contains(order.id)
    free = has_place | _Places.taken.does_not_exist() | (size(Path(["taken"])) < places)
    transaction = Transaction()
    transaction.update(_Places(_PLACES), [_Places.taken.add({order.id})], condition=free, error_label=_NO_PLACE)
    _write(transaction, order, after, lease, now)
    try:
        transaction.commit()
    except ConditionFailed as refused:
        if _NO_PLACE in refused.reasons:
            return None
        raise _lease_lost(refused) from None
    return after


def hand_over(order: Order, after: Order, lease: leases.Lease, now: float) -> None:
    """Before a handover: what is left is another worker's. Raises `Conflict`."""
    transaction = Transaction()
    _write(transaction, order, after, lease, now)
    _commit(transaction)
    leases.release(lease)


def end(order: Order, after: Order, lease: leases.Lease) -> None:
    """Writes how it ended, and frees its place. Raises `Conflict` when it is another worker's by now."""
    transaction = Transaction()
    transaction.put(_row(after, after.ended_at), condition=_Row.id.exists(), error_label=_CHANGED)
    transaction.update(_Places(_PLACES), [_Places.taken.delete({order.id})])
    leases.end(transaction, order.id, lease)
    _commit(transaction)


def list_waiting(count: int) -> list[str]:
    """The ids of those that wait, longest first."""
    return _ids(State.WAITING.value, count)


def list_running() -> list[str]:
    return _ids(State.PROCESSING.value, None)


def list_ended(moment: float, count: int) -> list[str]:
    """Orders that ended before `moment`, oldest first."""
    rows = _Row.by_state.query(ENDED, _Row.since < moment, limit=count)
    return [row.id for row in rows]


def remove(order_id: str) -> None:
    _Row(order_id).delete()


def read_places() -> set[str]:
    """The ids that hold a worker's place."""
    row = _Places.find(_PLACES)
    return set(row.taken or ()) if row else set()


def release_places(order_ids: set[str]) -> None:
    """For orders that ended without giving theirs back."""
    if order_ids:
        _Places(_PLACES).update([_Places.taken.delete(order_ids)])


def _ids(state: str, count: int | None) -> list[str]:
    return [row.id for row in _Row.by_state.query(state, limit=count)]


def _write(transaction: Transaction, before: Order, after: Order, lease: leases.Lease, now: float) -> None:
    since = _Row.state == before.state.value
    transaction.put(_row(after, now), condition=since, error_label=_CHANGED)
    leases.check(transaction, lease)


def _commit(transaction: Transaction) -> None:
    try:
        transaction.commit()
    except ConditionFailed as refused:
        raise _lease_lost(refused) from None


def _lease_lost(refused: ConditionFailed) -> Conflict:
    if leases.LOST in refused.reasons:
        return leases.Lost("Another worker has the order.")
    return StaleWrite("The order was changed meanwhile.")


def _row(order: Order, since: float) -> _Row:
    body: dict[str, Any] = asdict(order)
    return _Row(
        order.id,
        state=ENDED if order.has_ended else order.state.value,
        since=since,
        body=zlib.compress(json.dumps(body).encode(), 1),
        expires_at=int(since + _KEEP_SECONDS),
    )


def _order(row: _Row) -> Order:
    body = json.loads(zlib.decompress(row.body))
    return Order(
        **body | {"kind": Kind(body["kind"]), "state": State(body["state"]), "warnings": tuple(body["warnings"])}
    )
