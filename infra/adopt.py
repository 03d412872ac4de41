"""Gives a stack that is made again what an earlier one of its name left behind: tables, bucket, secrets.

What users made outlives its stack (`DeletionPolicy: Retain`), and tables have fixed names, so that a second stack of
the same name could not be created. CloudFormation imports them first, into a stack that has nothing else; the
deployment then goes on as an update. Each is known by the tags that CloudFormation leaves on it.
"""

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any, Final

from botocore import xform_name
from botocore.exceptions import ClientError

from local.provision import Ask, add_indexes, set_ttl
from local.template import Table

Json = dict[str, Any]

_STACK_TAG, _LOGICAL_TAG = "aws:cloudformation:stack-name", "aws:cloudformation:logical-id"
# Type -> the property that CloudFormation tells resources apart by.
_IDENTIFIERS: Final = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SecretsManager::Secret": "Id",
}
_CHANGE_SET = "adopt"
_PAUSE_SECONDS = 5.0  # an index of many rows takes minutes


def kept_resources(document: Mapping[str, Any]) -> Json:
    """Logical id -> resource, of those that outlive their stack."""
    return {name: each for name, each in document["Resources"].items() if each.get("DeletionPolicy") == "Retain"}


def find_leftovers(session: Any, stack: str, document: Mapping[str, Any]) -> dict[str, str]:
    """Logical id -> name or ARN, of what a stack of this name left behind in the account's region."""
    resources = kept_resources(document)
    leftovers = {logical: name for logical, name in _tagged(session, stack) if logical in resources}
    tables = session.client("dynamodb").get_paginator("list_tables").paginate()
    names = {name for page in tables for name in page["TableNames"]}
    for logical, resource in resources.items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            name = str(resource["Properties"]["TableName"]["Fn::Sub"]).replace("${AWS::StackName}", stack)
            if name in names:  # also one that was restored, which has no tags
                leftovers[logical] = name
    return leftovers


def _tagged(session: Any, stack: str) -> Iterator[tuple[str, str]]:
    """Logical id and name of the secrets and buckets that carry the stack's tag, the oldest of each last.

    A creation that failed leaves others behind, which hold nothing.
    """
    pages = session.client("secretsmanager").get_paginator("list_secrets")
    filters = [{"Key": "tag-key", "Values": [_STACK_TAG]}]
    secrets = [secret for page in pages.paginate(Filters=filters) for secret in page["SecretList"]]
    for secret in sorted(secrets, key=itemgetter("CreatedDate"), reverse=True):
        yield from _of_stack(secret.get("Tags", ()), stack, secret["ARN"])
    s3 = session.client("s3")
    for bucket in sorted(s3.list_buckets()["Buckets"], key=itemgetter("CreationDate"), reverse=True):
        try:
            tags = s3.get_bucket_tagging(Bucket=bucket["Name"])["TagSet"]
        except ClientError:  # it has none, or is another region's or not ours to look at
            continue
        yield from _of_stack(tags, stack, bucket["Name"])


def _of_stack(tags: Iterable[Mapping[str, str]], stack: str, name: str) -> Iterator[tuple[str, str]]:
    values = {tag["Key"]: tag["Value"] for tag in tags}
    if values.get(_STACK_TAG) == stack and _LOGICAL_TAG in values:
        yield values[_LOGICAL_TAG], name


def import_template(document: Mapping[str, Any], leftovers: Iterable[str]) -> Json:
    """A template of these resources alone, as an import wants it: they are as they were, and need no parameter."""
    resources = kept_resources(document)
    return {"AWSTemplateFormatVersion": document["AWSTemplateFormatVersion"], "Description": document["Description"],
            "Resources": {logical: resources[logical] for logical in sorted(leftovers)}}  # fmt: skip


def identifiers(document: Mapping[str, Any], leftovers: Mapping[str, str]) -> list[Json]:
    """`ResourcesToImport` of the change set."""
    resources = kept_resources(document)
    return [
        {
            "ResourceType": (kind := resources[logical]["Type"]),
            "LogicalResourceId": logical,
            "ResourceIdentifier": {_IDENTIFIERS[kind]: name},
        }
        for logical, name in sorted(leftovers.items())
    ]


def complete_tables(session: Any, names: Collection[str], tables: Iterable[Table], stack: str) -> None:
    """Gives the stack's tables among `names` what a restored or imported one lacks: indexes, expiry, recovery.

    CloudFormation takes an imported table for what the template says, and would change nothing of it.
    """
    ask = ask_tables(session.client("dynamodb"))
    for table in tables:
        name = f"{stack}-{table.name}"
        if name not in names:
            continue
        add_indexes(ask, name, table.definition)
        if table.ttl:
            set_ttl(ask, name, table.ttl)
        backups = ask("DescribeContinuousBackups", {"TableName": name})["ContinuousBackupsDescription"]
        if backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
            recovery = {"PointInTimeRecoveryEnabled": True}
            ask("UpdateContinuousBackups", {"TableName": name, "PointInTimeRecoverySpecification": recovery})


def ask_tables(client: Any) -> Ask:
    """Asks DynamoDB; a changed table is changed when that returns, as it takes no second change before."""

    def ask(operation: str, fields: Mapping[str, Any]) -> Json:
        answer: Json = getattr(client, xform_name(operation))(**fields)
        while operation == "UpdateTable" and not _is_settled(client, fields["TableName"]):
            time.sleep(_PAUSE_SECONDS)
        return answer

    return ask


def _is_settled(client: Any, name: str) -> bool:
    table = client.describe_table(TableName=name)["Table"]
    statuses = {table["TableStatus"], *(index["IndexStatus"] for index in table.get("GlobalSecondaryIndexes", ()))}
    return statuses == {"ACTIVE"}


def adopt(session: Any, stack: str, document: Mapping[str, Any], leftovers: Mapping[str, str]) -> None:
    """Makes the stack of what is there. Raises `WaiterError` when CloudFormation refuses."""
    formation = session.client("cloudformation")
    formation.create_change_set(
        StackName=stack,
        ChangeSetName=_CHANGE_SET,
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(import_template(document, leftovers)),
        ResourcesToImport=identifiers(document, leftovers),
    )
    formation.get_waiter("change_set_create_complete").wait(StackName=stack, ChangeSetName=_CHANGE_SET)
    formation.execute_change_set(StackName=stack, ChangeSetName=_CHANGE_SET)
    formation.get_waiter("stack_import_complete").wait(StackName=stack)
