"""The proxy that ffmpeg is given."""

import http.client
import socket
import socketserver
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlambda.media.workers.recording import through_socks
from dlambda.media.workers.relay import Relay, Upstream
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


def get(relay: Relay, url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": relay.url}))
    with opener.open(url, timeout=5) as response:
        body: bytes = response.read()
        return body


def test_plain_requests_pass(relay: Relay, origin: Origin) -> None:
    assert get(relay, origin.url("/clip-1.mp4")) == origin.media("clip.mp4").read_bytes()


def test_the_origin_sees_no_proxy_headers(relay: Relay, origin: Origin) -> None:
    assert b"proxy-" not in get(relay, origin.url("/__echo")).lower()


def test_tunnels_pass(relay: Relay, origin: Origin) -> None:
    host, port = origin.base.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(relay.url.removeprefix("http://"), timeout=5)
    connection.set_tunnel(host, int(port))
    connection.request("GET", "/clip-1.mp4")
    assert connection.getresponse().read() == origin.media("clip.mp4").read_bytes()
    connection.close()


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
    upstream = Upstream.parse(relay.url.replace("://", "://us%40er:pa%3Ass@"))
    assert upstream is not None
    assert upstream.authorization == "Basic dXNAZXI6cGE6c3M="
    chained = Relay(upstream).start()
    assert get(chained, origin.url("/short.mp4")) == origin.media("short.mp4").read_bytes()
    chained.close()


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


def test_ffmpeg_gets_nothing_that_is_refused(origin: Origin, tmp_path: Path) -> None:
    running = Relay(connect=refusing).start()
    before = origin.counts
    command = [ffmpeg(), "-v", "error", "-i", origin.url("/hls/high/index.m3u8"), "-c", "copy", str(tmp_path / "o.ts")]
    done = subprocess.run(command, env={"http_proxy": running.url}, capture_output=True, check=False)
    assert done.returncode != 0
    assert origin.counts == before
    running.close()
