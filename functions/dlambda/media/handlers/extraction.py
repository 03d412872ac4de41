"""Rows that a recipe finds in a page (tasks.md 7.4). Pure, and as slow as its expressions: see expressions.py.

An expression that fails or cannot be read finds nothing. A row is a map of field name to text.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import jmespath
from cssselect import SelectorError
from jmespath.exceptions import JMESPathError
from parsel import Selector

from dlambda.domain.rules.pattern import MULTI_LINE_DOT_ALL, best_group, compile_pattern, find_all, group
from dlambda.domain.tasks.expression import as_jmespath
from dlambda.domain.tasks.post_filter import post_filtered
from dlambda.domain.tasks.recipe import Container, PostFilter, Recipe, Rule
from dlambda.errors import Invalid
from dlambda.media.handlers.texts import page_text, parse_json

Row = dict[str, str]
_REGEX_SECONDS: Final = 5.0
_URL: Final = "url"
_TEXT: Final = frozenset({"text", "inner_text"})
_NO_BASES: Final = ("data:", "javascript:")
_MARKUP: Final = frozenset({"html", "outer_html"})


@dataclass(frozen=True)
class Found:
    """The rows of a page, and the `href` of its `base` element; `""` where it has none that counts."""

    rows: list[Row]
    base: str = ""


def extract_rows(recipe: Recipe, body: bytes, content_type: str, limit: int) -> Found:
    """The first `limit` rows of a page, each with a `url`. Raises `Invalid` when the body cannot be read."""
    if not body.strip():
        raise Invalid("Received empty response body.")
    if recipe.response.type == "json":
        return Found(list(islice(_json_rows(recipe, _decode(body, content_type)), limit)))
    text = page_text(body, content_type)
    page = Selector(text=text, type="html")
    return Found(list(islice(_html_rows(recipe, page, text), limit)), _base_of(page))


def _decode(body: bytes, content_type: str) -> Any:
    try:
        return parse_json(body, content_type)
    except (ValueError, RecursionError):
        raise Invalid("Expected JSON response but decoding failed.") from None


# HTML


def _base_of(page: Selector) -> str:
    """The first `base` with an `href` counts, however wrong (HTML 4.2.3)."""
    href = (page.xpath("//base/@href").get() or "").strip()
    return "" if href.lower().startswith(_NO_BASES) else href


def _html_rows(recipe: Recipe, page: Selector, text: str) -> Iterator[Row]:
    items = recipe.parse.items
    if items is None:
        columns = {name: list(_html_values(rule, page, text, name)) for name, rule in recipe.parse.rules.items()}
        yield from _by_position(columns)
        return
    for node in _nodes(items, page):
        markup = node.get() or ""
        firsts = ((name, _first(_html_values(rule, node, markup, name))) for name, rule in items.fields.items())
        row = {name: value for name, value in firsts if value is not None}
        if _URL in row:
            yield row


def _by_position(columns: Mapping[str, list[str]]) -> Iterator[Row]:
    for index in range(len(columns[_URL])):
        yield {name: values[index] for name, values in columns.items() if index < len(values)}


def _nodes(items: Container, page: Selector) -> Iterable[Selector]:
    return _select(page, items.type, items.selector)


def _select(node: Selector, kind: str, expression: str) -> Iterable[Selector]:
    try:
        if kind == "css":
            return node.css(expression)
        return node.xpath(expression) if kind == "xpath" else ()
    except (ValueError, TypeError, SyntaxError, SelectorError):
        # parsel turns lxml's errors into ValueError; cssselect's are SyntaxErrors or its own.
        return ()


def _html_values(rule: Rule, node: Selector, markup: str, field: str) -> Iterator[str]:
    if rule.type == "regex":
        values: Iterable[str | None] = _regex_values(rule, markup)
    else:
        values = (_node_value(hit, rule.attribute, field) for hit in _select(node, rule.type, rule.expression))
    yield from _filter(values, rule.post_filter)


def _node_value(hit: Selector, attribute: str | None, field: str) -> str | None:
    if isinstance(hit.root, str):
        return hit.root
    if not hasattr(hit.root, "attrib"):
        return str(hit.get())
    attributes = {str(name).lower(): str(value) for name, value in hit.attrib.items()}
    if attribute is None:
        href = attributes.get("href") if field == _URL else None
        return href or _fold(hit) or str(hit.get())
    name = attribute.strip().lower()
    if name in _TEXT:
        return _fold(hit)
    if name in _MARKUP:
        return str(hit.get())
    return attributes.get(name)


def _fold(hit: Selector) -> str:
    return " ".join(str(hit.xpath("string()").get() or "").split())


def _regex_values(rule: Rule, text: str) -> Iterator[str | None]:
    try:
        pattern = compile_pattern(rule.expression, MULTI_LINE_DOT_ALL)
    except Invalid:
        return
    for match in find_all(pattern, text, _REGEX_SECONDS):
        if rule.attribute:
            try:
                yield group(match, rule.attribute)
            except KeyError:
                return
        else:
            yield best_group(match)


# JSON


def _json_rows(recipe: Recipe, data: Any) -> Iterator[Row]:
    items = recipe.parse.items
    if items is None:
        rules, nodes = recipe.parse.rules, [data]
    else:
        rules, nodes = items.fields, _json_nodes(items, data)
    for node in nodes:
        firsts = ((name, _first(_json_values(rule, node))) for name, rule in rules.items())
        row = {name: value for name, value in firsts if value is not None}
        if _URL in row:
            yield row


def _json_nodes(items: Container, data: Any) -> list[Any]:
    if items.type != "jsonpath":
        return []
    nodes = _search(items.selector, data)
    return nodes if isinstance(nodes, list) else [nodes] if isinstance(nodes, dict) else []


def _json_values(rule: Rule, node: Any) -> Iterator[str]:
    values: Iterable[str | None] = ()
    if rule.type == "regex":
        values = _regex_values(rule, json.dumps(node, ensure_ascii=False))
    elif rule.type == "jsonpath":
        value = _search(rule.expression, node)
        values = (_print(element) for element in (value if isinstance(value, list) else [value]))
    yield from _filter(values, rule.post_filter)


def _search(expression: str, data: Any) -> Any:
    """JMESPath, which users know here under the name of jsonpath."""
    try:
        return jmespath.search(as_jmespath(expression), data)
    except (JMESPathError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _print(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


# Both


def _filter(values: Iterable[str | None], post_filter: PostFilter | None) -> Iterator[str]:
    for value in values:
        text = post_filtered(value, post_filter) if value is not None else None
        if text is not None:
            yield text


def _first(values: Iterator[str]) -> str | None:
    return next(values, None)
