"""Indexes reach a running stack one at a time: infra/indexes.py."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.deploy import updates
from infra.indexes import ChangedIndexError, steps_before, steps_with
from local import template

Json = dict[str, Any]


def index(name: str, *keys: str) -> Json:
    kinds = ("HASH", "RANGE")
    schema = [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)]
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "KEYS_ONLY"}}


def table(*indexes: Json) -> Json:
    attributes = {"id", *(key["AttributeName"] for entry in indexes for key in entry["KeySchema"])}
    properties = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in sorted(attributes)],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        **({"GlobalSecondaryIndexes": [*indexes]} if indexes else {}),
    }
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties}


def document(version: str, **tables: Json) -> Json:
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": version,
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, **tables},
    }


def names(document: Json) -> dict[str, list[str]]:
    return {
        name: [entry["IndexName"] for entry in resource["Properties"].get("GlobalSecondaryIndexes", [])]
        for name, resource in document["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }


OLD = document("old", A=table(index("a", "x")), B=table(), Gone=table(index("g", "x")))
NEW = document("new", A=table(index("a", "x"), index("b", "y", "id"), index("c", "z", "x")), B=table(index("d", "id")),
               Fresh=table(index("e", "x"), index("f", "y")))  # fmt: skip


def test_each_update_brings_a_table_one_index_at_most() -> None:
    before = [*steps_before(OLD, NEW)]
    assert [names(step) for step in before] == [
        {"A": ["a", "b"], "B": ["d"], "Gone": ["g"]},
        {"A": ["a", "b", "c"], "B": ["d"], "Gone": ["g"]},
    ]
    assert {step["Description"] for step in before} == {"old"}
    assert [*steps_with(before[-1], NEW)] == [NEW]
    assert [*steps_before(before[-1], NEW)] == []


def test_what_a_version_no_longer_asks_goes_after_it() -> None:
    assert [*steps_before(NEW, OLD)] == []
    steps = [*steps_with(NEW, OLD)]
    assert [names(step)["A"] for step in steps] == [["a", "b", "c"], ["a", "c"], ["a"]]
    assert {step["Description"] for step in steps} == {"old"}
    assert steps[-1] == OLD
    for earlier, later in pairwise([NEW, *steps]):
        for name in ("A", "B"):
            assert len({*names(earlier)[name]} ^ {*names(later)[name]}) <= 1


@pytest.mark.parametrize("step", [*steps_before(OLD, NEW), *steps_with(NEW, OLD)], ids=lambda step: step["Description"])
def test_attributes_are_those_of_the_keys(step: Json) -> None:
    for name in names(step):
        properties = step["Resources"][name]["Properties"]
        schemas = [
            properties["KeySchema"],
            *(entry["KeySchema"] for entry in properties.get("GlobalSecondaryIndexes", [])),
        ]
        defined = [entry["AttributeName"] for entry in properties["AttributeDefinitions"]]
        assert sorted(defined) == sorted({key["AttributeName"] for schema in schemas for key in schema})


def test_an_index_does_not_become_another_one() -> None:
    with pytest.raises(ChangedIndexError, match="The index a of A changes"):
        [*steps_before(OLD, document("new", A=table(index("a", "y")), B=table()))]


def test_updates_are_templates_beside_the_built_one(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(yaml.safe_dump(NEW))
    files = updates(OLD, tmp_path)
    assert [(file.name, is_new) for file, is_new in files] == [
        ("step-1.json", False), ("step-2.json", False), ("template.yaml", True),
    ]  # fmt: skip
    assert [template.load(file) for file, _ in files] == [*steps_before(OLD, NEW), NEW]
    assert updates(None, tmp_path) == updates(NEW, tmp_path) == [(tmp_path / "template.yaml", True)]


def test_the_template_leads_to_itself_at_once() -> None:
    today = template.load()
    assert [*steps_before(today, today)] == []
    assert [*steps_with(today, today)] == [today]
