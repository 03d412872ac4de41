"""The tables of the template are those that the store's rows name, with their keys, indexes and expiry."""

import importlib
import pkgutil
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from dlambda import store
from dlambda.store.table import Row
from local.template import ROOT, load, read

for module in pkgutil.walk_packages(store.__path__, "dlambda.store."):
    importlib.import_module(module.name)

TABLES = {table.name: table for table in read().tables}
# A row whose table name is already completed with the prefix belongs to the same table.
ROWS = {row.Meta.table_name.removeprefix("dlambda-"): row for row in Row.__subclasses__() if row.Meta.table_name}


def keys(schema: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {each["AttributeName"]: each["KeyType"] for each in schema}


def test_every_row_has_a_table_and_every_table_a_row() -> None:
    assert set(TABLES) == set(ROWS)


@pytest.mark.parametrize("name", sorted(set(ROWS) & set(TABLES)))
def test_keys_and_indexes_are_the_same(name: str) -> None:
    row = ROWS[name]._get_schema()
    definition = TABLES[name].definition
    assert keys(definition["KeySchema"]) == keys(row["key_schema"])
    assert {each["IndexName"]: keys(each["KeySchema"]) for each in definition.get("GlobalSecondaryIndexes", ())} == {
        each["index_name"]: keys(each["key_schema"]) for each in row["global_secondary_indexes"]
    }
    types = {each["AttributeName"]: each["AttributeType"] for each in definition["AttributeDefinitions"]}
    assert types == {each["AttributeName"]: each["AttributeType"] for each in row["attribute_definitions"]}


@pytest.mark.parametrize("name", sorted(set(ROWS) & set(TABLES)))
def test_what_expires_has_the_attribute_that_says_when(name: str) -> None:
    has = "expires_at" in ROWS[name].get_attributes()
    assert TABLES[name].ttl == ("expires_at" if has else "")


def test_only_what_comes_back_by_itself_goes_with_the_stack() -> None:
    """What users made is retained; leases, sockets, caches and tasks of the key API are not."""
    tables = {
        name: {each["DeletionPolicy"], each["UpdateReplacePolicy"]}
        for name, each in load()["Resources"].items()
        if each["Type"] == "AWS::DynamoDB::Table"
    }
    going = {"CacheTable", "ConnectionsTable", "LeasesTable", "OrdersTable"}
    assert tables == {name: {"Delete"} if name in going else {"Retain"} for name in tables}


def test_a_copy_has_every_table_that_is_kept() -> None:
    """As docs/how-to/deploy-to-aws.md lists them, for copies and for what is restored."""
    tables = {table["Properties"]["TableName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
            for table in load()["Resources"].values()
            if table["Type"] == "AWS::DynamoDB::Table" and table["DeletionPolicy"] == "Retain"}  # fmt: skip
    lists = re.findall(r"^for table in (.+); do$", (ROOT / "docs/how-to/deploy-to-aws.md").read_text(), re.MULTILINE)
    assert len(lists) == 3
    for names in lists:
        assert set(names.split()) == tables
