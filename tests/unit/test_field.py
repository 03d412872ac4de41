"""docs/contract/rules.md 5."""

from typing import Any

import pytest

from dlambda.domain.rules.body import read, read_change
from dlambda.domain.rules.field import DownloadFieldInput
from dlambda.errors import ValidationFailed

TEXT = "Failed to validate dl field."


def test_all_fields_are_kept() -> None:
    body = {
        "name": "quality",
        "field": "--format",
        "kind": "string",
        "order": 1,
        "extras": {"options": ["best", "worst"]},
    }
    assert read(DownloadFieldInput, body, text=TEXT) == {**body, "description": "", "icon": "", "value": ""}


def test_defaults() -> None:
    assert read(DownloadFieldInput, {"name": "a", "field": "title"}, text=TEXT) == {
        "name": "a", "field": "title", "description": "", "kind": "text", "icon": "", "order": 0, "value": "", "extras": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "loc", "msg"),
    [
        ({"field": "--a b"}, "field", "Value error, Field must not contain spaces."),
        ({"field": ""}, "field", "String should have at least 1 character"),
        ({"name": ""}, "name", "Value error, Name cannot be empty."),
        ({"name": "x" * 256}, "name", "String should have at most 255 characters"),
        ({"order": "first"}, "order", "Value error, Order must be an integer."),
        ({"order": -1}, "order", "Value error, Order must be >= 0."),
        ({"extras": "x"}, "extras", "Value error, Extras must be a dictionary."),
        ({"kind": "number"}, "kind", "Input should be 'string', 'text' or 'bool'"),
    ],
)
def test_refusals(body: dict[str, Any], loc: str, msg: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read(DownloadFieldInput, {"name": "a", "field": "--a", **body}, text=TEXT)
    assert [(each["loc"], each["msg"]) for each in caught.value.extra["detail"]] == [([loc], msg)]


def test_an_update_of_one_field_keeps_the_rest() -> None:
    assert read_change(DownloadFieldInput, {"kind": "BOOL"}, text=TEXT) == {"kind": "bool"}
