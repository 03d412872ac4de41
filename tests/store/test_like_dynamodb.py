"""What the engine refuses when it behaves like DynamoDB."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dlambda.store.table_connection import connection
from tests.dynamodb.client import behaving_like, new_database
from tests.dynamodb.engine import DynamoDB
from tests.dynamodb.rows import size

CACHE, ITEMS = "dlambda-cache", "dlambda-items"
SLOW = 0.012


class Time:
    """A clock that sleeping sets forward; `meanwhile` happens during the next sleep."""

    def __init__(self) -> None:
        self.now = 0.0
        self.meanwhile: list[Any] = []

    def sleep(self, seconds: float) -> None:
        while self.meanwhile:
            self.meanwhile.pop()()
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def database(stack: object, time: Time) -> Iterator[DynamoDB]:
    made = new_database(sleep=time.sleep, monotonic=time.monotonic, random=Random(0), latency_seconds=(SLOW, SLOW))
    with behaving_like(made):
        yield made


def client() -> Any:
    return connection().client


def row(name: str, size_bytes: int = 1) -> dict[str, Any]:
    return {"key": {"S": name}, "value": {"B": b"x" * size_bytes}, "expires_at": {"N": "1"}}


def transact(*parts: dict[str, Any]) -> None:
    client().transact_write_items(TransactItems=list(parts))


def putting(name: str, size_bytes: int = 1) -> dict[str, Any]:
    return {"Put": {"TableName": CACHE, "Item": row(name, size_bytes)}}


def checking(name: str) -> dict[str, Any]:
    condition = "attribute_not_exists(expires_at)"
    return {"ConditionCheck": {"TableName": CACHE, "Key": {"key": {"S": name}}, "ConditionExpression": condition}}


def code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def reasons(error: ClientError) -> list[str]:
    return [reason["Code"] for reason in error.response["CancellationReasons"]]


@pytest.mark.parametrize("other", [putting("a"), checking("a")], ids=["write", "condition check"])
def test_a_transaction_that_meets_another_is_cancelled(database: DynamoDB, time: Time, other: dict[str, Any]) -> None:
    refused: list[ClientError] = []

    def meet() -> None:
        with pytest.raises(ClientError) as error:
            transact(putting("b"), other)
        refused.append(error.value)

    time.meanwhile.append(meet)
    transact(putting("a"))
    assert code(refused[0]) == "TransactionCanceledException"
    assert sorted(reasons(refused[0])) == ["None", "TransactionConflict"]
    assert client().get_item(TableName=CACHE, Key={"key": {"S": "b"}}).get("Item") is None
    transact(putting("b"), other if "Put" in other else putting("c"))
    assert database.account.conflicts == {"TransactWriteItems": 1}


@pytest.mark.parametrize("checked_by", [putting("a"), checking("a")], ids=["write", "condition check"])
def test_a_single_write_that_meets_a_transaction_is_refused(
    database: DynamoDB, time: Time, checked_by: dict[str, Any]
) -> None:
    refused: list[ClientError] = []

    def meet() -> None:
        with pytest.raises(ClientError) as error:
            client().put_item(TableName=CACHE, Item=row("a"))
        refused.append(error.value)
        client().put_item(TableName=CACHE, Item=row("other"))

    time.meanwhile.append(meet)
    transact(checked_by)
    assert code(refused[0]) == "TransactionConflictException"
    assert client().get_item(TableName=CACHE, Key={"key": {"S": "other"}})["Item"]


def test_a_batch_leaves_what_meets_a_transaction(database: DynamoDB, time: Time) -> None:
    answers: list[dict[str, Any]] = []
    puts = [{"PutRequest": {"Item": row(name)}} for name in ("a", "b")]
    time.meanwhile.append(lambda: answers.append(client().batch_write_item(RequestItems={CACHE: puts})))
    transact(putting("a"))
    assert [request["PutRequest"]["Item"]["key"]["S"] for request in answers[0]["UnprocessedItems"][CACHE]] == ["a"]


def test_reads_of_a_transaction_are_refused_and_others_are_not(database: DynamoDB, time: Time) -> None:
    get = {"TableName": CACHE, "Key": {"key": {"S": "a"}}}
    refused: list[ClientError] = []

    def meet() -> None:
        assert "Item" not in client().get_item(**get, ConsistentRead=True)
        with pytest.raises(ClientError) as error:
            client().transact_get_items(TransactItems=[{"Get": get}])
        refused.append(error.value)

    time.meanwhile.append(meet)
    transact(putting("a"))
    assert reasons(refused[0]) == ["TransactionConflict"]
    assert client().transact_get_items(TransactItems=[{"Get": get}])["Responses"][0]["Item"]


def test_a_failed_condition_is_no_conflict(database: DynamoDB) -> None:
    transact(putting("a"))
    with pytest.raises(ClientError) as error:
        transact(checking("a"))
    assert reasons(error.value) == ["ConditionalCheckFailed"]
    assert not database.account.conflicts


def test_a_partition_key_takes_a_thousand_write_units_a_second(database: DynamoDB, time: Time) -> None:
    for _ in range(3):
        client().put_item(TableName=CACHE, Item=row("a", 390_000))  # 381 units each
    with pytest.raises(ClientError) as error:
        transact(putting("a"), putting("b"))
    assert sorted(reasons(error.value)) == ["None", "ThrottlingError"]
    client().put_item(TableName=CACHE, Item=row("b", 390_000))
    time.now += 0.2
    client().put_item(TableName=CACHE, Item=row("a"))
    assert database.account.throttles[CACHE] == 1


def test_a_single_write_is_throttled_by_its_own_name(database: DynamoDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)  # its client tries again by itself
    for _ in range(3):
        client().put_item(TableName=CACHE, Item=row("a", 390_000))
    with pytest.raises(ClientError) as error:
        while True:
            client().put_item(TableName=CACHE, Item=row("a", 390_000))
    assert code(error.value) == "ProvisionedThroughputExceededException"


def test_units_are_those_of_rows_transactions_and_indexes(database: DynamoDB) -> None:
    units = database.account.write_units
    client().put_item(TableName=CACHE, Item=row("a", 2000))
    assert units[CACHE] == 2
    client().put_item(TableName=CACHE, Item=row("a"))  # by the larger one of both
    assert units[CACHE] == 4
    transact(putting("a"), checking("never"))
    assert units[CACHE] == 8
    item = {"id": {"S": "i"}, "seq": {"N": "1"}, "version": {"N": "1"}, "waiting": {"S": "x"}}
    client().put_item(TableName=ITEMS, Item=item)
    assert units[ITEMS] == 2
    client().put_item(TableName=ITEMS, Item=item | {"version": {"N": "2"}})
    assert units[ITEMS] == 3
    client().put_item(TableName=ITEMS, Item=item | {"waiting": {"S": "y"}})
    assert units[ITEMS] == 6
    client().delete_item(TableName=ITEMS, Key={"id": {"S": "i"}})
    assert units[ITEMS] == 8


def test_reads_are_limited_as_well(database: DynamoDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    client().put_item(TableName=CACHE, Item=row("a", 390_000))
    with pytest.raises(ClientError) as error:
        while True:
            client().get_item(TableName=CACHE, Key={"key": {"S": "a"}}, ConsistentRead=True)
    assert code(error.value) == "ProvisionedThroughputExceededException"
    assert database.account.read_units[CACHE] >= 3000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"S": "é"}, 2),
        ({"N": "-12.5"}, 3),
        ({"B": "AAAA"}, 3),
        ({"BOOL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": [{"S": "a"}]}, 5),
        ({"M": {"k": {"S": "a"}}}, 6),
    ],
)
def test_sizes_are_those_of_names_and_values(value: dict[str, Any], expected: int) -> None:
    assert size({"nm": value}) == 2 + expected
