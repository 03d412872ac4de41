"""What an item costs from the add to the history: requests that write, and write units as DynamoDB counts them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from random import Random
from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.store.items import journal, leases, record_numbers
from tests.clock import FakeClock
from tests.dynamodb.client import behaving_like, in_memory, new_database
from tests.dynamodb.engine import DynamoDB
from tests.scale.life import Tally, live
from tests.stack import Stack, forget
from tests.store.samples import T0

_WRITES = ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
_LIVES = 24
_FAST, _SLOW = 0.012, 0.5
"""Seconds of a request: of a process that writes much, and of one that takes each number of the journal alone."""
MOST_WRITE_REQUESTS = {_FAST: 11, _SLOW: 12}
MOST_WRITE_UNITS = {_FAST: 40, _SLOW: 41}
MOST_UNITS_BY_TABLE = {"items": 16, "leases": 3, "names": 1, "urls": 4}


def _lives(tables: Callable[[DynamoDB], AbstractContextManager[Any]], request_seconds: float) -> DynamoDB:
    """Some lives, one after another, the same ones each time."""
    clock = FakeClock(T0)
    seconds = (request_seconds, request_seconds)
    database = new_database(sleep=clock.sleep, monotonic=clock.monotonic, random=Random(1), latency_seconds=seconds)
    with tables(database), pytest.MonkeyPatch.context() as patch:
        patch.setattr(current(), "random", Random(1))
        patch.setattr(current(), "clock", clock)
        forget(record_numbers._supply)
        forget(journal._expectation)
        leases._to_be_ended().take(least=0)
        tally = Tally()
        for number in range(_LIVES):
            live(f"cost-{number}", Random(number), tally)
        leases.end_all(leases._to_be_ended().take(least=1))
        assert (tally.finished, tally.failed_steps) == (_LIVES, 0)
    return database


@pytest.mark.parametrize("request_seconds", [_FAST, _SLOW], ids=["much", "little"])
def test_an_item_takes_few_writes_beside_its_progress(stack: Stack, request_seconds: float) -> None:
    account = _lives(in_memory, request_seconds).account
    requests = {name: account.requests[name] / _LIVES for name in _WRITES}
    units = {table.removeprefix("dlambda-"): total / _LIVES for table, total in account.write_units.items()}
    print(requests, units)
    assert sum(requests.values()) <= MOST_WRITE_REQUESTS[request_seconds]
    assert sum(units.values()) <= MOST_WRITE_UNITS[request_seconds]
    for table, most in MOST_UNITS_BY_TABLE.items():
        assert units[table] <= most


def test_tables_in_memory_cost_what_those_of_the_engine_cost(stack: Stack) -> None:
    by_engine, by_memory = (_lives(tables, _FAST).account for tables in (behaving_like, in_memory))
    assert by_memory.write_units == by_engine.write_units
    assert [by_memory.requests[name] for name in _WRITES] == [by_engine.requests[name] for name in _WRITES]
