"""asyncapi.json is valid, and has each message that passes `/ws`."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft7Validator

from dlambda.domain.events.event import INTERNAL, Name
from events.on_socket.messages import HANDLERS
from local import asyncapi
from local.api_document import events

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "functions/endpoints/system/asyncapi.json").read_text(encoding="utf-8"))
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]


def schema_of_asyncapi() -> dict[str, Any]:
    """The schema of AsyncAPI 3, which `make` puts beside the other tools."""
    tools = Path(os.environ.get("DLAMBDA_TOOLS_DIR") or ROOT / ".tools" / "bin").parent
    path = tools / "asyncapi/node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def references(value: Any) -> set[str]:
    return set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(value)))


def test_it_is_what_the_code_says() -> None:
    assert asyncapi.document() == DOCUMENT, "run `make openapi`"


def test_it_is_valid() -> None:
    errors = [
        f"{list(error.instance_path)}: {error.message}"
        for error in Draft7Validator(schema_of_asyncapi()).iter_errors(DOCUMENT)
    ]
    assert errors == []


def test_all_that_it_refers_to_is_there() -> None:
    for reference in references(DOCUMENT):
        part: Any = DOCUMENT
        for name in reference.split("/"):
            part = part[name]


def test_all_events_that_clients_hear_of_are_described() -> None:
    assert set(events.SENT) == set(Name) - INTERNAL
    assert {made.name for made in events.examples()} == set(events.SENT)
    assert {f"send_{name}" for name in events.SENT} <= DOCUMENT["operations"].keys()


def test_all_messages_that_are_handled_are_described() -> None:
    assert set(events.RECEIVED) == set(HANDLERS)


def test_it_has_the_names_of_the_contract() -> None:
    text = (ROOT / "docs/contract/websocket.md").read_text(encoding="utf-8")
    sent = re.search(r"Sent to clients \(\d+\): `([^`]+)`", text)
    assert sent
    received = re.findall(r"^\| `(\w+)` \|", text.partition("## 4.")[2].partition("| Problem")[0], re.MULTILINE)
    assert MESSAGES.keys() == {*sent[1].split(), *received}


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_examples_fit(name: str) -> None:
    validator = Draft7Validator({**MESSAGES[name]["payload"], "components": DOCUMENT["components"]})
    [example] = MESSAGES[name]["examples"]
    assert [error.message for error in validator.iter_errors(example["payload"])] == []
