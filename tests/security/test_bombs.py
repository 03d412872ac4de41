"""Input that is small where it is sent and large where it is read: bodies, archives, XML, expressions, numbers."""

import gzip
import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.e2e.api import Api
from tests.e2e.processes import memory_bytes
from tests.e2e.service import Service
from tests.security.attacker import Page
from tests.security.attempts import Attempt, Batch
from tests.security.lab import Lab

_MEGABYTE = 1024 * 1024
_BODIES: dict[str, Callable[[], bytes]] = {
    "nested lists": lambda: b'{"url": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "nested objects": lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a number of 10,000 digits": lambda: b'{"url": ' + b"9" * 10_000 + b"}",
    "a number that is none": lambda: b'{"url": NaN}',
    "an endless number": lambda: b'{"url": 1e999}',
    "100,000 keys": lambda: json.dumps({str(n): n for n in range(100_000)}).encode(),
    "UTF-16": lambda: '{"url": "http://127.0.0.1/"}'.encode("utf-16"),
    "bad UTF-8": lambda: b'{"url": "http://pub.test/\xff\xfe"}',
    "half a letter": lambda: b'{"url": "http://\\ud800.test/"}',
    "10,000 elements": lambda: json.dumps([{"url": "http://127.0.0.1/"}] * 10_000).encode(),
    "one key twice": lambda: b'{"url": "http://pub.test/x", "url": "http://127.0.0.1/"}',
    "a text that never ends": lambda: b'{"url": "http://pub.test/',
    "deep extras": lambda: b'{"url": "http://127.0.0.1/", "extras": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
    "a folder of a megabyte": lambda: json.dumps({"url": "http://pub.test/x", "folder": "x" * _MEGABYTE}).encode(),
    "a template of a megabyte": lambda: json.dumps(
        {"url": "http://pub.test/x", "template": "%(a)s" * 200_000}
    ).encode(),
    "an address of a megabyte": lambda: json.dumps({"url": "http://pub.test/" + "x" * _MEGABYTE}).encode(),
    "a preset of a megabyte": lambda: json.dumps({"url": "http://pub.test/x", "preset": "x" * _MEGABYTE}).encode(),
    "options of a megabyte": lambda: json.dumps({"url": "http://pub.test/x", "cli": "--bogus " * 100_000}).encode(),
}


@pytest.mark.parametrize("fact", _BODIES)
def test_no_body_is_taken_that_holds(api: Api, fact: str) -> None:
    reply = api.request("POST", "/api/history", raw=_BODIES[fact](), timeout=60)
    assert reply.status in (400, 413), reply.body[:300]
    assert api.get("/api/ping").status == 200


@pytest.mark.parametrize("size", [11 * _MEGABYTE, 100 * _MEGABYTE, 10**15])
def test_no_body_is_taken_that_says_it_is_huge(service: Service, size: int) -> None:
    head = f"POST /api/history HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(head.encode() + b'{"url": "')
        assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]


def test_no_body_is_taken_that_never_ends(service: Service) -> None:
    head = "POST /api/history HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = f"{_MEGABYTE:x}\r\n".encode() + b"x" * _MEGABYTE + b"\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(head.encode())
        try:
            for _ in range(64):
                connection.sendall(chunk)
        except OSError:
            assert service.api.get("/api/ping").status == 200
            return
        assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]


def test_a_path_of_200_kilobytes_is_refused(api: Api) -> None:
    try:
        assert api.get("/api/history/" + "x" * 200_000).status in (400, 404, 414, 431)
    except OSError:  # it may be cut off before it is read to its end
        assert api.get("/api/ping").status == 200


# Bombs of gzip and XML on the attacker's site


def _gzip_bomb(megabytes: int) -> bytes:
    """Unpacks to `megabytes` of HTML: one packed part of 4 MB, again and again, as the format allows."""
    return gzip.compress(b"<p>x</p>" * (_MEGABYTE // 2)) * (megabytes // 4)


def _zipped(body: bytes, kind: str = "text/html", times: int = 1) -> Page:
    return Page(body, kind, headers={"Content-Encoding": ", ".join(["gzip"] * times)})


_LAUGHS = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a0 "ha">{}]><rss><channel><title>{}</title></channel></rss>'
_LEVELS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
_READ = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY {}>]><rss><channel><item><title>&e;</title><link>http://pub.test/x</link></item></channel></rss>'
_XML = {
    "a billion laughs": _LAUGHS.format(_LEVELS, "&a9;"),
    "laughs in an attribute": _LAUGHS.format(_LEVELS, "").replace("<rss>", '<rss a="&a9;">'),
    "one large entity many times": _LAUGHS.format(f'<!ENTITY b "{"x" * 50_000}">', "&b;" * 20_000),
    "an entity of a file": _READ.format('e SYSTEM "file:///etc/passwd"'),
    "an entity of an address": _READ.format('e SYSTEM "http://127.0.0.1:9999/xml.1"'),
    "a parameter of an address": _READ.format('% p SYSTEM "http://127.0.0.1:9999/xml.2"> %p; <!ENTITY e "x"'),
    "a public entity": _READ.format('e PUBLIC "x" "http://127.0.0.1:9999/xml.3"'),
    "a document type": '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9999/xml.4"><rss><channel/></rss>',
    "an inclusion": '<rss xmlns:xi="http://www.w3.org/2001/XInclude"><channel><xi:include href="file:///etc/passwd" '
    'parse="text"/></channel></rss>',
    "a style sheet": '<?xml-stylesheet href="http://127.0.0.1:9999/xml.5"?><rss><channel/></rss>',
    "100,000 levels": "<rss>" + "<a>" * 100_000 + "</a>" * 100_000 + "</rss>",
}


@pytest.mark.parametrize("fact", _XML)
def test_no_feed_is_read_that_holds(lab: Lab, api: Api, fact: str) -> None:
    path = f"/{quote(fact)}.rss"
    lab.attacker.serve(path, Page(_XML[fact].encode(), "application/rss+xml"))
    reply = api.post("/api/tasks/inspect", {"url": f"http://pub.test{path}"}, timeout=60)
    assert reply.status in (200, 400, 500), reply.body[:300]
    assert b"root:x:" not in reply.body
    assert b"hahaha" not in reply.body
    assert [hit for hit in lab.decoys.all_hits() if b"xml." in hit.said] == []
    assert api.get("/api/ping").status == 200


@pytest.mark.parametrize(("fact", "times"), [("once", 1), ("three times", 3)])
def test_no_packed_feed_fills_the_memory(lab: Lab, api: Api, fact: str, times: int) -> None:
    body = _gzip_bomb(300)
    for _ in range(times - 1):
        body = gzip.compress(body)
    lab.attacker.serve("/packed.rss", _zipped(body, "application/rss+xml", times))
    reply = api.post("/api/tasks/inspect", {"url": "http://pub.test/packed.rss"}, timeout=60)
    assert reply.status in (400, 500, 502), reply.body[:300]
    assert api.get("/api/ping").status == 200


def test_no_packed_picture_fills_the_memory(lab: Lab, api: Api) -> None:
    lab.attacker.serve("/packed.png", _zipped(_gzip_bomb(100), "image/png"))
    reply = api.get("/api/thumbnail?url=" + quote("http://pub.test/packed.png", safe=""), timeout=60)
    assert reply.status in (400, 403, 413, 500, 502), reply.status


_WORKERS_MOST_BYTES = 1536 * _MEGABYTE  # the page takes 1 GiB as bytes, and as much again as text


def test_no_packed_page_fills_the_memory(lab: Lab, service: Service) -> None:
    """4 MB that unpack to 1 GiB, and to as much again as text; the item ends in an error and the service goes on (row 11)."""
    attempt = Attempt("a packed page", {"@KEY@.html": _zipped(_gzip_bomb(1024))}, ends=("error",))
    batch = Batch(lab, service, "bombs").post_all([attempt])
    largest, posted = 0, batch.posted(attempt)
    while batch.look(posted)["status"] not in ("error", "finished", "cancelled"):
        sizes = [memory_bytes(process.pid)[1] for process in service.processes()]
        largest = max([largest, *sizes])
        if largest > _WORKERS_MOST_BYTES:
            batch.cancel(posted)
            break
    assert largest <= _WORKERS_MOST_BYTES
    batch.check(attempt)


# Expressions

_BAD_REGEX = "(a+)+$"
_FILTERS = {
    "a slow pattern": f"title~='{_BAD_REGEX}'",
    "another slow pattern": "title~='(a|a)*b'",
    "a slow pattern of words": "title~='(\\\\w+\\\\s?)+$'",
    "a pattern with look-behind": "title~='(?<=a+)b'",
    "15,000 tests": "&".join(["duration>1"] * 15_000),
    "60,000 parentheses": "(" * 60_000,
    "balanced parentheses": "(" * 20_000 + "duration>1" + ")" * 20_000,
    "70,000 letters": "x" * 70_000,
    "a number of 10,000 digits": "duration>" + "9" * 10_000,
}


@pytest.mark.parametrize("fact", _FILTERS)
def test_no_filter_stops_the_service(api: Api, fact: str) -> None:
    condition = {"name": f"bomb {fact}", "filter": _FILTERS[fact], "cli": "-f best"}
    reply = api.post("/api/conditions", condition)
    assert reply.status in (200, 400), reply.body[:300]
    if reply.status == 200:
        api.request("DELETE", f"/api/conditions/{reply.json()['id']}")
    assert api.get("/api/ping").status == 200


_MANY = "<html><body>" + "<a href='/x' class='c'>" + "a" * 3000 + "!</a>" * 50 + "</body></html>"


def _rule(kind: str, expression: str, **more: Any) -> dict[str, Any]:
    fields = {"url": {"type": "css", "expression": "a", "attribute": "href"}}
    return {
        "parse": {
            "items": {"selector": "a", "fields": {**fields, "x": {"type": kind, "expression": expression, **more}}}
        }
    }


_EXPRESSIONS: dict[str, dict[str, Any]] = {
    "a slow regex": _rule("regex", _BAD_REGEX),
    "a slow filter": _rule("css", "a", post_filter={"filter": "(a+)+$", "value": None}),
    "a slow XPath": _rule("xpath", "//*[count(//*[count(//*[count(//*)>0])>0])>0]" * 1),
    "a regex in XPath": _rule("xpath", "//a[re:test(., '(a+)+$')]"),
    "a document by XPath": _rule("xpath", "document('file:///etc/passwd')"),
    "an address by XPath": _rule("xpath", "document('http://127.0.0.1:9999/expression.1')"),
    "a deep selector": _rule("css", " ".join(["*"] * 300)),
    "a selector of not": _rule("css", ":not(" * 200 + "a" + ")" * 200),
    "a deep JMESPath": _rule("jsonpath", "[" * 5000 + "]" * 5000),
}


@pytest.mark.parametrize("fact", _EXPRESSIONS)
def test_no_expression_stops_the_service(lab: Lab, api: Api, fact: str) -> None:
    lab.attacker.serve("/expressions", Page(_MANY.encode()))
    document = {"name": "bomb", "match_url": [".*"], "definition": _EXPRESSIONS[fact]}
    body = {"url": "http://pub.test/expressions", "document": document}
    reply = api.post("/api/tasks/definitions/inspect", body, timeout=60)
    assert reply.status in (200, 400, 500), reply.body[:300]
    assert b"root:x:" not in reply.body
    assert [hit for hit in lab.decoys.all_hits() if b"expression." in hit.said] == []
    assert api.get("/api/ping").status == 200


def test_no_pattern_of_addresses_stops_the_service(api: Api) -> None:
    document = {
        "name": "bomb",
        "match_url": [f"^{_BAD_REGEX}{n}" for n in range(200)],
        "definition": _rule("css", "a"),
    }
    body = {"url": "http://pub.test/" + "a" * 2000 + "!", "document": document}
    assert api.post("/api/tasks/definitions/inspect", body, timeout=60).status in (200, 400, 500)
    assert api.get("/api/ping").status == 200


_TOO_LONG: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a preset's name": ("POST", "/api/presets", {"name": "x" * 300}),
    "a preset's cookies": ("POST", "/api/presets", {"name": "c", "cookies": "x" * 2 * _MEGABYTE}),
    "a condition's name": ("POST", "/api/conditions", {"name": "x" * 300, "filter": "a", "cli": "-f b"}),
    "a task's name": ("POST", "/api/tasks", {"name": "x" * 300, "url": "http://pub.test/x.rss"}),
    "a target's name": ("POST", "/api/notifications", {"name": "x" * 300, "request": {"url": "http://pub.test/"}}),
    "a field's name": ("POST", "/api/dl_fields", {"name": "x" * 300, "field": "--x", "kind": "string"}),
    "cancelled ids": ("POST", "/api/history/cancel", {"ids": ["x" * 5000]}),
    "deleted ids": ("DELETE", "/api/history", {"type": "done", "ids": ["x" * 5000]}),
    "archive ids": ("POST", "/api/archiver", {"preset": "default", "items": ["x" * 5000]}),
}


@pytest.mark.parametrize("fact", _TOO_LONG)
def test_no_long_text_breaks_a_route(api: Api, fact: str) -> None:
    method, path, body = _TOO_LONG[fact]
    reply = api.request(method, path, body)
    assert reply.status < 500, reply.body[:300]
    assert "Internal" not in reply.body.decode()[:300]


def test_a_request_id_is_cut(api: Api) -> None:
    reply = api.get("/api/ping", headers={"X-Request-Id": "x" * 5000})
    assert len(reply.headers["X-Request-Id"] or "") <= 64
