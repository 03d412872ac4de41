"""Task definitions: what is accepted, and which URL they serve (docs/contract/tasks.md 7.1-7.4)."""

from typing import Any

import pytest

from dlambda.domain.rules.body import read, read_change
from dlambda.domain.tasks.definition import Definition, DefinitionInput, find_match
from dlambda.domain.tasks.post_filter import post_filtered
from dlambda.domain.tasks.recipe import BrowserEngine, HttpEngine, PostFilter, read_recipe
from dlambda.domain.tasks.recipe_dialects import DEFAULT_BROWSER_URL
from dlambda.errors import Invalid, ValidationFailed
from tests.patience import must_end

RULE = {"type": "css", "expression": "a"}
PARSE = {"url": RULE}
TEXT = "Failed to validate task definition."
ITEMS = {"items": {"selector": ".card", "fields": {"url": RULE}}}


def details(body: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationFailed, match=r"Failed to validate task definition\.") as caught:
        read(DefinitionInput, {"name": "a", "definition": {"parse": PARSE}} | body, text=TEXT)
    return [detail["msg"] for detail in caught.value.extra["detail"]]


def refusal(**document: Any) -> str:
    with pytest.raises(Invalid) as caught:
        read_recipe({"parse": PARSE} | document)
    return caught.value.message


@pytest.mark.parametrize(
    ("body", "msg"),
    [
        ({"priority": "high"}, "Value error, Priority must be an integer."),
        ({"priority": True}, "Value error, Priority must be an integer."),
        ({"priority": 1.5}, "Value error, Priority must be an integer."),
        ({"priority": -1}, "Value error, Priority must be >= 0."),
        ({"match_url": "https://*"}, "Value error, match_url must be a list"),
        ({"match_url": [" "]}, "Value error, match_url items cannot be empty"),
        (
            {"definition": {"parse": PARSE, "request": {"headers": {"X Name": "x"}}}},
            "Value error, Invalid header name 'X Name'.",
        ),
        (
            {"definition": {"parse": PARSE, "request": {"headers": {"": "x"}}}},
            "Value error, Invalid header name ''.",
        ),
        (
            {"definition": {"parse": PARSE, "request": {"headers": {"X-Name": "Привет"}}}},
            "Value error, Header 'X-Name' holds characters that a header cannot carry.",
        ),
        (
            {"definition": {"parse": PARSE, "request": {"headers": {"X-Name": "a\r\nb"}}}},
            "Value error, Header 'X-Name' holds characters that a header cannot carry.",
        ),
        (
            {"definition": {"parse": PARSE, "request": {"timeout": 1e300}}},
            "Input should be less than or equal to 300",
        ),
        ({"match_url": [7]}, "Value error, match_url items cannot be empty"),
        ({"definition": {"parse": {}}}, "Value error, Field 'parse' must contain either 'items' or direct parsers."),
        (
            {"definition": {"parse": {"_note": "x"}}},
            "Value error, Field 'parse' must contain either 'items' or direct parsers.",
        ),
        ({"definition": {"parse": {"title": RULE}}}, "Value error, Missing required 'url' parser definition."),
        (
            {"definition": {"parse": {"title": RULE}, "engine": {"type": "httpx"}}},
            "Value error, Missing required 'link' parser definition.",
        ),
        ({"definition": {"parse": {"url": RULE, "title": "x"}}}, "Value error, Parse field 'title' must be an object."),
        (
            {"definition": {"parse": {"items": {"selector": "a", "fields": {"title": RULE}}}}},
            "Value error, Container 'fields' must include a 'url' field.",
        ),
        (
            {
                "definition": {
                    "parse": {"items": {"selector": "a", "fields": {"title": RULE}}},
                    "engine": {"type": "selenium"},
                }
            },
            "Value error, Container 'fields' must include a 'link' field.",
        ),
        (
            {"definition": {"parse": {"items": {"fields": {"url": RULE}}}}},
            "Value error, Either 'selector' or 'expression' must be provided.",
        ),
        (
            {"definition": {"parse": {"url": RULE, "archive_id": RULE}}},
            "Value error, Field 'archive_id' is generated internally and cannot be extracted.",
        ),
    ],
)
def test_a_bad_definition_is_refused_with_its_reason(body: dict[str, Any], msg: str) -> None:
    assert details(body) == [msg]


def test_a_bad_pattern_is_named() -> None:
    (msg,) = details({"match_url": ["/(/"]})
    assert msg.startswith("Value error, Invalid regex pattern '(': ")
    rule = RULE | {"post_filter": {"filter": "("}}
    (msg,) = details({"definition": {"parse": {"url": rule}}})
    assert msg.startswith("Value error, Invalid post_filter regex pattern: ")


def test_the_published_body_is_enough() -> None:
    fields = read(DefinitionInput, {"name": "a", "definition": {"parse": PARSE}, "priority": None}, text=TEXT)
    assert (fields["match_url"], fields["priority"], fields["enabled"], fields["description"]) == ((), 0, True, "")


def test_a_definition_is_kept_as_it_was_sent() -> None:
    sent = {"parse": {"link": RULE}, "engine": {"type": "httpx"}, "note": 1}
    assert read(DefinitionInput, {"name": "a", "definition": sent}, text=TEXT)["definition"] == sent


def test_a_patch_replaces_what_is_sent() -> None:
    assert read_change(DefinitionInput, {"priority": 3}, text=TEXT) == {"priority": 3}
    with pytest.raises(ValidationFailed):
        read_change(DefinitionInput, {"definition": {"parse": {}}}, text=TEXT)


# Schema cases


def test_an_empty_engine_is_plain_http() -> None:
    assert read_recipe({"parse": PARSE, "engine": {}}).engine == HttpEngine()


@pytest.mark.parametrize(
    "document",
    [
        {"engine": {"type": "browser", "options": {"url": "ws://chrome:9222"}}},
        {"engine": {"type": "browser", "options": {"url": "http://chrome:9222", "protocol": "bidi"}}},
        {"engine": {"type": "browser", "options": {}}},
        {"engine": {"type": "browser", "options": {"url": "http://chrome", "wait_timeout": 301}}},
        {"engine": {"type": "http", "options": {"url": "http://chrome"}}},
        {"engine": {"type": "carrier pigeon"}},
        {"engine": {"type": ["http"]}},
        {"engine": {"type": {"name": "http"}}},
        {"request": {"headers": {"X": "a\0b"}}},
        {"request": {"timeout": float("nan")}},
        {"request": {"timeout": float("inf")}},
        {"request": {"method": "TRACE"}},
        {"request": {"method": "GET", "body": {"type": "json", "value": 1}}},
        {"request": {"method": "POST", "body": {"type": "form", "value": {"a": {"b": 1}}}}},
        {"request": {"timeout": -1}},
        {"response": {"type": "xml"}},
    ],
)
def test_a_recipe_is_refused(document: dict[str, Any]) -> None:
    assert refusal(**document)


def test_a_get_with_a_body_says_why() -> None:
    text = refusal(request={"method": "GET", "body": {"type": "json", "value": 1}})
    assert text == "Value error, Request bodies require the POST method"


@pytest.mark.parametrize("kind", [["http"], {"name": "http"}, 7])
def test_an_engine_of_another_kind_is_refused_like_any_wrong_type(kind: Any) -> None:
    assert details({"definition": {"parse": PARSE, "engine": {"type": kind}}})


def test_headers_that_can_be_sent_are_kept() -> None:
    headers = {"X-Name": "é, \t ~", "accept": ""}
    assert read_recipe({"parse": PARSE, "request": {"headers": headers}}).request.headers["X-Name"] == "é, \t ~"


def test_a_timeout_of_zero_is_kept() -> None:
    assert read_recipe({"parse": PARSE, "request": {"timeout": 0}}).request.timeout == 0


def test_direct_rules_may_have_any_name_and_null_options() -> None:
    rule = RULE | {"attribute": None, "post_filter": {"filter": "x", "value": None}}
    parse = read_recipe({"parse": {"items": None, "url": rule, "source_id": rule}}).parse
    assert set(parse.rules) == {"url", "source_id"}


def test_items_win_over_direct_rules() -> None:
    parse = read_recipe({"parse": {"url": RULE, **ITEMS}}).parse
    assert parse.items is not None
    assert not parse.rules


# The first dialect


def test_httpx_is_http() -> None:
    assert read_recipe({"parse": PARSE, "engine": {"type": "httpx", "options": {}}}).engine == HttpEngine()


def test_selenium_is_a_browser() -> None:
    options = {"url": "http://hub:4444/wd/hub", "wait_for": {"value": ".x"}, "wait_timeout": 5}
    engine = read_recipe({"parse": PARSE, "engine": {"type": "selenium", "options": options}}).engine
    assert isinstance(engine, BrowserEngine)
    assert engine.options.wait_for is not None
    assert (engine.options.wait_for.type, engine.options.wait_for.expression) == ("css", ".x")
    assert (engine.options.url, engine.options.wait_timeout) == ("http://hub:4444/wd/hub", 5)


@pytest.mark.parametrize("options", [None, {}, {"url": " "}, {"url": None}])
def test_selenium_without_a_url_takes_the_default_hub(options: Any) -> None:
    engine = read_recipe({"parse": PARSE, "engine": {"type": "selenium", "options": options}}).engine
    assert isinstance(engine, BrowserEngine)
    assert engine.options.url == DEFAULT_BROWSER_URL


@pytest.mark.parametrize(
    ("request_", "method", "body"),
    [
        ({"json_data": {"active": True}}, "POST", ("json", {"active": True})),
        ({"data": {"page": 2}}, "POST", ("form", {"page": 2})),
        ({"json_data": {"a": 1}, "data": {"b": 1}}, "POST", ("json", {"a": 1})),
        ({"json_data": None, "data": None}, "GET", None),
        ({"method": "post", "body": {"type": "raw", "value": "x"}, "data": {"b": 1}}, "POST", ("raw", "x")),
        ({"method": "POST", "body": {"type": "json", "value": None}}, "POST", ("json", None)),
    ],
)
def test_a_body_in_either_dialect(request_: dict[str, Any], method: str, body: Any) -> None:
    request = read_recipe({"parse": PARSE, "request": request_}).request
    assert request.method == method
    assert (request.body and (request.body.type, request.body.value)) == body


def test_link_is_url_and_wins() -> None:
    other = {"type": "css", "expression": "b"}
    assert read_recipe({"parse": {"link": other}}).parse.rules["url"].expression == "b"
    assert read_recipe({"parse": {"link": other, "url": RULE}}).parse.rules["url"].expression == "b"
    items = {"selector": "x", "fields": {"link": other, "url": RULE}}
    container = read_recipe({"parse": {"items": items}}).parse.items
    assert container is not None
    assert container.fields["url"].expression == "b"


@pytest.mark.parametrize("items", [None, {}])
def test_without_items_the_direct_rules_stay(items: Any) -> None:
    assert set(read_recipe({"parse": {"items": items, **PARSE}}).parse.rules) == {"url"}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"expression": " .a "}, ".a"),
        ({"selector": " ", "expression": ".a"}, ".a"),
        ({"selector": ".b", "expression": ".a"}, ".b"),
    ],
)
def test_an_expression_stands_for_a_blank_selector(selector: dict[str, str], expected: str) -> None:
    container = read_recipe({"parse": {"items": {**selector, "fields": PARSE}}}).parse.items
    assert container is not None
    assert (container.selector, container.type) == (expected, "css")


# Matching


@pytest.mark.parametrize(
    ("entry", "url", "fits"),
    [
        ("https://a.example/*", "https://a.example/b/c", True),
        ("https://a.example/?", "https://a.example/b", True),
        ("https://a.example/?", "https://a.example/bc", False),
        ("https://a.example/[ab]", "https://a.example/b", True),
        ("https://A.example/*", "https://a.example/b", False),
        ("https://a.example/w?v=1", "https://a.example/w?v=1", True),
        ("https://a.example", "https://a.example/x", False),
        ("/https://[ab]\\.example/", "https://b.example/anything", True),
        ("/b\\.example/", "https://b.example/", False),
        ("//", "//", True),
        ("/(x+x+)+y/", "x" * 5000, False),
    ],
)
def test_an_entry_is_a_glob_or_a_pattern(entry: str, url: str, fits: bool) -> None:
    assert Definition(1, "a", {}, match_url=(entry,)).matches(url) is fits


def test_the_first_enabled_definition_by_priority_then_name_matches() -> None:
    def define(name: str, priority: int, *, enabled: bool = True) -> Definition:
        return Definition(1, name, {}, priority=priority, enabled=enabled, match_url=("https://*",))

    alpha, beta, off = define("Alpha", 2), define("Beta", 1), define("Off", 0, enabled=False)
    assert find_match([alpha, off, beta], "https://a.example") is beta
    assert find_match([off], "https://a.example") is None
    assert find_match([define("b", 1), define("a", 1)], "https://x") == define("a", 1)


def test_patterns_that_never_end_leave_time_for_the_others() -> None:
    endless = [Definition(n, f"a{n}", {}, match_url=("/(x+x+)+y/",)) for n in range(35)]
    good = Definition(99, "z", {}, match_url=("/x+/",))
    with must_end():
        assert find_match([*endless, good], "x" * 5000) is good
        assert find_match(endless * 200, "x" * 5000) is None  # the least for each would be minutes for all


def test_a_definition_without_match_url_matches_nothing() -> None:
    assert not Definition(1, "a", {}).matches("https://a.example")


# Post filters


@pytest.mark.parametrize(
    ("value", "filter_", "name", "expected"),
    [
        (" a ", None, None, "a"),
        ("  ", None, None, None),
        ("id=42;", r"\d+", None, "42"),
        ("id=42;", r"id=(\d+)", None, "42"),
        ("id=42;", r"(?P<key>id)=(?P<n>\d+)", "n", "42"),
        ("id=42;", r"(?P<key>id)=(?P<n>\d+)", None, "id"),
        ("id=42;", r"(?:(?P<no>x)|(?P<yes>id))", None, "id"),
        ("id=42;", r"(id)=(\d+)", "2", "42"),
        ("id=42;", r"id=(\d+)(?P<z>z)?", None, "42"),
        ("id=42;", r"none", None, None),
    ],
)
def test_a_post_filter_narrows_a_value(value: str, filter_: str | None, name: str | None, expected: str | None) -> None:
    post_filter = PostFilter(filter=filter_, value=name) if filter_ else None
    assert post_filtered(value, post_filter) == expected
