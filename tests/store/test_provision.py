"""Tables that an earlier version made, or that were being made when the machine went down."""

import boto3

from local.provision import make_tables, own_tables
from local.template import Table
from tests.by_socket import send_through
from tests.stack import Stack

_KEYS = {"AttributeName": "id", "AttributeType": "S"}
_OLD = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [_KEYS],
    "BillingMode": "PAY_PER_REQUEST",
}
_INDEX = {
    "IndexName": "state",
    "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
_NEW = {
    **_OLD,
    "AttributeDefinitions": [_KEYS, {"AttributeName": "state", "AttributeType": "S"}],
    "GlobalSecondaryIndexes": [_INDEX],
}


def test_a_table_gains_the_index_and_the_expiry_that_the_template_gained(stack: Stack) -> None:
    make_tables(own_tables(stack.tables_endpoint), (Table("grown", _OLD, ""),))
    tables = boto3.client("dynamodb")
    send_through(tables, stack.tables_endpoint)
    tables.put_item(TableName="dlambda-grown", Item={"id": {"S": "a"}, "state": {"S": "waiting"}})
    for _ in range(2):
        make_tables(own_tables(stack.tables_endpoint), (Table("grown", _NEW, "expires_at"),))
    found = tables.query(
        TableName="dlambda-grown",
        IndexName="state",
        KeyConditionExpression="#state = :waiting",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":waiting": {"S": "waiting"}},
    )
    assert found["Items"] == [{"id": {"S": "a"}, "state": {"S": "waiting"}}]
    expiry = tables.describe_time_to_live(TableName="dlambda-grown")["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires_at")
    tables.delete_table(TableName="dlambda-grown")
