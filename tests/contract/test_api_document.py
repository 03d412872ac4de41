"""openapi.json is valid, complete, and fit for generated clients."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, Registry
from openapi_spec_validator import validate

from dlambda.domain.items.item import Item
from local.api_document.operations import operations

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "functions/endpoints/system/openapi.json").read_text(encoding="utf-8")
)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = [(f"{method} {path}", operation) for method, path, operation in operations(DOCUMENT["paths"])]
# Validators find the components here: one that holds all of them takes a hundred times as long to make.
REGISTRY = Registry([("urn:api", {"components": DOCUMENT["components"]})])
# Nothing is sent with these.
WITHOUT_BODY = {
    "post /api/auth/logout", "post /api/auth/ws-ticket", "post /api/history/{id}/archive", "post /api/logs/level/{level}", "post /api/notifications/test", "post /api/system/check-updates", "post /api/system/yt-dlp/update", "post /api/system/pause",
    "post /api/system/resume", "post /api/system/shutdown", "post /api/tasks/{id}/mark", "post /api/tasks/{id}/metadata",
}  # fmt: skip


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_titles_are_the_names_of_the_schemas() -> None:
    """Generated clients name their classes after titles: two of one title lose one of the two."""
    assert {name: schema["title"] for name, schema in SCHEMAS.items()} == {name: name for name in SCHEMAS}


def test_operations_have_names_that_a_person_would_choose() -> None:
    names = [operation["operationId"] for _, operation in OPERATIONS]
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", name)] == []
    assert len(set(names)) == len(names)
    assert [name for name in names if "_api_" in name and name != "get_api_reference"] == []


def test_what_changes_something_says_what_it_is_sent() -> None:
    silent = {name for name, operation in OPERATIONS if name.startswith("p") and "requestBody" not in operation}
    assert silent == WITHOUT_BODY


def test_bodies_have_no_defaults() -> None:
    """Generated clients would send them: with PATCH each undoes what it names."""
    bodies = [operation["requestBody"] for _, operation in OPERATIONS if "requestBody" in operation]
    names = set(re.findall(r"schemas/(\w+)", json.dumps(bodies)))
    with_defaults = [
        f"{name}.{field}"
        for name in sorted(names)
        for field, schema in SCHEMAS[name].get("properties", {}).items()
        if "default" in schema
    ]
    assert with_defaults == []
    assert "default: `true`" in SCHEMAS["RequestItem"]["properties"]["auto_start"]["description"]


def test_no_schema_is_another_name_of_one() -> None:
    assert [name for name, schema in SCHEMAS.items() if "$ref" in schema] == []


def test_no_schema_is_named_after_an_array_in_it() -> None:
    """The Python generator calls both by one name in the same function."""

    def bare(name: str) -> str:
        return re.sub(r"[_ ]", "", name).lower()

    same = {
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, part in schema.get("properties", {}).items()
        if part.get("type") == "array" and bare(name) == bare(field)
    }
    assert same == set()


def test_answers_name_their_media_types() -> None:
    silent = {
        f"{name} {status}"
        for name, operation in OPERATIONS
        for status, answer in operation["responses"].items()
        if status.startswith("2") and status != "204" and not answer.get("content")
    }
    assert silent == set()


def contents() -> list[tuple[str, dict[str, Any]]]:
    """Every JSON body and answer."""
    parts = []
    for name, operation in OPERATIONS:
        for kind, part in [("body", operation.get("requestBody", {})), *operation["responses"].items()]:
            if media := part.get("content", {}).get("application/json"):
                parts.append((f"{name} {kind}", media))
    return parts


CONTENTS = contents()


@pytest.mark.parametrize("media", [media for _, media in CONTENTS], ids=[name for name, _ in CONTENTS])
def test_each_body_and_answer_has_a_schema_and_an_example_that_fits(media: dict[str, Any]) -> None:
    schema = media["schema"]
    assert schema.keys() - {"title", "description"}, "an empty schema says nothing"
    absolute = json.loads(json.dumps(schema).replace('"#/components/', '"urn:api#/components/'))
    validator = Draft202012Validator(absolute, registry=REGISTRY)
    errors = [error.message for error in validator.iter_errors(media["example"])]
    assert errors == []


def test_examples_are_those_that_fields_declare() -> None:
    item = SCHEMAS["ItemView"]["properties"]
    assert item["title"]["examples"] == ["Harbour at dawn"]
    bodies = {name: part["example"] for name, part in CONTENTS}
    assert bodies["post /api/conditions body"]["filter"] == "duration > 3600"
    assert bodies["patch /api/conditions/{id} body"]["filter"] == "duration > 3600"


def test_repeats_of_what_creates_are_described() -> None:
    responses = dict(OPERATIONS)["post /api/history"]["responses"]
    assert {"409", "422"} <= responses.keys()


def test_an_item_is_described_whole() -> None:
    item = Item(id="a", url="https://example.com/", title="A", preset="default", timestamp=0, stored_at=0)
    assert set(SCHEMAS["ItemView"]["properties"]) == set(item.view)


def test_an_add_is_described() -> None:
    body = SCHEMAS["AddBody"]
    assert {"RequestItem"} <= set(re.findall(r"schemas/(\w+)", json.dumps(body)))
    assert {"url", "preset", "folder", "cookies", "template", "cli", "auto_start", "extras"} <= set(
        SCHEMAS["RequestItem"]["properties"]
    )
    assert "_id" in SCHEMAS["Accepted"]["properties"]
