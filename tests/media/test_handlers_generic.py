"""Pages that a task definition describes: docs/contract/tasks.md 7.4, 7.6."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dlambda.domain.tasks.definition import Definition
from dlambda.domain.tasks.feed import Feed, FeedItem
from dlambda.domain.tasks.recipe import read_recipe
from dlambda.media.handlers.client import Client, HandlerFailed
from dlambda.media.handlers.extraction import extract_rows
from dlambda.media.handlers.generic import GenericTaskHandler, base_of, item_of, read_page
from tests.media.canned import Web, client_of
from tests.patience import must_end

URL = "https://example.com/base/"


def define(document: dict[str, Any], **changes: Any) -> Definition:
    return Definition(1, "Mine", document, **changes)


def read(document: dict[str, Any], page: Any, *, content_type: str = "") -> Feed:
    return read_page(define(document), URL, client_of(Web({URL: body_of(page)}, content_type=content_type)))


def body_of(page: Any) -> bytes:
    text = page if isinstance(page, str | bytes) else json.dumps(page)
    return text.encode() if isinstance(text, str) else text


def items_of(document: dict[str, Any], page: Any, *, content_type: str = "") -> list[FeedItem]:
    """The items that `read` gives, without a process of its own for the expressions."""
    extracted = extract_rows(read_recipe(document), body_of(page), content_type, 100)
    base = base_of(URL, extracted.base)
    return [item for row in extracted.rows if (item := item_of(row, base))]


def css(expression: str, attribute: str | None = None, **rest: Any) -> dict[str, Any]:
    return {"type": "css", "expression": expression, "attribute": attribute, **rest}


def test_direct_rules_pair_by_position() -> None:
    document = {
        "parse": {
            "url": css(".article a.link::attr(href)"),
            "title": css(".article .title", "text"),
            "id": css(".article", "data-id"),
        }
    }
    page = """<div class="article" data-id="101"><a class="link" href="/article-101">x</a>
      <h2 class="title">First
       Title</h2></div>
    <div class="article" data-id="102"><a class="link" href="https://example.com/article-102">x</a>
      <h2 class="title">Second</h2></div>"""
    feed = read(document, page)
    assert [(item.url, item.title, item.metadata) for item in feed.items] == [
        ("https://example.com/article-101", "First Title", {"id": "101"}),
        ("https://example.com/article-102", "Second", {"id": "102"}),
    ]
    assert feed.metadata == {"definition": "Mine", "response_format": "html"}


CARDS = """<div class="columns">
<div class="card"><header class="card-header"><a href="/p/1">One</a></header>
 <footer><span class="card-footer-item"><a>Poet A</a></span><span class="card-footer-item"><a>Love</a></span></footer></div>
<div class="card"><header class="card-header"><a href="/p/2">Two</a></header>
 <footer><span class="card-footer-item"><a>Poet B</a></span></footer></div>
<div class="card"><header class="card-header">No link</header></div></div>"""


def test_a_field_that_one_node_lacks_shifts_nothing() -> None:
    fields = {
        "url": css(".card-header a[href]", "href"),
        "title": css(".card-header a[href]", "text"),
        "poet": css("footer .card-footer-item:first-child a", "text"),
        "category": css("footer .card-footer-item:nth-child(2) a", "text"),
    }
    items = items_of({"parse": {"items": {"type": "css", "selector": ".columns .card", "fields": fields}}}, CARDS)
    assert [(item.url, item.title, item.metadata) for item in items] == [
        ("https://example.com/p/1", "One", {"poet": "Poet A", "category": "Love"}),
        ("https://example.com/p/2", "Two", {"poet": "Poet B"}),
    ]


def test_xpath_selects_nodes_and_values() -> None:
    fields = {
        "url": {"type": "xpath", "expression": ".//header/a/@href"},
        "title": {"type": "xpath", "expression": "string(.//header/a)"},
    }
    items = items_of({"parse": {"items": {"type": "xpath", "selector": "//*[@class='card']", "fields": fields}}}, CARDS)
    assert [(item.url, item.title) for item in items] == [
        ("https://example.com/p/1", "One"),
        ("https://example.com/p/2", "Two"),
    ]


def jsonpath(expression: str, **rest: Any) -> dict[str, Any]:
    return {"type": "jsonpath", "expression": expression, **rest}


def json_items(selector: str, kind: str = "jsonpath", **fields: str) -> dict[str, Any]:
    rules = {name: jsonpath(expression) for name, expression in fields.items()}
    return {
        "parse": {"items": {"type": kind, "selector": selector, "fields": rules}},
        "response": {"type": "json"},
    }


def test_json_items() -> None:
    data = {
        "entries": [
            {"url": "/video/1", "title": "One", "id": 1},
            {"url": "https://b.example/2", "title": "Two", "id": 2},
            {"title": "No URL"},
        ]
    }
    feed = read(json_items("entries", url="url", title="title", id="id"), data)
    assert [(item.url, item.title, item.metadata) for item in feed.items] == [
        ("https://example.com/video/1", "One", {"id": "1"}),
        ("https://b.example/2", "Two", {"id": "2"}),
    ]
    assert feed.metadata["response_format"] == "json"


def test_json_items_of_a_list_at_the_top_keep_their_order() -> None:
    items = items_of(json_items("[]", url="u"), [{"u": "/1"}, {"u": "/2"}])
    assert [item.url for item in items] == ["https://example.com/1", "https://example.com/2"]


def test_a_selector_may_yield_one_object() -> None:
    assert len(items_of(json_items("data", url="u"), {"data": {"u": "/1"}})) == 1


def test_items_of_json_need_jsonpath() -> None:
    assert items_of(json_items("entries", "css", url="u"), {"entries": [{"u": "/1"}]}) == []


def test_known_fields_are_no_metadata() -> None:
    row = {"u": "/1", "t": "/t.jpg", "d": "Words", "p": "today"}
    (item,) = items_of(json_items("[]", url="u", thumbnail="t", description="d", published="p"), [row])
    assert (item.thumbnail, item.description) == ("https://example.com/t.jpg", "Words")
    assert item.metadata == {"published": "today"}


def test_direct_json_rules_give_one_item_at_most() -> None:
    document = {
        "parse": {"url": jsonpath("items[].u"), "flag": jsonpath("flag"), "none": jsonpath("none"), "o": jsonpath("o")},
        "response": {"type": "json"},
    }
    data = {"items": [{"u": "/1"}, {"u": "/2"}], "flag": 1.5, "none": None, "o": {"a": 1}}
    (item,) = items_of(document, data)
    assert item.url == "https://example.com/1"
    assert item.metadata == {"flag": "1.5", "o": '{"a": 1}'}


def test_on_json_regex_reads_the_text_and_css_nothing() -> None:
    document = {
        "parse": {"url": {"type": "regex", "expression": r'"u": "([^"]+)"'}, "title": css("a")},
        "response": {"type": "json"},
    }
    (item,) = items_of(document, {"u": "/1"})
    assert (item.url, item.title) == ("https://example.com/1", "")


def test_on_html_jsonpath_finds_nothing() -> None:
    assert items_of({"parse": {"url": jsonpath("a")}}, "<a href='/1'>x</a>") == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"expression": r"v=(?P<x>\w+)&t=(?P<y>\w+)", "attribute": "y"}, ["T1", "T2"]),
        ({"expression": r"v=(?P<x>\w+)&t=(?P<y>\w+)"}, ["A1", "A2"]),
        ({"expression": r"v=(\w+)&t=(\w+)"}, ["A1", "A2"]),
        ({"expression": r"v=(\w+)&t=(\w+)", "attribute": "2"}, ["T1", "T2"]),
        ({"expression": r"v=\w+"}, ["v=A1", "v=A2"]),
        ({"expression": r"v=(?P<x>\w+)", "attribute": "unknown"}, []),
        ({"expression": r"^v=(\w+)"}, ["A1", "A2"]),
        ({"expression": r"v=A1.*?(v=A2)"}, ["v=A2"]),
        ({"expression": r"("}, []),
    ],
)
def test_regex_rules(rule: dict[str, str], expected: list[str]) -> None:
    document = {"parse": {"url": {"type": "regex", **rule}}}
    items = items_of(document, "v=A1&t=T1\nv=A2&t=T2")
    assert [item.url.removeprefix(URL) for item in items] == expected


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("text", "Some bold words"),
        ("inner_text", "Some bold words"),
        ("DATA-X", "1"),
        ("data-none", ""),
        (None, "Some bold words"),
    ],
)
def test_attributes_of_a_node(attribute: str | None, expected: str) -> None:
    page = '<a href="/1" data-x="1">Some  <b>bold</b>\nwords</a>'
    (item,) = items_of({"parse": {"url": css("a"), "title": css("a", attribute)}}, page)
    assert (item.url, item.title) == ("https://example.com/1", expected)


def test_markup_is_an_attribute_too() -> None:
    (item,) = items_of({"parse": {"url": css("a"), "title": css("b", "outer_html")}}, "<a href=/1>x</a><b>y</b>")
    assert item.title == "<b>y</b>"


def test_a_post_filter_drops_what_it_does_not_find() -> None:
    rule = css("a", "href", post_filter={"filter": r"^/video/(?P<id>\d+)$", "value": None})
    page = "<a href=/about>x</a><a href=/video/7>y</a>"
    assert [item.url for item in items_of({"parse": {"url": rule}}, page)] == ["https://example.com/base/7"]


def test_urls_that_are_no_web_addresses_are_dropped() -> None:
    page = "<a href='javascript:x'>1</a><a href='mailto:a@b'>2</a><a href='//b.example/3'>3</a>"
    assert [item.url for item in items_of({"parse": {"url": css("a", "href")}}, page)] == ["https://b.example/3"]


@pytest.mark.parametrize("bad", ["http://[bad", "//[bad", "http://a.example:port/"])
def test_an_address_that_is_none_costs_only_its_entry(bad: str) -> None:
    page = f"<a href='{bad}'><img src=/1.jpg>1</a><a href='/2'><img src='{bad}'>2</a>"
    document = {"parse": {"url": css("a", "href"), "thumbnail": css("img", "src")}}
    (item,) = items_of(document, page)
    assert item.url == "https://example.com/2"


def test_half_characters_are_replaced() -> None:
    row = {"u": "/clip-\ud800.mp4", "t": "Half \ud800", "x": "\ud83d\ude00"}
    (item,) = read(json_items("[]", url="u", title="t", smile="x"), [row]).items
    assert (item.url, item.title) == ("https://example.com/clip-\ufffd.mp4", "Half \ufffd")
    assert item.metadata == {"smile": "\U0001f600"}


def test_a_pattern_gives_group_1_beside_a_named_group_that_took_no_part() -> None:
    document = {"parse": {"url": {"type": "regex", "expression": 'href="(/clip[^"]+)"(?P<z>zzz)?'}}}
    assert [item.url for item in items_of(document, '<a href="/clip-1">')] == ["https://example.com/clip-1"]


@pytest.mark.parametrize(
    "rule",
    [
        css("a[["),
        css("a::before"),
        css("a:unknown"),
        {"type": "xpath", "expression": "//["},
        {"type": "xpath", "expression": "x("},
        {"type": "xpath", "expression": "//svg:a"},
        {"type": "xpath", "expression": "//a[$x]"},
    ],
)
def test_a_failing_expression_finds_nothing(rule: dict[str, Any]) -> None:
    recipe = read_recipe({"parse": {"url": css("a"), "title": rule}})
    assert extract_rows(recipe, b'<a href="/1">', "", 9).rows == [{"url": "/1"}]


def test_pages_are_read_in_their_own_encoding() -> None:
    page = "<meta charset=shift_jis><a href=/1>日本</a>".encode("shift_jis")
    (item,) = read({"parse": {"url": css("a"), "title": css("a", "text")}}, page).items
    assert item.title == "日本"
    page = "<a href=/1>é</a>".encode("latin-1")
    document = {"parse": {"url": css("a"), "title": css("a", "text")}}
    (item,) = read(document, page, content_type="text/html; charset=iso-8859-1").items
    assert item.title == "é"


@pytest.mark.parametrize(
    ("charset", "header"),
    [
        ("latin-1", "application/json; charset=iso-8859-1"),
        ("utf-8", "application/json; charset=iso-8859-1"),
        ("utf-16", "application/json; charset=iso-8859-1"),
        ("utf-8", "application/json; charset=hex"),
    ],
)
def test_json_is_read_in_its_own_encoding(charset: str, header: str) -> None:
    page = '[{"u": "/1", "t": "é"}]'.encode(charset)
    (item,) = items_of(json_items("[]", url="u", title="t"), page, content_type=header)
    assert item.title == "é"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<base href="/deep/">', "https://example.com/deep/a.mp4"),
        ('<base target="_blank"><base href="x/"><base href="/y/">', "https://example.com/base/x/a.mp4"),
        ('<BASE HREF=" https://cdn.example/films/list.html ">', "https://cdn.example/films/a.mp4"),
        ('<base href="//cdn.example/">', "https://cdn.example/a.mp4"),
        ('<base href="?page=2">', "https://example.com/base/a.mp4"),
        ('<base href="">', "https://example.com/base/a.mp4"),
        ('<base href="data:text/html,x"><base href="/y/">', "https://example.com/base/a.mp4"),
        ('<base href="JavaScript:void(0)">', "https://example.com/base/a.mp4"),
        ('<base href="http://[bad">', "https://example.com/base/a.mp4"),
    ],
)
def test_addresses_count_from_the_base_of_the_page(head: str, expected: str) -> None:
    page = f'<html><head>{head}</head><body><a href="a.mp4"></a></body></html>'
    found = extract_rows(read_recipe({"parse": {"url": css("a")}}), page.encode(), "", 9)
    item = item_of(found.rows[0], base_of(URL, found.base))
    assert item is not None
    assert item.url == expected


def test_a_page_with_a_base_is_read() -> None:
    page = '<base href="/deep/"><a href="a.mp4"><img src="a.jpg"></a>'
    (item,) = read({"parse": {"url": css("a"), "thumbnail": css("img", "src")}}, page).items
    assert (item.url, item.thumbnail) == ("https://example.com/deep/a.mp4", "https://example.com/deep/a.jpg")


def test_jsonpath_with_its_root_is_read() -> None:
    document = json_items("$.data.items[*]", url="$.link")
    page = {"data": {"items": [{"link": "/1"}, {"link": "/2"}]}}
    assert [item.url for item in items_of(document, page)] == ["https://example.com/1", "https://example.com/2"]


# Failures


@pytest.mark.parametrize(
    ("document", "page", "text"),
    [
        ({"parse": {"url": css("a")}}, " ", "Received empty response body."),
        (json_items("[]", url="u"), "<html>", "Expected JSON response but decoding failed."),
        (json_items("[]", url="u"), "[" * 100_000, "Expected JSON response but decoding failed."),
        ({"parse": {"url": css("a")}, "request": {"url": "ftp://x"}}, "x", "Invalid target URL."),
        ({"parse": {"url": css("a")}, "request": {"url": "https://other.example"}}, "x", "Failed to fetch target URL."),
        (
            {"parse": {"url": css("a")}, "engine": {"type": "browser", "options": {"url": "http://none:4444"}}},
            "x",
            "Failed to fetch target URL.",
        ),
    ],
)
def test_failures_have_their_texts(document: dict[str, Any], page: str, text: str) -> None:
    with pytest.raises(HandlerFailed) as caught:
        read(document, page)
    assert caught.value.message == text


def test_a_browser_posts_forms_only() -> None:
    document = {
        "parse": {"url": css("a")},
        "engine": {"type": "browser", "options": {"url": "http://hub:4444"}},
        "request": {"json_data": {"a": 1}},
    }
    with pytest.raises(HandlerFailed) as caught:
        read(document, "x")
    assert caught.value.message == "Failed to fetch target URL."
    assert caught.value.cause.startswith("A browser can post forms only")


def test_a_definition_may_not_wait_longer_than_the_client_has_time() -> None:
    document = {"parse": {"url": css("a")}, "request": {"timeout": 40}}
    web = Web({})  # what is asked is noted, and nothing comes
    client = Client(web, "Mozilla/5.0 (test)", timeout_seconds=12)
    for asking in (client, replace(client, longest_seconds=300)):
        with pytest.raises(HandlerFailed, match="Failed to fetch"):
            read_page(define(document), URL, asking)
    assert [round(request.timeout_seconds) for request in web.asked] == [12, 40]


def test_without_a_definition_it_fails() -> None:
    with pytest.raises(HandlerFailed, match=r"No generic task definition matched the provided URL\."):
        GenericTaskHandler([]).fetch(URL, client_of(Web({})))


def test_it_takes_what_an_enabled_definition_matches() -> None:
    document = {"parse": {"url": css("a")}}
    on = define(document, match_url=("https://example.com/*",))
    assert GenericTaskHandler([on]).takes(URL)
    assert not GenericTaskHandler([define(document, match_url=on.match_url, enabled=False)]).takes(URL)
    feed = GenericTaskHandler([on]).fetch(URL, client_of(Web({URL: "<a href=/1>x</a>"})))
    assert len(feed.items) == 1


@pytest.mark.parametrize(
    ("request_", "method", "url", "body", "content_type"),
    [
        ({"params": {"page": 2}}, "GET", URL + "?page=2", None, None),
        ({"json_data": {"active": True}}, "POST", URL, b'{"active":true}', "application/json"),
        ({"data": {"query": "new videos", "page": 2}}, "POST", URL, b"query=new+videos&page=2",
         "application/x-www-form-urlencoded"),
        ({"method": "POST", "body": {"type": "json", "value": None}}, "POST", URL, b"null", "application/json"),
        ({"method": "POST", "body": {"type": "raw", "value": "x=1"}, "headers": {"content-type": "text/x"}}, "POST",
         URL, b"x=1", "text/x"),
    ],
)  # fmt: skip
def test_what_is_sent(
    request_: dict[str, Any], method: str, url: str, body: bytes | None, content_type: str | None
) -> None:
    web = Web({})
    with pytest.raises(HandlerFailed, match="Failed to fetch"):
        read_page(define({"parse": {"url": css("a")}, "request": request_ | {"timeout": 7}}), URL, client_of(web))
    (asked,) = web.asked
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert (asked.method, asked.url, asked.body, headers.get("content-type")) == (method, url, body, content_type)
    assert asked.timeout_seconds == 7


# Expressions that would never end


@pytest.mark.parametrize(
    ("document", "page"),
    [
        (
            {"parse": {"url": {"type": "xpath", "expression": "//*[count(//*[count(//*)>0])>0]"}}},
            "<p>" + "<b>x</b>" * 20_000,
        ),
        (json_items("[]", url="[@,@]" + "|[[],[]][]" * 40), [{"u": "/1"}]),
    ],
)
def test_an_endless_expression_is_ended(document: dict[str, Any], page: Any) -> None:
    from dlambda.media.handlers import expressions

    body = page if isinstance(page, str) else json.dumps(page)
    with must_end(), pytest.raises(Exception, match="too much time or memory"):
        expressions.extract_safely(document, body.encode(), "text/html", limit=9, deadline_seconds=1)


def test_an_endless_pattern_finds_nothing_and_ends() -> None:
    document = {"parse": {"url": {"type": "regex", "expression": "(x+x+)+y"}}}
    with must_end():
        assert items_of(document, "x" * 10_000) == []
