"""Expressions of task definitions: refused when nothing can read them (docs/contract/tasks.md 7.3, 7.4)."""

from typing import Any

import pytest

from dlambda.domain.rules.body import read
from dlambda.domain.tasks.definition import DefinitionInput
from dlambda.domain.tasks.recipe import read_recipe
from dlambda.errors import ValidationFailed

URL_RULE = {"type": "css", "expression": "a", "attribute": "href"}


def save(parse: dict[str, Any]) -> dict[str, Any]:
    return read(DefinitionInput, {"name": "a", "definition": {"parse": parse}}, text="Failed.")


def field_problem(kind: str, expression: str) -> dict[str, Any]:
    """The one detail about the field `note`."""
    rules = {"url": URL_RULE, "note": {"type": kind, "expression": expression}}
    with pytest.raises(ValidationFailed) as caught:
        save({"items": {"selector": "li", "fields": rules}})
    detail: dict[str, Any]
    (detail,) = caught.value.extra["detail"]
    return detail


@pytest.mark.parametrize(
    ("kind", "expression", "why"),
    [
        ("css", "li::before", "pseudo-element ::before is unknown"),
        ("css", "li[class~=item", "Expected ']'"),
        ("css", "a:eq(1)", "pseudo-class :eq() is unknown"),
        ("css", "a,", "Expected selector"),
        ("css", "*:nth-of-type(2)", "not implemented"),
        ("css", ":not(" * 800 + "a" + ")" * 800, ""),
        ("xpath", "//[", "Invalid expression"),
        ("xpath", "//a[@href", "Invalid predicate"),
        ("xpath", "//a[ends-with(., 'x')]", "the function 'ends-with()' is not known"),
        ("xpath", "//svg:rect", "the prefix 'svg:' is not known"),
        ("xpath", "//a[$x]", "the variable '$x' is not known"),
        ("regex", "(", "missing )"),
        ("regex", "(?P<a", "missing >"),
        ("jsonpath", "a[", "Incomplete expression"),
        ("jsonpath", "data-items", "Unknown token '-'"),
        ("jsonpath", "nope(x)", "the function 'nope()' is not known"),
        ("jsonpath", "$..link", "of JSONPath what it shares with it"),
        ("jsonpath", "$['data']", "of JSONPath what it shares with it"),
        ("jsonpath", "$.items[?(@.x==1)]", "of JSONPath what it shares with it"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_field(kind: str, expression: str, why: str) -> None:
    detail = field_problem(kind, expression)
    assert detail["loc"][-1] == "note"
    assert f"The {kind} expression '{expression}' cannot be read: " in detail["msg"]
    assert why in detail["msg"]


@pytest.mark.parametrize(
    ("kind", "expression"),
    [
        ("css", "a::attr(href)"),
        ("css", "a::text"),
        ("css", "li:nth-child(2) > a:not(.x), b:contains('y')"),
        ("css", ":is(h1, h2) a:has(> img)"),
        ("xpath", ".//a[has-class('x') and re:test(@href, '^/v/')]/@href"),
        ("xpath", "set:distinct(//a/@href)"),
        ("xpath", "string(.//h2[contains(., 'not a call(')])"),
        ("xpath", "//a[position() mod (2) = 1]/following-sibling::b[lang('de')]/text()"),
        ("xpath", "//a[@title='$x svg:rect foo()']"),
        ("regex", r"(?s)(?<=a)(?P<x>.+?)\b"),
        ("jsonpath", "data.items[?id>`1`].link | [0]"),
        ("jsonpath", "sort_by(@, &id)[*].link"),
        ("jsonpath", "$.data.items[*].link"),
        ("jsonpath", "$"),
        ("jsonpath", '$."a-b"[0:2]'),
    ],
)
def test_what_can_be_read_is_kept(kind: str, expression: str) -> None:
    save({"url": URL_RULE, "note": {"type": kind, "expression": expression}})


def test_a_broken_selector_of_the_items_is_refused() -> None:
    with pytest.raises(ValidationFailed) as caught:
        save({"items": {"selector": "li[class~=item", "fields": {"url": URL_RULE}}})
    (detail,) = caught.value.extra["detail"]
    assert detail["loc"][-1] == "items"
    assert "'li[class~=item'" in detail["msg"]


def test_a_stored_definition_with_one_broken_field_still_runs() -> None:
    read_recipe({"parse": {"url": URL_RULE, "note": {"type": "css", "expression": "a[["}}})
