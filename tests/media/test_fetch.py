"""The guarded fetcher: docs/contract/system.md 8."""

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dlambda.errors import Invalid
from dlambda.media.outgoing.fetch import fetch, with_params
from dlambda.media.outgoing.request import Answer, FetchFailed, Request
from tests.media.servers import SocksHandler, serving
from tests.origin import Origin
from tests.patience import must_end

INTERNAL = "Access to internal urls or private networks is not allowed."


def get(url: str, **changes: object) -> Answer:
    return fetch(Request(url, **changes), allow_internal=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "URL is required."),
        ("http://[bad", "Invalid URL."),
        ("ftp://a.example", "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ("file:///etc/passwd", "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ("https:///x", "Invalid hostname."),
        ("http://does-not-exist.invalid", "Invalid hostname."),
        ("http://127.0.0.1:1/", INTERNAL),
        ("http://localhost:1/", INTERNAL),
        ("http://[::1]:1/", INTERNAL),
        ("http://[::ffff:127.0.0.1]:1/", INTERNAL),
        ("http://169.254.169.254/latest/meta-data", INTERNAL),
        ("http://10.0.0.1/", INTERNAL),
        ("http://0x7f000001:1/", INTERNAL),
        ("http://2130706433:1/", INTERNAL),
        ("http://127.1:1/", INTERNAL),
    ],
)
def test_an_address_is_refused_before_anything_is_sent(url: str, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        fetch(Request(url))
    assert caught.value.message == text


def test_a_redirect_cannot_lead_inside(origin: Origin) -> None:
    inside = origin.url("/page.html").replace("127.0.0.1", "127.0.0.2")
    request = Request(origin.url(f"/redirect-to?url={inside}"))
    with pytest.raises(Invalid, match="internal urls"):
        fetch(request, is_refused=lambda address: address != "127.0.0.1")


def test_a_proxy_may_not_be_internal_either() -> None:
    with pytest.raises(Invalid, match="internal urls"):
        fetch(Request("http://8.8.8.8/", proxy="http://127.0.0.1:1/"))
    with pytest.raises(Invalid, match="internal urls"):
        fetch(Request("http://8.8.8.8/", proxy="socks5://127.0.0.1:1/"))
    with pytest.raises(Invalid, match="Invalid scheme"):
        fetch(Request("http://8.8.8.8/", proxy="ftp://127.0.0.1:1/"))


def test_a_page_comes_with_its_final_address(origin: Origin) -> None:
    answer = get(origin.url("/redirect/3/page.html"))
    assert (answer.status, answer.ok) == (200, True)
    assert answer.url.endswith("/page.html")
    assert answer.content_type == "text/html"


def test_headers_and_body_arrive(origin: Origin) -> None:
    answer = get(origin.url("/__echo"), method="POST", body=b"x=1", headers={"X-Mine": "1", "X-Name": "Привет, für 🎉"})
    echo = json.loads(answer.body)
    assert echo["method"] == "POST"
    assert echo["headers"]["x-mine"] == "1"
    assert echo["headers"]["x-name"].encode("latin-1").decode() == "Привет, für 🎉"


def test_another_origin_gets_no_credentials(origin: Origin) -> None:
    there = origin.url("/__echo").replace("127.0.0.1", "localhost")
    headers = {"Authorization": "Bearer s", "Cookie": "a=b", "X-Mine": "1"}
    moved = json.loads(get(origin.url(f"/redirect-to?url={there}"), headers=headers).body)["headers"]
    assert ("authorization" in moved, "cookie" in moved, moved["x-mine"]) == (False, False, "1")
    same = json.loads(get(origin.url("/redirect/1/__echo"), headers=headers).body)["headers"]
    assert same["authorization"] == "Bearer s"


def test_redirects_end(origin: Origin) -> None:
    with pytest.raises(FetchFailed, match="Too many redirects"):
        get(origin.url("/redirect-loop/x"))


def test_a_bad_status_is_an_answer_until_it_is_not_wanted(origin: Origin) -> None:
    answer = get(origin.url("/status/404/page.html"))
    assert not answer.ok
    with pytest.raises(FetchFailed) as caught:
        answer.expect_ok()
    assert caught.value.upstream_status == 404


def test_a_large_answer_is_cut_short(origin: Origin) -> None:
    with pytest.raises(FetchFailed, match="larger than 1000 bytes"):
        get(origin.url("/clip-1.mp4"), limit_bytes=1000)


@pytest.mark.parametrize("path", ["/hang/page.html", "/slow/1000/clip-1.mp4", "/delay/20/page.html"])
def test_a_slow_site_is_left(origin: Origin, path: str) -> None:
    with must_end(), pytest.raises(FetchFailed, match=r"^Timed out$"):
        get(origin.url(path), timeout_seconds=0.5)


@pytest.fixture
def dribbler() -> Iterator[str]:
    """A server that sends a header line every 50 ms, for ever."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for number in range(10**9):
                if ended.wait(0.05):
                    break
                connection.sendall(b"X-%d: y\r\n" % number)
        except OSError:
            pass
        finally:
            connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    ended.set()
    thread.join()
    server.close()


def test_a_site_that_never_finishes_its_headers_is_left_too(dribbler: str) -> None:
    with must_end(), pytest.raises(FetchFailed, match="Timed out"):
        get(dribbler, timeout_seconds=0.5)


def test_a_refused_connection_is_told_without_inner_names() -> None:
    with pytest.raises(FetchFailed) as caught:
        get("http://127.0.0.1:1/")
    assert "object at" not in caught.value.message
    assert "refused" in caught.value.message


@pytest.fixture
def hanging_up() -> Iterator[int]:
    """The port of a server that reads a request and closes."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1000)

    with serving(Handler) as server:
        yield server.server_address[1]


def test_causes_are_words(origin: Origin, hanging_up: int) -> None:
    def cause(url: str, **changes: Any) -> str:
        with pytest.raises(FetchFailed) as caught:
            get(url, **changes)
        return caught.value.message

    assert cause("http://127.0.0.1:1/") == "Connection refused"
    assert cause(f"http://127.0.0.1:{hanging_up}/") == "Remote end closed connection without response"
    assert "SSL" not in cause(origin.url("/page.html").replace("http:", "https:"))
    proxied = cause(origin.url("/page.html"), proxy="http://127.0.0.1:1")
    assert proxied == "Unable to connect to proxy: Connection refused"


# What cannot be sent


@pytest.mark.parametrize(
    "headers",
    [{"": "x"}, {"X-Name": "a\r\nX-Other: b"}, {"Имя": "x"}, {"X": "\ud800"}],
)
def test_a_header_that_cannot_be_sent_is_a_failure(origin: Origin, headers: dict[str, str]) -> None:
    with pytest.raises(FetchFailed, match="cannot be sent"):
        get(origin.url("/__echo"), headers=headers)


def test_an_address_that_cannot_be_sent_is_a_failure(origin: Origin) -> None:
    with pytest.raises(FetchFailed, match="cannot be sent"):
        get(origin.url("/") + "\ud800")


def test_a_redirect_to_no_address_is_a_failure(origin: Origin) -> None:
    with pytest.raises(FetchFailed, match="redirects to an address that is not valid"):
        get(origin.url("/redirect-to?url=http://[bad"))


def test_a_timeout_beyond_all_clocks_is_a_long_one(origin: Origin) -> None:
    assert get(origin.url("/page.html"), timeout_seconds=1e300).ok


# Hosts and proxies


def test_a_host_in_other_letters_is_asked_by_its_ascii_name(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up, names = socket.getaddrinfo, []

    def name_server(host: str, *rest: Any, **options: Any) -> Any:
        names.append(host)
        return look_up("127.0.0.1", *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", name_server)
    echo = json.loads(get(origin.url("/__echo").replace("127.0.0.1", "bücher.example") + "?ü=%20ö").body)
    assert set(names) == {"xn--bcher-kva.example"}
    assert echo["headers"]["host"].startswith("xn--bcher-kva.example:")


@pytest.mark.parametrize("host", ["x" * 64 + "ü.example", "a b", "💩💩"])
def test_a_host_that_can_be_none_is_refused(host: str) -> None:
    with pytest.raises(Invalid, match="Invalid hostname"):
        get(f"http://{host}/")


@pytest.fixture
def socks() -> Iterator[Any]:
    """A SOCKS5 proxy; `asked` are the places that it was asked for."""
    with serving(SocksHandler) as server:
        yield server


def test_a_site_is_reached_through_a_socks_proxy(origin: Origin, socks: Any) -> None:
    port = socks.server_address[1]
    url = origin.url("/page.html").replace("127.0.0.1", "localhost")
    assert get(url, proxy=f"socks5://127.0.0.1:{port}").ok
    assert get(url, proxy=f"socks5h://127.0.0.1:{port}").ok
    assert [host for host, _ in socks.asked] == ["127.0.0.1", "localhost"]


@pytest.mark.parametrize("kind", ["socks4", "socks4a", "socks5", "socks5h"])
def test_a_socks_proxy_that_is_away_is_named(origin: Origin, hanging_up: int, kind: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        get(origin.url("/page.html"), proxy=f"{kind}://127.0.0.1:1")
    assert caught.value.message == "Unable to connect through the proxy: Connection refused"
    with pytest.raises(FetchFailed, match="Unable to connect through the proxy"):
        get(origin.url("/page.html"), proxy=f"{kind}://127.0.0.1:{hanging_up}")


def test_a_site_inside_is_not_reached_through_a_proxy(socks: Any) -> None:
    request = Request("http://10.0.0.1/", proxy=f"socks5h://127.0.0.1:{socks.server_address[1]}")
    with pytest.raises(Invalid, match="internal urls"):
        fetch(request, is_refused=lambda address: address != "127.0.0.1")
    assert socks.asked == []


def test_a_proxy_that_never_answers_is_left(origin: Origin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, must_end():
        proxy = f"socks5://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(FetchFailed, match="Timed out"):
            get(origin.url("/page.html"), proxy=proxy, timeout_seconds=0.5)


def test_a_proxy_without_a_scheme_is_one_of_http(origin: Origin) -> None:
    address = origin.url("").removeprefix("http://").rstrip("/")
    assert get("http://8.8.8.8/page.html", proxy=address).status in {200, 404}


@pytest.mark.parametrize(
    ("url", "params", "expected"),
    [
        ("https://a.example/feed?sort=new", {"page": 2}, "https://a.example/feed?sort=new&page=2"),
        ("https://a.example/feed?page=1", {"page": 2}, "https://a.example/feed?page=2"),
        ("https://a.example/feed", {"a": True, "b": None, "c": "x y"}, "https://a.example/feed?a=true&c=x+y"),
        ("https://a.example/feed?x=", {}, "https://a.example/feed?x="),
        ("https://a.example/feed?x=", {"y": 1.5}, "https://a.example/feed?x=&y=1.5"),
    ],
)
def test_parameters_join_the_query(url: str, params: dict[str, object], expected: str) -> None:
    assert with_params(url, params) == expected
