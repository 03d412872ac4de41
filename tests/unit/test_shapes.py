"""The comparison of two servers' answers (`tests/dialects`)."""

from typing import Any

import pytest

from tests.dialects.shape import Difference, differences, join, shape
from tests.dialects.traveller import pick


def test_a_shape_has_the_types_of_each_path() -> None:
    value = {"queue": {"3f0c8a52-9d5e-4c1e-8a53-0a9b0c6f2d11": {"eta": 1.5}}, "items": [{"a": None}, {"a": "x"}]}

    assert shape(value) == {
        ".": {"object"},
        "queue": {"object"},
        "queue.*": {"object"},
        "queue.*.eta": {"number"},
        "items": {"array"},
        "items.*": {"object"},
        "items.*.a": {"null", "text"},
    }


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        ({"a": 1}, {"a": 2}, []),
        ({"a": 1}, {"a": 1, "b": 2}, [("more", "b", "-", "number")]),
        ({"a": 1, "b": {"c": 2}}, {"a": 1}, [("missing", "b", "object", "-")]),
        ({"a": 1}, {"a": "1"}, [("type", "a", "number", "text")]),
        ({"a": {"b": 1}}, {"a": [{"b": 1}]}, [("type", "a", "object", "array")]),
        ({"a": None}, {}, [("null", "a", "null", "-")]),
        ({"a": None}, {"a": 1}, [("null", "a", "null", "number")]),
        ({"a": [1, None]}, {"a": [1]}, [("null", "a.*", "null|number", "number")]),
        ([], {}, [("type", ".", "array", "object")]),
    ],
)
def test_differences_tell_what_a_client_sees_otherwise(theirs: Any, ours: Any, expected: list[Any]) -> None:
    assert differences(shape(theirs), shape(ours)) == [Difference(*row) for row in expected]


def test_shapes_of_several_events_are_joined() -> None:
    joined = join(shape({"speed": None}), shape({"speed": 1}))

    assert joined["speed"] == {"null", "number"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [("items.*.id", 1), ("queue.*.id", 4), ("page", 3)],
)
def test_a_step_keeps_what_lies_at_a_path(path: str, expected: int) -> None:
    value = {"items": [{"id": 1}, {"id": 2}], "queue": {"a": {"id": 3}, "b": {"id": 4}}, "page": 3}

    assert pick(value, path) == expected


@pytest.mark.parametrize("path", ["items.*.id", "nosuch", "page.more"])
def test_a_path_that_leads_nowhere_is_told(path: str) -> None:
    with pytest.raises(LookupError):
        pick({"items": [], "page": 1}, path)
