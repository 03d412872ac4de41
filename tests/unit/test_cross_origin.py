"""Who sends a request, and how far it may go: docs/decisions/cross-origin.md."""

from typing import Any

import pytest

from dlambda.domain.web.cross_origin import Admission, Request, admission
from dlambda.domain.web.origins import Sender, normal_origin, sender_of

HOST = "127.0.0.1:8080"
CONFIGURED = frozenset({"https://page.example", "http://127.0.0.1:3000", "moz-extension://own"})
EXTENSION = "chrome-extension://abcdefghijklmnop"
OPEN = Request("POST", "/api/history", "")


def sender(host: str = HOST, **headers: str) -> Sender:
    return sender_of({name.replace("_", "-"): text for name, text in headers.items()}, host, CONFIGURED)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Page.Example", "https://page.example"), ("HTTPS://page.example:443/", "https://page.example"),
        ("http://page.example:80/a?b", "http://page.example"), ("http://page.example:443", "http://page.example:443"),
        ("http://[::1]:8080/x", "http://[::1]:8080"), ("null", ""), ("", ""), ("page.example", ""), ("file:///x", ""),
        ("http://user@page.example", ""), ("http://[::1", ""),
    ],
)  # fmt: skip
def test_normal_origins(url: str, origin: str) -> None:
    assert normal_origin(url) == origin


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8080", HOST), ("https://127.0.0.1:8080", HOST), ("HTTP://LOCALHOST:8080", "localhost:8080"),
        ("https://media.example", "media.example"), ("https://media.example", "media.example:443"),
        ("http://media.example", "media.example:80"), ("http://[::1]:8080", "[::1]:8080"),
        ("https://media.example", "MEDIA.example."),
    ],
)  # fmt: skip
def test_own_pages(origin: str, host: str) -> None:
    assert sender(host, origin=origin) is Sender.OWN


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("null", HOST), ("", HOST), ("https://evil.example", HOST), ("http://127.0.0.1", HOST),
        ("http://127.0.0.1:8081", HOST), ("http://localhost:8080", HOST), ("http://127.0.0.2:8080", HOST),
        ("http://127.0.0.1:8080.evil.example", HOST), ("http://127.0.0.1:8080@evil.example", HOST),
        ("http://127.0.0.1:8080/", HOST), ("http://127.0.0.1:8080 http://evil.example", HOST), ("127.0.0.1:8080", HOST),
        ("http://evil.example,http://127.0.0.1:8080", HOST), ("file://127.0.0.1:8080", HOST),
        ("ftp://127.0.0.1:8080", HOST), ("null", "null"),
        ("https://media.example:8443", "media.example"), ("https://media.example", ""), ("http://", ""), ("://", ""),
        # Look-alikes of what is configured.
        ("http://page.example", HOST), ("https://page.example:8443", HOST), ("https://sub.page.example", HOST),
        ("https://page.example.evil.example", HOST), ("https://evilpage.example", HOST), ("https://page.examples", HOST),
        ("https://page.example@evil.example", HOST), ("https://page.example/x", HOST), ("http://127.0.0.1:30000", HOST),
        ("https://page-example", HOST), ("wss://page.example", HOST),
    ],
)  # fmt: skip
@pytest.mark.parametrize("site", ["", "cross-site", "same-site", "none", "Cross-Site", "nonsense"])
def test_pages_of_others(origin: str, host: str, site: str) -> None:
    headers = {"sec_fetch_site": site} if site else {}
    assert sender(host, origin=origin, **headers) is Sender.FOREIGN


@pytest.mark.parametrize(
    "origin", ["https://page.example", "https://PAGE.example:443", "http://127.0.0.1:3000", "moz-extension://own"]
)
def test_configured_pages(origin: str) -> None:
    assert sender(origin=origin, sec_fetch_site="cross-site") is Sender.CONFIGURED


@pytest.mark.parametrize("origin", [EXTENSION, "moz-extension://9e2c0c3a-0000", "safari-web-extension://A-B"])
def test_extensions(origin: str) -> None:
    assert sender(origin=origin, sec_fetch_site="none") is Sender.EXTENSION


@pytest.mark.parametrize(
    "origin", ["chrome-extension://", "extension://a", "xchrome-extension://a", "chrome-extension:a"]
)
def test_no_extensions(origin: str) -> None:
    assert sender(origin=origin) is Sender.FOREIGN


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Sender.OWN),
        ({"referer": "https://evil.example/"}, Sender.OWN),  # a program's, or a browser's that says no more
        ({"sec_fetch_site": "none"}, Sender.OWN),
        ({"sec_fetch_site": "same-origin"}, Sender.OWN),
        # The browser's own word holds behind a proxy that changes the host, and with a policy that hides the origin.
        ({"sec_fetch_site": "same-origin", "origin": "https://media.example"}, Sender.OWN),
        ({"sec_fetch_site": "same-origin", "origin": "null"}, Sender.OWN),
        ({"sec_fetch_site": "cross-site"}, Sender.FOREIGN),
        ({"sec_fetch_site": "same-site"}, Sender.FOREIGN),
        ({"sec_fetch_site": "anything new"}, Sender.FOREIGN),
        ({"sec_fetch_site": "cross-site", "referer": "https://page.example/film?x=1"}, Sender.CONFIGURED),
        ({"sec_fetch_site": "cross-site", "referer": "https://page.example.evil.example/"}, Sender.FOREIGN),
        ({"sec_fetch_site": "cross-site", "referer": "https://evil.example/https://page.example"}, Sender.FOREIGN),
        ({"sec_fetch_site": "cross-site", "referer": f"http://{HOST}/"}, Sender.FOREIGN),
        ({"sec_fetch_site": "cross-site", "referer": "https://page.example", "origin": "null"}, Sender.FOREIGN),
    ],
)
def test_without_an_origin(headers: dict[str, Any], expected: Sender) -> None:
    assert sender(**headers) is expected


OPEN_REQUESTS = [
    OPEN, Request("POST", "/api/history/", "apikey=x"), Request("GET", "/api/history/add", "url=x"),
    Request("GET", "/api/history/add/", ""), Request("GET", "/api/presets", "filter=name"),
    Request("GET", "/api/presets/", "filter=name"), Request("GET", "/api/presets", "apikey=x&filter=name"),
]  # fmt: skip
CLOSED_REQUESTS = [
    Request(method, "/api/history", "") for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post", "")
] + [
    Request("POST", path, "")
    for path in ("/api/history/add", "/api/history/start", "/api/history/x", "/api/historyx", "/api/History", "/api/presets",
                 "/api/system/pause", "/api/file/actions", "/api/tasks", "/api//history", "/api/./history", "/x/api/history")
] + [
    Request("GET", "/api/presets", query)
    for query in ("", "filter=name,cli", "filter=name,cookies", "filter=cookies", "filter=", "filter", "filter=Name",
                  "filter=name&filter=cookies", "filter=cookies&filter=name", "filter=name&filter=name", "Filter=name",
                  "filter=name&page=2", "filter=name&fields=cookies", "filter[]=name", "filter=name%2Ccookies", "filter=*",
                  "filter=name ", "filter=name%20", "filter=name;filter=cookies", "filter=name%00", "filter=name#")
] + [
    Request("GET", path, "filter=name")
    for path in ("/api/presets/1", "/api/presets/1/", "/api/presets/name", "/api/presets/.", "/api/conditions", "/api/tasks")
] + [Request("HEAD", "/api/presets", "filter=name"), Request("HEAD", "/api/history/add", ""), Request("GET", "/ws", "")]  # fmt: skip


@pytest.mark.parametrize("request_", OPEN_REQUESTS, ids=repr)
def test_open_routes(request_: Request) -> None:
    for who in (Sender.FOREIGN, Sender.EXTENSION):
        assert admission(who, request_, open_to_pages=True) is (
            Admission.PAGE if who is Sender.FOREIGN else Admission.EXTENSION
        )
    assert admission(Sender.FOREIGN, request_, open_to_pages=False) is None
    assert admission(Sender.EXTENSION, request_, open_to_pages=False) is Admission.EXTENSION


@pytest.mark.parametrize("request_", CLOSED_REQUESTS, ids=repr)
def test_everything_else_is_closed(request_: Request) -> None:
    for who in (Sender.FOREIGN, Sender.EXTENSION):
        assert admission(who, request_, open_to_pages=True) is None
    assert admission(Sender.CONFIGURED, request_, open_to_pages=False) is Admission.CONFIGURED
    assert admission(Sender.OWN, request_, open_to_pages=False) is Admission.OWN


def test_an_extension_asks_whether_it_reaches_the_service() -> None:
    ping = Request("GET", "/api/ping", "")
    assert admission(Sender.EXTENSION, ping, open_to_pages=False) is Admission.EXTENSION
    assert admission(Sender.FOREIGN, ping, open_to_pages=True) is None


@pytest.mark.parametrize(
    ("path", "linked"),
    [
        ("/", True), ("/README.md", True), ("/api/docs", True), ("/api/docs/API.md", True), ("/api/download/a/b.mp4", True),
        ("/api/file/download/token", True), ("/api/player/playlist/a.mp4.m3u8", True), ("/files/task/a.mp4", True),
        ("/dlambda/files/a.mp4", True), ("/api", False), ("/api/", False), ("/api/history", False), ("/api/presets/1", False),
        ("/api/history/add", False), ("/api/logs", False), ("/api/yt-dlp/url/info", False), ("/api/thumbnail", False),
        ("/api/system/configuration", False), ("/api/downloads", False), ("/api/file/browser", False), ("/api/dev/pip", False),
    ],
)  # fmt: skip
def test_what_a_link_may_lead_to(path: str, linked: bool) -> None:
    link = Request("GET", path, "", is_link=True)
    assert (admission(Sender.FOREIGN, link, open_to_pages=False) is Admission.LINK) is linked
