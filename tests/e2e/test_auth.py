"""Every route asks for the password (docs/contract/system.md 2)."""

from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e import credentials
from tests.e2e.api import Api
from tests.e2e.listener import Listener
from tests.e2e.service import Service

ROUTES = [
    ("GET", "/api/ping"), ("GET", "/api/history"), ("POST", "/api/history"), ("GET", "/api/history/add?url=x"),
    ("DELETE", "/api/history"), ("GET", "/api/history/live"), ("GET", "/api/history/some-id"),
    ("POST", "/api/history/start"), ("POST", "/api/history/some-id/nfo"), ("GET", "/api/archiver?preset=default"),
    ("GET", "/api/system/configuration"), ("POST", "/api/system/pause"), ("POST", "/api/system/terminal"),
    ("GET", "/api/tasks"), ("GET", "/api/presets"), ("GET", "/api/conditions"), ("GET", "/api/dl_fields"),
    ("GET", "/api/notifications"), ("POST", "/api/yt-dlp/convert"), ("GET", "/api/download/x.mp4"),
    ("HEAD", "/api/download/x.mp4"), ("GET", "/api/file/browser/"), ("GET", "/api/player/playlist/x.mp4.m3u8"),
    ("GET", "/api/logs"), ("GET", "/api/docs/README.md"), ("GET", "/api/thumbnail?url=x"),
    ("GET", "/api/system/live"), ("GET", "/api/system/ready"),
]  # fmt: skip


@pytest.fixture
def stranger(guarded: Service) -> Api:
    """A client without credentials."""
    return guarded.api


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stranger_is_refused_at_every_door(stranger: Api, method: str, path: str) -> None:
    reply = stranger.request(method, path, raw=b"{}" if method in ("POST", "DELETE") else b"")
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == 'Basic realm="Authorization Required."'
    if method != "HEAD":
        assert reply.json()["error"] == "Authorization Required."


def test_options_needs_no_password(stranger: Api) -> None:
    assert stranger.request("OPTIONS", "/api/history").status == 204


@pytest.mark.parametrize(
    "value",
    [
        credentials.standard(), credentials.urlsafe(), credentials.standard().rstrip("="),
        credentials.urlsafe().rstrip("="),
    ],
)  # fmt: skip
class TestBothAlphabets:
    """With and without padding, in the header and in the query."""

    def test_in_the_header(self, stranger: Api, value: str) -> None:
        assert stranger.get("/api/ping", headers={"Authorization": f"Basic {value}"}).status == 200

    def test_in_the_query(self, stranger: Api, value: str) -> None:
        assert stranger.get(f"/api/ping?apikey={quote(value)}").status == 200

    def test_a_plus_that_arrived_as_a_blank(self, stranger: Api, value: str) -> None:
        assert stranger.get(f"/api/ping?apikey={value}").status == 200

    def test_at_the_socket(self, guarded: Service, value: str) -> None:
        with Listener(guarded.base, f"apikey={quote(value)}") as client:
            client.wait("connected")


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (credentials.basic("ada", "wrong"), {"error": "Unauthorized (Invalid credentials)."}),
        (credentials.basic("eve"), {"error": "Unauthorized (Invalid credentials)."}),
        ("Bearer abc", {"error": "Unsupported authentication method.", "method": "Bearer"}),
    ],
)
def test_wrong_credentials_are_named(stranger: Api, header: str, body: dict[str, str]) -> None:
    reply = stranger.get("/api/ping", headers={"Authorization": header})
    assert reply.status == 401
    assert reply.json() | body == reply.json()


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Basic /////w==", "nonsense", "Basic " + "A" * 5])
def test_broken_headers_are_401(stranger: Api, header: str) -> None:
    assert stranger.get("/api/ping", headers={"Authorization": header}).status == 401


@pytest.mark.parametrize("query", ["", "apikey=wrong", "apikey="])
def test_the_socket_refuses_before_the_upgrade(guarded: Service, query: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        Listener(guarded.base, query)
    assert refusal.value.response.status_code == 401


def test_the_socket_takes_the_header(guarded: Service) -> None:
    with Listener(guarded.base, headers={"Authorization": credentials.basic()}) as client:
        client.wait("connected")


def test_a_member_signs_in_listens_and_is_signed_out(guarded: Service) -> None:
    """docs/contract/accounts.md 3, 4, through the gateway."""
    admin = Api(guarded.base, {"Authorization": credentials.basic()})
    member = {"username": "member of the test", "password": "a long word"}
    made = admin.request("POST", "/api/auth/accounts", member).json()
    answer = Api(guarded.base).request("POST", "/api/auth/login", member)
    assert answer.json()["user"] == {"id": made["id"], "username": member["username"], "role": "member"}
    cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
    browser = Api(guarded.base, cookie)
    assert browser.get("/api/history").status == 200
    assert browser.get("/api/logs").status == 403
    with Listener(guarded.base, headers=cookie) as by_cookie:
        by_cookie.wait("connected")
    ticket = browser.request("POST", "/api/auth/ws-ticket").json()["ticket"]
    with Listener(guarded.base, f"ticket={ticket}") as by_ticket:
        by_ticket.wait("connected")
    for query, headers in ((f"ticket={ticket}", {}), ("", cookie | {"Origin": "https://evil.example"})):
        with pytest.raises(InvalidStatus):
            Listener(guarded.base, query, headers)
    assert admin.request("DELETE", f"/api/auth/accounts/{made['id']}").status == 204
    assert browser.get("/api/history").status == 401


def test_an_open_address_without_a_password_is_not_served(tmp_path_factory: pytest.TempPathFactory) -> None:
    open_service = Service(tmp_path_factory.mktemp("open") / "data", {"YTP_HOST": "0.0.0.0"})
    try:
        with pytest.raises(AssertionError, match=r"YTP_AUTH_PASSWORD|YTP_ALLOW_OPEN"):
            open_service.start()
    finally:
        open_service.kill()
