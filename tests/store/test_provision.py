"""Tables that an earlier version made, or that were being made when the machine went down."""

import boto3
import pytest

from dlambda import __version__
from dlambda.domain.system.stored_form import FORM
from local import stored_form
from local.provision import make_tables, own_tables
from local.start_error import StartError
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


def test_tables_of_a_newer_release_are_left_alone_and_those_of_an_older_one_are_not(stack: Stack) -> None:
    ask = own_tables(stack.tables_endpoint)
    assert stored_form.check(ask, "dlambda-") == 0
    for _ in range(2):
        stored_form.note(ask, "dlambda-")
        assert stored_form.check(ask, "dlambda-") == FORM
    newer = {"key": {"S": "form"}, "form": {"N": str(FORM + 1)}, "release": {"S": "99.1.0"}}
    ask("PutItem", {"TableName": "dlambda-state", "Item": newer})
    for action in (stored_form.check, stored_form.note):
        with pytest.raises(
            StartError, match=rf"written by dlambda 99\.1\.0.* {__version__}, does not read.*Nothing was changed"
        ):
            action(ask, "dlambda-")
    assert ask("GetItem", {"TableName": "dlambda-state", "Key": {"key": {"S": "form"}}})["Item"] == newer
