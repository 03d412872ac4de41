"""What a running service answers to foreign names and pages: docs/contract/system.md 3."""

import socket
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.conftest import CONFIGURED_PAGE
from tests.e2e.listener import Listener
from tests.e2e.service import Service
from tests.origin import Origin

EVIL = "https://evil.example"


def status(service: Service, *lines: str, target: str = "/api/ping", version: str = "1.1", method: str = "GET") -> int:
    """The status of a request with these header lines, as they are."""
    head = "\r\n".join([f"{method} {target} HTTP/{version}", *lines, "Connection: close", "", ""])
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(head.encode("latin-1"))
        first = connection.makefile("rb").readline()
    return int(first.split(b" ")[1])


OWN_HOSTS = ["127.0.0.1", "127.0.0.1:1", "localhost:8080", "LocalHost", "localhost.", "a.localhost:3", "127.9.9.9",
             "[::1]:8080", "media.example", "MEDIA.EXAMPLE:443", "media.example."]  # fmt: skip
FOREIGN_HOSTS = ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "sub.media.example",
                 "192.168.1.5", "0.0.0.0", "[::]", "[fd00::1]", "2130706433", "evil.example@localhost",
                 "localhost,evil.example", "localhost evil.example", "evil.example#localhost", "x" * 300]  # fmt: skip


class TestHosts:
    """DNS rebinding: a name of somebody else that leads here."""

    def test_own_names(self, service: Service) -> None:
        for host in OWN_HOSTS:
            assert status(service, f"Host: {host}") == 200, host

    def test_names_of_others(self, service: Service) -> None:
        for host in [*FOREIGN_HOSTS, ""]:
            for target in ("/api/ping", "/", "/dlambda/files/x", "/nothing", "http://127.0.0.1/api/ping"):
                assert status(service, f"Host: {host}", target=target) in (400, 403), (host, target)
            for method in ("POST", "OPTIONS", "DELETE", "HEAD"):
                assert status(service, f"Host: {host}", method=method, target="/api/history") in (400, 403), (
                    host,
                    method,
                )

    def test_headers_of_proxies_do_not_change_it(self, service: Service) -> None:
        for line in ("X-Forwarded-Host: localhost", "Forwarded: host=localhost", "X-Host: localhost"):
            assert status(service, "Host: evil.example", line) == 403
        assert status(service, "Host: localhost", "X-Forwarded-Host: evil.example") == 200

    def test_several_are_refused_and_none_is_no_browsers(self, service: Service) -> None:
        assert status(service, "Host: localhost", "Host: evil.example") == 400
        assert status(service, "Host: evil.example", "Host: localhost") == 400
        assert status(service, version="1.0") == 200

    def test_an_absolute_target_does_not_change_it(self, service: Service) -> None:
        assert status(service, "Host: evil.example", target="http://localhost/api/ping") == 403
        assert status(service, "Host: localhost", target="http://localhost/api/ping") == 200

    def test_the_text_says_what_to_do(self, service: Service) -> None:
        reply = service.api.get("/api/ping", headers={"Host": "nas.local:8080"})
        assert reply.status == 403
        assert reply.json() == {
            "error": "The host 'nas.local:8080' is none of this service's: "
            "add its name to YTP_ALLOWED_HOSTS, or set a password.",
            "code": "FORBIDDEN",
        }

    @pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.168.1.5"])
    def test_the_socket(self, service: Service, host: str) -> None:
        lines = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg=="]  # fmt: skip
        head = "\r\n".join(["GET /ws HTTP/1.1", f"Host: {host}", *lines, "", ""])
        with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
            connection.sendall(head.encode())
            assert connection.makefile("rb").readline().split(b" ")[1] == b"403"


class TestSockets:
    @pytest.mark.parametrize(
        "origin", [EVIL, "null", "http://127.0.0.1:1", "http://localhost:{port}", "https://page.example.evil.example",
                   "http://page.example", "chrome-extension://abc"]
    )  # fmt: skip
    def test_foreign_pages(self, service: Service, origin: str) -> None:
        with pytest.raises(InvalidStatus) as refusal:
            Listener(service.base, headers={"Origin": origin.format(port=service.port)})
        assert refusal.value.response.status_code == 403
        assert b"YTP_CORS_ORIGINS" in refusal.value.response.body

    @pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", CONFIGURED_PAGE])
    def test_own_and_configured_pages(self, service: Service, origin: str) -> None:
        with Listener(service.base, headers={"Origin": origin.format(port=service.port)}) as client:
            client.wait("connected")


def test_media_and_their_ways(service: Service, origin: Origin) -> None:
    item = service.api.fetch(origin.url("safe/clip-1.mp4"))
    path = service.api.download_path(item)
    signed = service.api.get(path).headers["Location"]
    image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "video"}
    link = image | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for way in (path, signed, f"/api/player/m3u8/video/{quote(item['filename'])}.m3u8"):
        for headers in ({"Origin": EVIL}, {"Origin": "null"}, image):
            reply = service.api.get(way, headers=headers)
            assert reply.status == 403, (way, headers)
            assert "Access-Control-Allow-Origin" not in reply.headers
        for headers in ({}, link, {"Origin": service.base}, {"Sec-Fetch-Site": "same-origin"}):
            reply = service.api.get(way, headers=headers)
            assert reply.status in (200, 302), (way, headers)
            assert "Access-Control-Allow-Origin" not in reply.headers
        page = service.api.get(way, headers={"Origin": CONFIGURED_PAGE})
        assert page.status in (200, 302)
        assert page.headers["Access-Control-Allow-Origin"] == CONFIGURED_PAGE
        assert "Origin" in page.headers["Vary"]
        preflight = {"Origin": CONFIGURED_PAGE, "Access-Control-Request-Method": "GET"}
        assert service.api.request("OPTIONS", way, headers=preflight).status == 204
    clip = origin.media("clip.mp4").read_bytes()
    assert service.api.follow("GET", path, headers={"Origin": CONFIGURED_PAGE}).body == clip
