"""Makes what the template names in the engines of one machine, and reads what a start must know from the tables.

Plain requests instead of boto3: this runs in the supervisor at every start, and loading boto3 would cost half a second.
Our table engine reads the key from the signature without checking it, our media engine gets its bucket as a folder, and
our queue engine has its queues by itself. `local/foreign.py` does the same for services that are not ours.
"""

import http.client
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dlambda.domain.rules.resource import PRESETS
from local.engines import SocketConnection
from local.start_error import StartError
from local.template import REGION, STACK, Json, Table

_TIMEOUT_SECONDS = 10
_EXISTS = "ResourceInUseException"
_SIGNATURE = {
    "Authorization": (
        f"AWS4-HMAC-SHA256 Credential=test/20200101/{REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
    ),
    "X-Amz-Date": "20200101T000000Z",
}

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""Sends a request of a service: the name of the action and its body. Raises `StartError`."""


def own_tables(socket_path: str) -> Ask:
    """Requests to our own table engine, which serves a Unix socket."""

    def ask(action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return call_engine(socket_path, f"DynamoDB_20120810.{action}", body)

    return ask


def call_engine(socket_path: str, target: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Sends one request to an engine of ours; a table that exists already is no error. Raises `StartError`."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target, **_SIGNATURE}
    connection = SocketConnection(socket_path, _TIMEOUT_SECONDS)
    try:
        connection.request("POST", "/", json.dumps(body).encode(), headers)
        response = connection.getresponse()
        text = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise StartError(f"No answer from {socket_path}: {error}.") from None
    finally:
        connection.close()
    answer: dict[str, Any] = json.loads(text or b"{}")
    if response.status != 200 and _EXISTS not in str(answer.get("__type", "")):
        raise StartError(f"{target} was refused by {socket_path}: {text.decode(errors='replace')[:500]}")
    return answer


def make_tables(ask: Ask, tables: tuple[Table, ...]) -> None:
    """Makes those that are missing, and what those lack that an earlier version or a crash left behind."""
    there = set(ask("ListTables", {}).get("TableNames", ()))
    for table in tables:
        name = f"{STACK}-{table.name}"
        if name in there:
            add_indexes(ask, name, table.definition)
        else:
            ask("CreateTable", {"TableName": name, **table.definition})
        if table.ttl:
            set_ttl(ask, name, table.ttl)


def add_indexes(ask: Ask, name: str, definition: Mapping[str, Any]) -> None:
    """Gives a table the indexes that it lacks."""
    table = ask("DescribeTable", {"TableName": name})["Table"]
    indexes = list(table.get("GlobalSecondaryIndexes", ()))
    existing_names = {index["IndexName"] for index in indexes}
    for index in definition.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] not in existing_names:  # one a request, as DynamoDB wants it
            indexes.append(index)
            definitions = (*table["AttributeDefinitions"], *definition["AttributeDefinitions"])
            change = {
                "TableName": name,
                "AttributeDefinitions": key_attributes(definitions, table["KeySchema"], indexes),
                "GlobalSecondaryIndexUpdates": [{"Create": index}],
            }
            ask("UpdateTable", change)


def key_attributes(definitions: Iterable[Json], key_schema: list[Json], indexes: Iterable[Json]) -> list[Json]:
    """The definitions of exactly the attributes that are keys of a table or of its indexes: DynamoDB refuses others."""
    by_name = {definition["AttributeName"]: definition for definition in definitions}
    schemas = [key_schema, *(index["KeySchema"] for index in indexes)]
    return [by_name[name] for name in dict.fromkeys(key["AttributeName"] for schema in schemas for key in schema)]


def set_ttl(ask: Ask, name: str, attribute: str) -> None:
    """Has a table forget rows whose `attribute`, unix seconds, has passed."""
    description = ask("DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]
    if description.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        ttl = {"AttributeName": attribute, "Enabled": True}
        ask("UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": ttl})


def ids_of_keys(ask: Ask, prefix: str) -> dict[str, str]:
    """The API keys that there are: name -> id. `prefix` stands before the names of tables."""
    query = {
        "TableName": f"{prefix}keys",
        "KeyConditionExpression": "kind = :names",
        "ExpressionAttributeValues": {":names": {"S": "names"}},
        "ProjectionExpression": "id, key_id",
    }
    rows = ask("Query", query)["Items"]
    return {row["id"]["S"]: row["key_id"]["S"] for row in rows}


def keys_of_presets(ask: Ask, prefix: str) -> set[str]:
    """The presets of clients, by the form of their names that look-ups go by."""
    query = {
        "TableName": f"{prefix}resources",
        "KeyConditionExpression": "kind = :presets",
        "ExpressionAttributeValues": {":presets": {"S": PRESETS.feature}},
        "ProjectionExpression": "name_key",
    }
    return {row["name_key"]["S"] for row in ask("Query", query)["Items"]}
