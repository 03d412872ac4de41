"""The proxy that ffmpeg is given."""

import base64
import http.client
import socket
import socketserver
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlambda.media.workers.child.egress import through_socks
from dlambda.media.workers.child.ffmpeg_proxy import Relay, Upstream
from tests.media.servers import SocksHandler, serving
from tests.origin import Origin
from tests.origin.media import ffmpeg


@pytest.fixture
def relay() -> Iterator[Relay]:
    running = Relay().start()
    yield running
    running.close()


def refusing(_host: str, _port: int) -> socket.socket:
    raise PermissionError


class NotingHandler(socketserver.BaseRequestHandler):
    """A proxy that keeps what it was asked."""

    def handle(self) -> None:
        self.server.asked.append(self.request.recv(4096))  # type: ignore[attr-defined]
        self.request.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def authorization(relay: Relay) -> str:
    login = relay.url.removeprefix("http://").partition("@")[0]
    return "Basic " + base64.b64encode(login.encode()).decode()


def ask(relay: Relay, *lines: str) -> bytes:
    """The first line of its answer."""
    address = relay.url.partition("@")[2].split(":")
    with socket.create_connection((address[0], int(address[1])), 5) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection.recv(4096).partition(b"\r\n")[0]


def get(relay: Relay, url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": relay.url}))
    with opener.open(url, timeout=60) as response:
        body: bytes = response.read()
        return body


def test_plain_requests_pass(relay: Relay, origin: Origin) -> None:
    assert get(relay, origin.url("/clip-1.mp4")) == origin.media("clip.mp4").read_bytes()


def test_the_origin_sees_no_proxy_headers(relay: Relay, origin: Origin) -> None:
    assert b"proxy-" not in get(relay, origin.url("/__echo")).lower()


def test_tunnels_pass(relay: Relay, origin: Origin) -> None:
    host, port = origin.base.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(relay.url.partition("@")[2], timeout=60)
    connection.set_tunnel(host, int(port), {"Proxy-Authorization": authorization(relay)})
    connection.request("GET", "/clip-1.mp4")
    assert connection.getresponse().read() == origin.media("clip.mp4").read_bytes()
    connection.close()


WRONG = [
    [], ["Proxy-Authorization: Basic"], ["Proxy-Authorization: Basic dTpw"], ["Authorization: {right}"],
    ["Proxy-Authorization: Bearer {token}"], ["Proxy-Authorization: {right}x"], ["Proxy-Authorization: {half}"],
    ["Proxy-Authorization: {right}", "Proxy-Authorization: Basic dTpw"], ["Proxy-Authorization: "], ["Proxy-Authorization: \xe4"],
]  # fmt: skip


@pytest.mark.parametrize("fields", WRONG)
@pytest.mark.parametrize("method", ["CONNECT", "GET", "POST", "OPTIONS"])
def test_without_its_credentials_it_opens_nothing(relay: Relay, origin: Origin, method: str, fields: list[str]) -> None:
    right = authorization(relay)
    before = origin.counts
    url = origin.base.removeprefix("http://") if method == "CONNECT" else origin.url("/clip-1.mp4")
    sent = [field.format(right=right, token=right.partition(" ")[2], half=right[:20]) for field in fields]
    assert ask(relay, f"{method} {url} HTTP/1.1", *sent).split(b" ", 1)[1] == b"407 Proxy Authentication Required"
    assert origin.counts == before


def test_each_relay_has_credentials_of_its_own(relay: Relay, origin: Origin) -> None:
    other = Relay().start()
    wrong = f"Proxy-Authorization: {authorization(other)}"
    assert b"407" in ask(relay, f"GET {origin.url('/clip-1.mp4')} HTTP/1.1", wrong)
    other.close()


def test_its_credentials_go_no_further(relay: Relay, origin: Origin) -> None:
    """Neither to the site nor to the user's proxy, which would take them for its own."""
    assert authorization(relay).encode() not in get(relay, origin.url("/__echo"))
    with serving(NotingHandler) as proxy:
        chained = Relay(Upstream("127.0.0.1", proxy.server_address[1], "Basic dTpw")).start()
        ask(chained, f"GET {origin.url('/short.mp4')} HTTP/1.1", f"Proxy-Authorization: {authorization(chained)}")
        chained.close()
        assert [line for line in proxy.asked[0].split(b"\r\n") if b"Proxy-" in line] == [
            b"Proxy-Authorization: Basic dTpw"
        ]


def test_a_refused_address_is_403(origin: Origin) -> None:
    running = Relay(connect=refusing).start()
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(running, origin.url("/clip-1.mp4"))
    assert caught.value.code == 403
    running.close()


def test_a_dead_address_is_502(relay: Relay) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(relay, "http://127.0.0.1:1/")
    assert caught.value.code == 502


def test_it_goes_on_through_the_users_proxy_with_its_login(relay: Relay, origin: Origin) -> None:
    upstream = Upstream.parse(relay.url)
    assert upstream is not None
    assert upstream.authorization == authorization(relay)
    chained = Relay(upstream).start()
    assert get(chained, origin.url("/short.mp4")) == origin.media("short.mp4").read_bytes()
    chained.close()


def test_a_login_is_unquoted() -> None:
    upstream = Upstream.parse("http://us%40er:pa%3Ass@1.2.3.4:80")
    assert upstream is not None
    assert upstream.authorization == "Basic dXNAZXI6cGE6c3M="


def test_other_kinds_of_proxies_are_no_upstream() -> None:
    assert Upstream.parse("socks5://1.2.3.4:1080") is None
    assert Upstream.parse("1.2.3.4:3128") == Upstream("1.2.3.4", 3128)


@pytest.fixture
def socks() -> Iterator[socketserver.ThreadingTCPServer]:
    with serving(SocksHandler) as server:
        yield server


def test_it_goes_on_through_a_socks_proxy(origin: Origin, socks: socketserver.ThreadingTCPServer) -> None:
    running = Relay(connect=through_socks(f"socks5h://127.0.0.1:{socks.server_address[1]}")).start()
    assert get(running, origin.url("/short.mp4")) == origin.media("short.mp4").read_bytes()
    assert len(socks.asked) == 1  # type: ignore[attr-defined]
    running.close()


def test_a_proxy_that_ffmpeg_cannot_use_is_not_left_out(origin: Origin) -> None:
    running = Relay(connect=through_socks("https://proxy.example:3128")).start()
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(running, origin.url("/short.mp4"))
    assert caught.value.code == 502
    running.close()


def test_ffmpeg_reads_through_it(relay: Relay, origin: Origin, tmp_path: Path) -> None:
    target = tmp_path / "out.ts"
    command = [ffmpeg(), "-v", "error", "-i", origin.url("/hls/high/index.m3u8"), "-c", "copy", str(target)]
    done = subprocess.run(command, env={"http_proxy": relay.url}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert target.stat().st_size > 100_000


def test_ffmpeg_sends_the_credentials_with_a_tunnel_too(origin: Origin, tmp_path: Path) -> None:
    """Behind https it asks for a tunnel; the far end here speaks no TLS, so that only the request is looked at."""
    opened: list[tuple[str, int]] = []

    def note(host: str, port: int) -> socket.socket:
        opened.append((host, port))
        raise OSError

    running = Relay(connect=note).start()
    command = [ffmpeg(), "-v", "error", "-i", "https://video.example/x.mp4", "-c", "copy", str(tmp_path / "o.ts")]
    subprocess.run(command, env={"http_proxy": running.url}, capture_output=True, check=False)
    running.close()
    assert opened == [("video.example", 443)]


def test_ffmpeg_gets_nothing_that_is_refused(origin: Origin, tmp_path: Path) -> None:
    running = Relay(connect=refusing).start()
    before = origin.counts
    command = [ffmpeg(), "-v", "error", "-i", origin.url("/hls/high/index.m3u8"), "-c", "copy", str(tmp_path / "o.ts")]
    done = subprocess.run(command, env={"http_proxy": running.url}, capture_output=True, check=False)
    assert done.returncode != 0
    assert origin.counts == before
    running.close()
