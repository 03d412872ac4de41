"""A stack that is made again goes on with what an earlier one left behind: infra/adopt.py."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from infra.adopt import adopt, complete_tables, find_leftovers, identifiers, import_template, kept_resources
from local import template

DOCUMENT = template.load()
LEFTOVERS = {"ItemsTable": "dlambda-items", "SecretKey": "arn:1", "Bucket": "media"}


def tags(logical_id: str, stack: str = "dlambda") -> list[dict[str, str]]:
    values = {"aws:cloudformation:stack-name": stack, "aws:cloudformation:logical-id": logical_id}
    return [{"Key": key, "Value": value} for key, value in values.items()]


class Buckets:
    """S3, as far as it is asked: only CloudFormation itself may set its tags, in moto too."""

    def list_buckets(self) -> dict[str, Any]:
        names = (
            "without-tags",
            "another-media",
            "dlambda-media",
            "dlambda-later",
        )  # the last one by a creation that failed
        return {"Buckets": [{"Name": name, "CreationDate": number} for number, name in enumerate(names)]}

    def get_bucket_tagging(self, *, Bucket: str) -> dict[str, Any]:  # noqa: N803 as AWS calls it
        if Bucket == "without-tags":
            raise ClientError({"Error": {"Code": "NoSuchTagSet"}}, "GetBucketTagging")
        return {"TagSet": tags("Bucket", Bucket.partition("-")[0])}


class Account:
    """A session whose buckets are `Buckets`."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def client(self, service: str) -> Any:
        return Buckets() if service == "s3" else self._session.client(service)


@pytest.fixture
def session() -> Any:
    """An account in which stacks were deleted: two tables, buckets and secrets of this one and of another."""
    with mock_aws():
        session = boto3.Session("key", "secret", region_name="us-east-1")
        for name in ("dlambda-items", "dlambda-urls", "dlambda-leases", "another-items"):
            session.client("dynamodb").create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            )
        secrets = session.client("secretsmanager")
        for stack in ("dlambda", "another"):
            secrets.create_secret(Name=f"{stack}-key", SecretString="x", Tags=tags("SecretKey", stack))
            secrets.create_secret(Name=f"{stack}-login", SecretString="x", Tags=tags("Login", stack))
        yield Account(session)


def test_what_outlived_its_stack_is_found_and_nothing_else(session: Any) -> None:
    leftovers = find_leftovers(session, "dlambda", DOCUMENT)
    assert leftovers.keys() == {"ItemsTable", "UrlsTable", "SecretKey", "Bucket"}
    assert (leftovers["ItemsTable"], leftovers["Bucket"]) == ("dlambda-items", "dlambda-media")
    assert ":secret:dlambda-key-" in leftovers["SecretKey"]
    assert find_leftovers(session, "new", DOCUMENT) == {}


def test_restored_tables_get_what_a_restore_leaves_out(session: Any) -> None:
    client = session.client("dynamodb")
    tables = {table.name: table for table in template.read().tables}
    keys = tables["jobs"].definition["KeySchema"]
    attributes = [{"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in keys]
    client.create_table(
        TableName="dlambda-jobs", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes, KeySchema=keys
    )
    for _ in range(2):  # idempotent
        complete_tables(session, ["dlambda-items", "dlambda-jobs"], tables.values(), "dlambda")
        for name, is_expiring in (("items", False), ("jobs", True)):
            physical = f"dlambda-{name}"
            indexes = client.describe_table(TableName=physical)["Table"].get("GlobalSecondaryIndexes", [])
            names = {index["IndexName"] for index in tables[name].definition.get("GlobalSecondaryIndexes", [])}
            assert {index["IndexName"] for index in indexes} == names
            ttl = client.describe_time_to_live(TableName=physical)["TimeToLiveDescription"]["TimeToLiveStatus"]
            assert (ttl == "ENABLED") == is_expiring
            backups = client.describe_continuous_backups(TableName=physical)["ContinuousBackupsDescription"]
            assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert not client.describe_table(TableName="another-items")["Table"].get("GlobalSecondaryIndexes")


def test_they_are_imported_as_cloudformation_tells_them_apart() -> None:
    assert [each["ResourceIdentifier"] for each in identifiers(DOCUMENT, LEFTOVERS)] == [
        {"BucketName": "media"}, {"TableName": "dlambda-items"}, {"Id": "arn:1"},
    ]  # fmt: skip
    imported = import_template(DOCUMENT, LEFTOVERS)
    assert imported["Description"] == DOCUMENT["Description"]  # by which the stack is told from other ones
    assert imported["Resources"].keys() == LEFTOVERS.keys()
    text = json.dumps(imported)
    assert not {each for each in DOCUMENT["Parameters"] if f'"Ref": "{each}"' in text}


def test_whatever_is_kept_can_be_imported() -> None:
    kinds = {each["Type"] for each in kept_resources(DOCUMENT).values()}
    assert kinds == {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"}
    assert import_template(DOCUMENT, kept_resources(DOCUMENT))["Resources"] == kept_resources(DOCUMENT)


def test_a_stack_is_made_of_what_is_there() -> None:
    """CloudFormation gets what its API takes, in the order that an import has."""
    client = boto3.client("cloudformation", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
    change_set = {"StackName": "dlambda", "ChangeSetName": "adopt"}
    at = datetime(2026, 11, 30, tzinfo=UTC)
    imported = {
        "ChangeSetType": "IMPORT",
        "TemplateBody": json.dumps(import_template(DOCUMENT, LEFTOVERS)),
        "ResourcesToImport": identifiers(DOCUMENT, LEFTOVERS),
    }
    assert len(imported["TemplateBody"]) < 51_200  # what a request may carry
    with Stubber(client) as stubber:
        stubber.add_response("create_change_set", {}, {**change_set, **imported})
        stubber.add_response("describe_change_set", {"Status": "CREATE_COMPLETE"}, change_set)
        stubber.add_response("execute_change_set", {}, change_set)
        stack = {"StackName": "dlambda", "CreationTime": at, "StackStatus": "IMPORT_COMPLETE"}
        stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "dlambda"})
        adopt(SimpleNamespace(client=lambda _service: client), "dlambda", DOCUMENT, LEFTOVERS)
        stubber.assert_no_pending_responses()
