"""Pages of other origins, over HTTP: docs/contract/system.md 3, docs/decisions/cross-origin.md."""

import base64
import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from dlambda.domain.items.item import Shelf
from dlambda.entry.http import http_entry, make_app
from dlambda.store.items import items
from tests.clock import FakeClock
from tests.functions.calls import Client
from tests.stack import Stack

EVIL = "https://evil.example"
EXTENSION = "chrome-extension://abcdefghijklmnop"
URL = "https://video.example/watch?v=1"
BODY = json.dumps({"url": URL})
COOKIES = "# Netscape HTTP Cookie File\n.video.example\tTRUE\t/\tTRUE\t0\tsession\tsecret-cookie\n"
KEY = base64.b64encode(b"user:word").decode()
BASIC = {"Authorization": f"Basic {KEY}"}
IMAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FRAME = {**LINK, "Sec-Fetch-Dest": "iframe"}
KINDS = ["text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
REFUSED = "Pages of other origins may not ask this. Add their origin to YTP_CORS_ORIGINS if they may."


def by_page(client: Client, method: str, path: str, origin: str = EVIL, **options: Any) -> tuple[int, Any]:
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site", **options.pop("headers", {})}
    return client.call(method, path, headers=headers, **options)


def allowed_origin(client: Client) -> str | None:
    return client.last.headers.get("Access-Control-Allow-Origin")


def assert_refused(client: Client, answer: tuple[int, Any]) -> None:
    assert (answer[0], answer[1]["error"], answer[1]["code"]) == (403, REFUSED, "FORBIDDEN")
    assert allowed_origin(client) is None
    assert "Access-Control-Allow-Credentials" not in client.last.headers
    assert "Origin" in client.last.headers["Vary"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/history", None), ("GET", "/api/history?type=all", None), ("GET", "/api/history/live", None),
        ("DELETE", "/api/history", "{}"), ("POST", "/api/history/start", '{"ids": ["a"]}'),
        ("POST", "/api/history/cancel", '{"ids": ["a"]}'), ("POST", "/api/history/a", "{}"), ("PUT", "/api/history", "{}"),
        ("PATCH", "/api/history/a", "{}"), ("POST", "/api/history/add", "{}"), ("GET", "/nothing", None),
        ("POST", "//api//history/start", '{"ids": ["a"]}'),
    ],
)  # fmt: skip
def test_a_page_of_another_origin_is_refused(history: Client, method: str, path: str, body: str | None) -> None:
    for origin in (EVIL, "null", EXTENSION, "http://localhost:8080", "http://sub.localhost", ""):
        for kind in KINDS:
            assert_refused(history, by_page(history, method, path, origin, data=body, content_type=kind))


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/system/pause", ""), ("/api/system/pause/", "{}"), ("/api/system/terminal", '{"command": "--version"}'),
     ("/api/system/check-updates", "")],
)  # fmt: skip
def test_simple_requests_have_no_effect(system: Client, configure: Callable[..., None], path: str, body: str) -> None:
    configure(console_enabled=True)
    for kind in KINDS:
        assert_refused(system, by_page(system, "POST", path, data=body, content_type=kind))
    assert system.get("/api/system/configuration")[1]["paused"] is False


@pytest.mark.parametrize(
    "headers", [IMAGE, FRAME, LINK, {**IMAGE, "Sec-Fetch-Site": "same-site"}, {**IMAGE, "Referer": f"{EVIL}/"}]
)
def test_pictures_frames_and_links_do_not_reach_the_api(system: Client, headers: dict[str, str]) -> None:
    for path in ("/api/system/configuration", "/api/ping", "/api/dev/loop"):
        assert_refused(system, system.call("GET", path, headers=headers))


@pytest.mark.parametrize(
    ("headers", "status"), [(LINK, 200), (IMAGE, 403), (FRAME, 403), ({"Sec-Fetch-Site": "none"}, 200)]
)
def test_a_link_leads_to_documents(system: Client, headers: dict[str, str], status: int) -> None:
    for path in ("/api/docs", "/api/docs/API.md", "/README.md"):
        assert system.call("GET", path, headers=headers)[0] == status


def test_a_form_that_navigates_is_no_link(system: Client) -> None:
    assert_refused(system, system.call("POST", "/api/docs", headers=LINK))


class TestOpenRoutes:
    """Without a password on the loopback."""

    @pytest.mark.parametrize("origin", [EVIL, "null", EXTENSION, "http://localhost:1"])
    @pytest.mark.parametrize("kind", ["text/plain", "application/json", ""])
    def test_any_page_adds(self, history: Client, origin: str, kind: str) -> None:
        answer = by_page(history, "POST", "/api/history", origin, data=BODY, content_type=kind)
        assert answer[0] == 200
        assert items.count(Shelf.QUEUE) == 1
        assert allowed_origin(history) == "*"
        assert "Access-Control-Allow-Credentials" not in history.last.headers

    def test_any_page_adds_by_get(self, history: Client, clock: FakeClock) -> None:
        """It is answered after its extraction, which nobody makes here."""
        answer = history.call("GET", "/api/history/add", headers={"Origin": EVIL}, query_string={"url": URL})
        assert answer[0] == 200
        assert items.count(Shelf.QUEUE) == 1

    @pytest.mark.parametrize("headers", [{"Origin": EVIL}, {"Origin": "null"}, IMAGE, LINK, FRAME])
    def test_what_any_page_adds_by_get_is_checked_like_all_else(self, history: Client, headers: dict[str, str]) -> None:
        """A mistake is answered at once; an item is answered after its extraction, which nobody makes here."""
        query = {"url": URL, "preset": "nothing"}
        status, answer = history.call("GET", "/api/history/add", headers=headers, query_string=query)
        assert status == 404
        assert "nothing" in answer["error"]

    def test_preflights(self, history: Client) -> None:
        for path, asked in (("/api/history", "POST"), ("/api/history/", "POST"), ("/api/history/add", "GET")):
            headers = {"Access-Control-Request-Method": asked, "Access-Control-Request-Headers": "authorization"}
            assert by_page(history, "OPTIONS", path, headers=headers)[0] == 204
            assert allowed_origin(history) == "*"
            assert history.last.headers["Access-Control-Allow-Methods"] == asked
            assert "Authorization" in history.last.headers["Access-Control-Allow-Headers"]

    def test_preflights_of_everything_else(self, history: Client) -> None:
        for path, asked in [
            ("/api/history", "DELETE"), ("/api/history", "GET"), ("/api/history", "post"), ("/api/history", "PUT"),
            ("/api/history", ""), ("/api/history", "POST, DELETE"), ("/api/history/start", "POST"), ("/api/history/add", "POST"),
        ]:  # fmt: skip
            answer = by_page(history, "OPTIONS", path, headers={"Access-Control-Request-Method": asked})
            assert_refused(history, answer)

    @pytest.mark.parametrize("settings", [{"host": "0.0.0.0", "allow_open": True}, {"allow_open": True}])
    @pytest.mark.parametrize(("origin", "status"), [(EVIL, 403), ("null", 403), (EXTENSION, 200)])
    def test_where_others_reach_the_service_extensions_alone_add(
        self, history: Client, configure: Callable[..., None], settings: dict[str, bool], origin: str, status: int
    ) -> None:
        configure(**settings)
        assert by_page(history, "POST", "/api/history", origin, data=BODY)[0] == status
        assert items.count(Shelf.QUEUE) == (status == 200)

    def test_an_extension_asks_whether_it_reaches_the_service(self, system: Client) -> None:
        assert by_page(system, "GET", "/api/ping", EXTENSION) == (200, {"status": "pong"})
        assert allowed_origin(system) == "*"
        assert_refused(system, by_page(system, "GET", "/api/ping"))


class TestPresets:
    @pytest.fixture
    def presets(self, group: Callable[[str], Client]) -> Client:
        client = group("presets")
        assert (
            client.post("/api/presets", {"name": "mine", "cookies": COOKIES, "cli": "--proxy http://u:p@x.example"})[0]
            == 200
        )
        return client

    @pytest.mark.parametrize("path", ["/api/presets", "/api/presets/"])
    @pytest.mark.parametrize("origin", [EVIL, "null", EXTENSION])
    def test_any_page_asks_for_their_names(self, presets: Client, path: str, origin: str) -> None:
        status, names = by_page(presets, "GET", f"{path}?filter=name", origin)
        assert status == 200
        assert allowed_origin(presets) == "*"
        assert {"name": "mine"} in names
        assert {"name": "default"} in names
        assert {key for each in names for key in each} == {"name"}

    def test_and_for_nothing_else(self, presets: Client) -> None:
        for query in ["", "filter=", "filter=name,cookies", "filter=name,cli", "filter=cookies", "filter=name&filter=cookies",
                      "filter=cookies&filter=name", "filter=name&filter=name", "filter=name&page=1", "Filter=name",
                      "filter[]=name", "filter=name&sort=id", "filter=name%00", "filter=name;cookies", "filter=name%20",
                      "filter=*", "name=filter", "filter=name&exclude_defaults=1"]:  # fmt: skip
            assert_refused(presets, by_page(presets, "GET", f"/api/presets?{query}"))

    @pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "PUT", "POST", "HEAD"])
    def test_nor_for_a_single_one(self, presets: Client, method: str) -> None:
        for path in ("/api/presets/1000", "/api/presets/1?filter=name", "/api/presets/.?filter=name"):
            assert by_page(presets, method, path, data="{}" if method in ("PATCH", "PUT", "POST") else None)[0] == 403
            assert "secret-cookie" not in presets.last.text

    def test_own_pages_get_pages_for_every_other_filter(self, presets: Client) -> None:
        assert presets.get("/api/presets", filter="name,cookies")[1].keys() == {"items", "pagination"}
        assert "secret-cookie" not in presets.last.text


class TestConfigured:
    @pytest.fixture(autouse=True)
    def _configured(self, configure: Callable[..., None]) -> None:
        configure(cors_origins="https://page.example, https://other.example:8443")

    @pytest.mark.parametrize("origin", ["https://page.example", "https://other.example:8443", "https://PAGE.example"])
    def test_its_pages_do_and_read_everything(self, history: Client, origin: str) -> None:
        assert by_page(history, "GET", "/api/history", origin)[0] == 200
        assert allowed_origin(history) == origin
        assert history.last.headers["Access-Control-Allow-Credentials"] == "true"
        assert "Origin" in history.last.headers["Vary"]
        headers = {"Access-Control-Request-Method": "DELETE"}
        assert by_page(history, "OPTIONS", "/api/history", origin, headers=headers) == (204, None)
        assert allowed_origin(history) == origin
        assert "DELETE" in history.last.headers["Access-Control-Allow-Methods"]

    def test_look_alikes_do_not(self, history: Client) -> None:
        for origin in ["http://page.example", "https://sub.page.example", "https://page.example.evil.example",
                       "https://evilpage.example", "https://page.example:8443", "https://other.example",
                       "https://page.example/", "https://page.example https://evil.example", "https://page_example"]:  # fmt: skip
            assert_refused(history, by_page(history, "GET", "/api/history", origin))

    def test_a_picture_on_its_page(self, system: Client) -> None:
        assert system.call("GET", "/api/ping", headers={**IMAGE, "Referer": "https://page.example/x"})[0] == 200

    @pytest.mark.parametrize(
        "value", ["*", "null", "page.example", "https://*.example", "https://a.example/path", "https://"]
    )
    def test_what_is_no_origin_is_refused_at_the_start(self, value: str) -> None:
        from dlambda.environment import SettingsError, read_settings

        with pytest.raises(SettingsError, match="YTP_CORS_ORIGINS"):
            read_settings({"YTP_CORS_ORIGINS": f"https://page.example {value}"})


class TestOwn:
    @pytest.mark.parametrize(
        "headers",
        [
            {}, {"Origin": "http://localhost"}, {"Origin": "https://localhost"}, {"Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.example"},
            {"User-Agent": "curl/8"}, {"Referer": "https://anywhere.example/"},
        ],
    )  # fmt: skip
    def test_pages_and_programs_do_everything(self, history: Client, headers: dict[str, str]) -> None:
        assert history.call("DELETE", "/api/history", {"ids": ["nobody"]}, headers=headers)[0] != 403
        assert allowed_origin(history) is None

    @pytest.mark.parametrize(
        ("trusted", "status"), [("127.0.0.1", 200), ("127.0.0.0/8", 200), ("10.0.0.1", 403), ("", 403)]
    )
    def test_a_trusted_proxy_tells_the_host(
        self, history: Client, configure: Callable[..., None], trusted: str, status: int
    ) -> None:
        configure(trusted_proxies=trusted)
        headers = {"Origin": "https://media.example", "X-Forwarded-Host": "media.example"}
        assert history.call("GET", "/api/history", headers=headers)[0] == status
        headers["X-Forwarded-Host"] = "media.example, inner.example"
        assert history.call("GET", "/api/history", headers=headers)[0] == 403

    @pytest.mark.parametrize("base", ["/dl", "/deep/er"])
    def test_below_a_base_path(self, stack: Stack, configure: Callable[..., None], base: str) -> None:
        configure(base_path=base)
        client = Client(make_app(importlib.import_module("endpoints.history.routes").routes).test_client(), "history")
        assert by_page(client, "POST", f"{base}/api/history", data=BODY)[0] == 200
        assert_refused(client, by_page(client, "GET", f"{base}/api/history"))
        assert client.call("GET", f"{base}/api/history", headers={"Origin": "http://localhost"})[0] == 200


class TestPassword:
    """What the browser adds by itself proves nothing; the key in the address does."""

    @pytest.fixture(autouse=True)
    def _locked(self, configure: Callable[..., None]) -> None:
        configure(auth_username="user", auth_password="word")

    def test_a_key_in_the_address_adds_from_any_page(self, history: Client) -> None:
        assert by_page(history, "POST", f"/api/history?apikey={KEY}", data=BODY)[0] == 200
        assert items.count(Shelf.QUEUE) == 1
        assert allowed_origin(history) == "*"
        # Also beside what the browser adds.
        again = by_page(
            history, "POST", f"/api/history?apikey={KEY}", headers={"Authorization": "Basic eDp5"}, data=BODY
        )
        assert again[0] == 200

    @pytest.mark.parametrize("headers", [{"Origin": EVIL}, {"Origin": "null"}, IMAGE, FRAME, LINK])
    @pytest.mark.parametrize(
        ("path", "status"),
        [("/api/history/add?url=https://video.example/1&preset=nothing", 404), ("/api/presets?filter=name", 200)],
    )
    def test_a_header_alone_does_not(
        self, group: Callable[[str], Client], headers: dict[str, str], path: str, status: int
    ) -> None:
        client = group(path.split("/")[2].partition("?")[0])
        assert client.call("GET", path, headers={**headers, **BASIC})[0] == 403
        assert items.count(Shelf.QUEUE) == 0
        assert client.call("GET", path, headers=headers)[0] == 401
        assert client.call("GET", f"{path}&apikey={KEY}", headers={**headers, **BASIC})[0] == status

    @pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
    def test_nor_when_it_is_posted(self, history: Client, kind: str) -> None:
        answer = by_page(history, "POST", "/api/history", data=BODY, headers=BASIC, content_type=kind)
        assert (answer[0], answer[1]["error"]) == (403, "A page of another origin sends its credentials as ?apikey=.")
        assert items.count(Shelf.QUEUE) == 0

    def test_an_extension_sends_either(self, history: Client, group: Callable[[str], Client]) -> None:
        assert by_page(history, "POST", "/api/history", EXTENSION, data=BODY, headers=BASIC)[0] == 200
        assert by_page(history, "POST", f"/api/history?apikey={KEY}", EXTENSION, data=BODY)[0] == 200
        assert by_page(group("presets"), "GET", "/api/presets?filter=name", EXTENSION, headers=BASIC)[0] == 200
        assert by_page(group("system"), "GET", "/api/ping", EXTENSION, headers=BASIC)[0] == 200
        assert by_page(history, "POST", "/api/history", EXTENSION, data=BODY)[0] == 401

    @pytest.mark.parametrize("path", ["/api/history", "/api/history/live"])
    def test_everything_else_stays_closed_with_either(self, history: Client, path: str) -> None:
        assert_refused(history, by_page(history, "GET", f"{path}?apikey={KEY}", headers=BASIC))

    def test_wrong_keys_are_refused(self, history: Client) -> None:
        assert by_page(history, "POST", "/api/history?apikey=eDp5", data=BODY)[0] == 401
        assert by_page(history, "POST", "/api/history", data=BODY)[0] == 401

    def test_a_link_to_a_file_works_with_the_header_that_the_browser_adds(self, system: Client) -> None:
        assert system.call("GET", "/api/docs", headers={**LINK, **BASIC})[0] == 200
        assert system.call("GET", "/api/system/configuration", headers={**LINK, **BASIC})[0] == 403


class TestHosts:
    """The same app by functions-framework; the gateway of one machine: tests/e2e/test_safe_defaults.py."""

    @pytest.fixture
    def ask(self, stack: Stack) -> Callable[[str], int]:
        entry = http_entry(importlib.import_module("endpoints.history.main").app)

        def status(host: str) -> int:
            environ = EnvironBuilder("/api/history?type=queue").get_environ() | {"HTTP_HOST": host}
            return entry(Request(environ)).status_code

        return status

    @pytest.mark.parametrize(
        ("host", "status"), [("localhost", 200), ("127.0.0.1:8080", 200), ("evil.example", 403), ("", 403)]
    )
    def test_a_foreign_name_is_refused(self, ask: Callable[[str], int], host: str, status: int) -> None:
        assert ask(host) == status

    def test_configured_names_pass(self, ask: Callable[[str], int], configure: Callable[..., None]) -> None:
        configure(allowed_hosts="media.example NAS.local. 192.168.1.5,[fd00::1]")
        for host in ("media.example", "nas.local:8080", "192.168.1.5", "[fd00::1]:80"):
            assert ask(host) == 200, host
        assert ask("sub.media.example") == 403

    def test_with_a_password_names_do_not_matter(
        self, ask: Callable[[str], int], configure: Callable[..., None]
    ) -> None:
        configure(auth_username="u", auth_password="p")
        assert ask("evil.example") == 401

    @pytest.mark.parametrize("value", ["http://nas.local", "nas.local:80", "a/b", "*", "*.local"])
    def test_what_is_no_name_is_refused_at_the_start(self, value: str) -> None:
        from dlambda.environment import SettingsError, read_settings

        with pytest.raises(SettingsError, match="YTP_ALLOWED_HOSTS"):
            read_settings({"YTP_ALLOWED_HOSTS": value})


class TestCloud:
    """Lambda names its function; a stack that was made by hand, without the template's rule, is closed as well."""

    @pytest.fixture(autouse=True)
    def _lambda(self, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "stack-HistoryFunction")
        configure()

    @pytest.mark.parametrize("settings", [{}, {"auth_username": "u"}, {"auth_password": "p"}])
    def test_without_a_password_everything_is_refused(
        self, history: Client, configure: Callable[..., None], settings: dict[str, str]
    ) -> None:
        configure(**settings)
        for method in ("GET", "POST", "OPTIONS", "DELETE"):
            for path in ("/api/history", "/api/history/live", "/nothing"):
                status, body = history.call(method, path)
                assert (status, body["code"]) == (503, "UNAVAILABLE")
                assert "AllowOpen=true" in body["error"]

    def test_unless_it_was_said(self, history: Client, configure: Callable[..., None]) -> None:
        configure(allow_open="true")
        assert history.call("GET", "/api/history", headers={"Host": "api.example"})[0] == 200
        assert by_page(history, "POST", "/api/history", data=BODY)[0] == 403

    def test_with_a_password_it_answers(self, history: Client, configure: Callable[..., None]) -> None:
        configure(auth_username="user", auth_password="word")
        assert history.call("GET", "/api/history")[0] == 401
        assert history.call("GET", "/api/history", headers=BASIC)[0] == 200

    def test_the_key_api_has_keys_of_its_own(self, group: Callable[[str], Client]) -> None:
        """Its function has no password: it would always be refused."""
        assert group("keys").call("GET", "/get_keys", headers={"X-API-Key": "x"})[0] == 401


def test_the_key_api_is_closed_to_pages(group: Callable[[str], Client]) -> None:
    keys = group("keys")
    assert by_page(keys, "POST", "/get_video", data="{}", headers={"X-API-Key": "x"})[0] == 403
    assert by_page(keys, "OPTIONS", "/get_video", headers={"Access-Control-Request-Method": "POST"})[0] == 403
    assert keys.call("GET", "/files/nothing/x.mp4", headers=LINK)[0] == 404
