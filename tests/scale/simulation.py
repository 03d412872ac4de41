"""Many callers at once on tables that behave like DynamoDB, in virtual time."""

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from types import SimpleNamespace
from unittest import mock

from dlambda.deployment import current
from dlambda.store.items import leases
from local import template
from tests.dynamodb.client import in_memory, new_database
from tests.dynamodb.engine import Account, DynamoDB
from tests.scale.life import Tally, live
from tests.scale.virtual import VirtualClock

_WRITES = ("TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem")


@dataclass(frozen=True)
class Result:
    """What one number of callers reached. Units and requests are for an item that was finished."""

    callers: int
    items_a_second: float
    refused_share: float
    failed_steps: int
    failed_lives_share: float
    finished: int
    unfinished: int
    median_life_ms: float
    write_units: float
    requests: float
    virtual_seconds: float
    write_units_by_table: dict[str, float]
    requests_by_operation: dict[str, float]
    conflicting_rows: dict[str, int]
    throttled: dict[str, int]


def simulate(callers: int, lives: int, latency_seconds: float, most_seconds: float, seed: int) -> Result:
    """`callers` that each have `lives` items live through, one after another, for at most `most_seconds` of their time.

    They ask tables in the memory of this process, where a request takes no time but the simulated one.
    """
    clock, tally = VirtualClock(time.time(), most_seconds), Tally()
    database = new_database(
        sleep=clock.sleep,
        monotonic=clock.monotonic,
        random=Random(seed),
        latency_seconds=(latency_seconds * 0.9, latency_seconds * 1.1),
        is_empty=True,
    )

    def call(number: int) -> None:
        random = Random(seed * 1_000_003 + number)
        clock.sleep(random.random() * latency_seconds)
        for life in range(lives):
            live(f"{number}-{life}", random, tally)

    with _in_time_of(clock, seed), in_memory(database):
        clock.run([partial(live, "first", Random(seed), Tally())])  # it makes the lists, once in a deployment
        database.account, began = Account(), clock.monotonic()
        clock.run([partial(call, number) for number in range(callers)])
        leases._to_be_ended().take(least=0)  # of tables that are gone
    return _result(callers, callers * lives, tally, database, clock.monotonic() - began)


@contextmanager
def _in_time_of(clock: VirtualClock, seed: int) -> Iterator[None]:
    deployment = current()
    before = deployment.clock, deployment.random
    deployment.clock, deployment.random = clock, Random(seed)
    try:
        with mock.patch("dlambda.engine_client.time", SimpleNamespace(sleep=clock.sleep)):  # between tries of its own
            yield
    finally:
        deployment.clock, deployment.random = before


def _result(callers: int, lives: int, tally: Tally, database: DynamoDB, seconds: float) -> Result:
    account, done = database.account, max(1, tally.finished)
    refused, attempts = (sum(counter[name] for name in _WRITES) for counter in (account.refused, account.requests))
    return Result(
        callers=callers,
        items_a_second=tally.finished / seconds,
        refused_share=refused / attempts,
        failed_steps=tally.failed_steps,
        failed_lives_share=tally.with_failed_steps / done,
        finished=tally.finished,
        unfinished=lives - tally.finished,
        median_life_ms=statistics.median(tally.seconds or [0.0]) * 1000,
        write_units=sum(account.write_units.values()) / done,
        requests=sum(account.requests.values()) / done,
        virtual_seconds=seconds,
        write_units_by_table={_noun(name): units / done for name, units in sorted(account.write_units.items())},
        requests_by_operation={name: number / done for name, number in sorted(account.requests.items())},
        conflicting_rows=_top(
            {f"{_noun(row.table)} {row.values[0]}": number for row, number in account.conflicting_rows.items()}
        ),
        throttled=_top({_noun(place): number for place, number in account.throttles.items()}),
    )


def _noun(table: str) -> str:
    return table.removeprefix(f"{template.STACK}-")


def _top(numbers: dict[str, int]) -> dict[str, int]:
    return dict(Counter(numbers).most_common(6))
