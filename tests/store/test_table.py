"""Writes that collide with a transaction: DynamoDB refuses them, and they are tried again."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from pynamodb.exceptions import PynamoDBException

from dlambda.domain.items.item import Status
from dlambda.engine_client import EngineClient
from dlambda.store.items import item_rows, items, leases, record_numbers
from dlambda.store.table import ConditionFailed, Transaction
from dlambda.store.table_connection import connection
from dlambda.store.usage import usage
from tests.store import records
from tests.store.samples import T0, item, waiting

pytestmark = pytest.mark.usefixtures("stack")
COLLISION = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException", "message": "busy"}
CANCELLED = {
    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "message": "busy",
    "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
}


@contextmanager
def refused(operation: str, times: int, answer: dict[str, Any]) -> Iterator[list[int]]:
    """The engine refuses `operation` so many times before it hears it."""
    sent: list[int] = []
    send = EngineClient._send

    def refuse(client: EngineClient, name: str, body: bytes) -> tuple[int, bytes]:
        if name == operation:
            sent.append(1)
            if len(sent) <= times:
                return 400, json.dumps(answer).encode()
        return send(client, name, body)

    with mock.patch.object(EngineClient, "_send", refuse):
        yield sent


@pytest.mark.parametrize(
    ("operation", "write"),
    [
        ("UpdateItem", record_numbers.reserve),
        ("UpdateItem", lambda: leases.acquire("a", "w", T0)),
        ("PutItem", lambda: item_rows.UrlRow("h", item_id="a").save()),
        ("DeleteItem", lambda: item_rows.UrlRow("h").delete()),
    ],
)
def test_a_single_write_waits_for_a_transaction(operation: str, write: Callable[[], object]) -> None:
    connection()
    with refused(operation, 2, COLLISION) as sent:
        write()
    assert len(sent) == 3


def test_a_transaction_waits_for_another() -> None:
    with refused("TransactWriteItems", 2, CANCELLED) as sent:
        records.add([item("a")])
    assert len(sent) == 3
    assert items.find("a")


def test_patience_ends() -> None:
    with refused("UpdateItem", 99, COLLISION), pytest.raises(PynamoDBException):
        record_numbers.reserve()


def test_what_tables_cost_and_refuse_is_counted() -> None:
    records.add([item("a")])
    usage().take()
    with refused("TransactWriteItems", 2, CANCELLED):
        records.add([item("b")])
    with refused("UpdateItem", 1, COLLISION):
        leases.acquire("b", "w", T0)
    assert items.find("a")
    numbers = {(name, labels.get("table")): value for name, labels, value in usage().take()}
    assert numbers["table_conflicts_total", None] == 3
    assert numbers["table_retries_total", None] == 3
    assert numbers["table_requests_total", None] >= 3 + 4
    assert numbers["table_write_units_total", "items"] >= 2
    assert numbers["table_write_units_total", "leases"] == 1
    assert numbers["table_read_units_total", "items"] >= 1
    assert usage().take() == []


def test_a_throttled_transaction_is_tried_again() -> None:
    usage().take()
    throttled = {**CANCELLED, "CancellationReasons": [{"Code": "ThrottlingError"}, {"Code": "None"}]}
    with refused("TransactWriteItems", 2, throttled) as sent:
        records.add([item("a")])
    assert len(sent) == 3
    assert ("table_throttles_total", {}, 2) in usage().take()


def test_another_refusal_is_not_tried_again() -> None:
    lease = leases.acquire("a", "w", T0)
    with refused("UpdateItem", 0, {}) as sent:
        assert leases.acquire("a", "other", T0) is None
    assert len(sent) == 1
    assert lease
    assert lease.fence == 1


def test_a_refusal_names_its_conditions() -> None:
    records.add([waiting("a")])
    transaction = Transaction()
    transaction.put(
        item_rows.UrlRow("free", item_id="a"), condition=item_rows.UrlRow.url_hash.does_not_exist(), error_label="first"
    )
    transaction.put(item_rows.row_of(items.get("a")), condition=item_rows.ItemRow.version == 7, error_label="second")
    with pytest.raises(ConditionFailed) as error:
        transaction.commit()
    assert error.value.reasons == ("second",)
    assert not transaction.try_commit()


def test_nothing_to_write_is_no_request() -> None:
    with refused("TransactWriteItems", 9, CANCELLED) as sent:
        Transaction().commit()
    assert sent == []


def test_a_status_is_stored_as_its_word() -> None:
    records.add([item("a", status=Status.ERROR)])
    assert items.get("a").status is Status.ERROR
