"""Makes what the template names in the engines: tables, queues, the bucket.

Plain requests instead of boto3: this runs in the supervisor at every start, and loading boto3 would cost half a second.
The engines (and LocalStack) read the key from the signature without checking it; the media engine, which does check,
gets its bucket as a folder.

An `endpoint` is an engine's Unix socket (a path) or a foreign cloud's URL.
"""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from dlambda.domain.rules.resource import PRESETS
from local.engines import SocketConnection
from local.start_error import StartError
from local.template import REGION, STACK, Map, Queue, Table

_TIMEOUT_SECONDS = 10
_EXISTS = ("ResourceInUseException", "BucketAlreadyOwnedByYou", "QueueAlreadyExists", "QueueNameExists")


def _ask(
    endpoint: str, method: str, path: str, service: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, bytes]:
    scope = f"test/20200101/{REGION}/{service}/aws4_request"
    signed = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "X-Amz-Date": "20200101T000000Z",
    }
    connection = _connection(endpoint)
    try:
        connection.request(method, path, body, {**headers, **signed})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError as error:
        raise StartError(f"No answer from {endpoint}: {error}.") from None
    finally:
        connection.close()


def _connection(endpoint: str) -> http.client.HTTPConnection:
    if endpoint.startswith("/"):
        return SocketConnection(endpoint, _TIMEOUT_SECONDS)
    where = urlsplit(endpoint)
    return http.client.HTTPConnection(where.hostname or "", where.port, timeout=_TIMEOUT_SECONDS)


def _call(endpoint: str, service: str, target: str, version: str, body: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": target}
    status, text = _ask(endpoint, "POST", "/", service, headers, json.dumps(body).encode())
    answer: dict[str, Any] = json.loads(text or b"{}")
    if status != 200 and not any(code in str(answer.get("__type", "")) for code in _EXISTS):
        raise StartError(f"{target} was refused by {endpoint}: {text.decode(errors='replace')[:500]}")
    return answer


def make_tables(endpoint: str, tables: tuple[Table, ...]) -> None:
    """Makes those that are missing, and what those lack that an earlier version or a crash left behind."""
    there = set(_tables(endpoint, "ListTables", {}).get("TableNames", ()))
    for table in tables:
        name = f"{STACK}-{table.name}"
        if name in there:
            _add_indexes(endpoint, name, table.definition)
        else:
            _tables(endpoint, "CreateTable", {"TableName": name, **table.definition})
        if table.ttl:
            _set_ttl(endpoint, name, table.ttl)


def _tables(endpoint: str, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return _call(endpoint, "dynamodb", f"DynamoDB_20120810.{action}", "1.0", body)


def _add_indexes(endpoint: str, name: str, definition: Mapping[str, Any]) -> None:
    indexes = _tables(endpoint, "DescribeTable", {"TableName": name})["Table"].get("GlobalSecondaryIndexes", ())
    existing_names = {index["IndexName"] for index in indexes}
    for index in definition.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] not in existing_names:  # one a request, as DynamoDB wants it
            change = {
                "TableName": name,
                "AttributeDefinitions": definition["AttributeDefinitions"],
                "GlobalSecondaryIndexUpdates": [{"Create": index}],
            }
            _tables(endpoint, "UpdateTable", change)


def _set_ttl(endpoint: str, name: str, attribute: str) -> None:
    description = _tables(endpoint, "DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]
    if description.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        ttl = {"AttributeName": attribute, "Enabled": True}
        _tables(endpoint, "UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": ttl})


def ids_of_keys(endpoint: str) -> dict[str, str]:
    """The API keys that there are: name -> id."""
    query = {
        "TableName": f"{STACK}-keys",
        "KeyConditionExpression": "kind = :names",
        "ExpressionAttributeValues": {":names": {"S": "names"}},
        "ProjectionExpression": "id, key_id",
    }
    rows = _tables(endpoint, "Query", query)["Items"]
    return {row["id"]["S"]: row["key_id"]["S"] for row in rows}


def keys_of_presets(endpoint: str) -> set[str]:
    """The presets of clients, by the form of their names that look-ups go by."""
    query = {
        "TableName": f"{STACK}-resources",
        "KeyConditionExpression": "kind = :presets",
        "ExpressionAttributeValues": {":presets": {"S": PRESETS.feature}},
        "ProjectionExpression": "name_key",
    }
    return {row["name_key"]["S"] for row in _tables(endpoint, "Query", query)["Items"]}


def make_queues(endpoint: str, queues: tuple[Queue, ...]) -> None:
    """In a foreign cloud: makes those that are missing, dead-letter queues first. Our engine has them by itself."""
    for queue in queues:
        _call(endpoint, "sqs", "AmazonSQS.CreateQueue", "1.0", queue.definition())


def make_bucket(endpoint: str) -> None:
    """In a foreign cloud; ours is a folder."""
    status, text = _ask(endpoint, "PUT", f"/{STACK}", "s3", {}, b"")
    if status != 200 and not any(code.encode() in text for code in _EXISTS):
        raise StartError(f"The bucket {STACK} was refused by {endpoint}: {text.decode(errors='replace')[:500]}")


def make_all(endpoint: str, plan: Map) -> None:
    """Makes tables, queues and the bucket at one address."""
    make_tables(endpoint, plan.tables)
    make_queues(endpoint, plan.queues)
    make_bucket(endpoint)
