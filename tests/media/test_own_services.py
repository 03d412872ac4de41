"""What the operator owns in its own network is reached for that purpose alone (docs/decisions/address-guard.md)."""

import socket
import socketserver
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlambda.domain.web.urls import INTERNAL_TEXT
from dlambda.media.workers.child.ffmpeg_proxy import _pump
from dlambda.media.workers.extract import extract
from dlambda.media.workers.own_services import with_aliases
from dlambda.media.ytdlp.worker_jobs import DownloadJob
from tests.media.servers import serving
from tests.origin import Origin

FILM = "http://film.example/clip-1.mp4"


@pytest.fixture
def proxy(origin: Origin) -> Iterator[Any]:
    """A SOCKS proxy of this machine that finds every name at the origin."""
    port = int(origin.url("").rpartition(":")[2].strip("/"))

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(262)
            self.request.sendall(b"\x05\x00")
            size = self.request.recv(5)[4]
            self.server.asked.append(self.request.recv(size).decode())  # type: ignore[attr-defined]
            self.request.recv(2)
            with socket.create_connection(("127.0.0.1", port)) as target:
                self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
                _pump(self.request, target)

    with serving(Handler) as running:
        yield running


@pytest.fixture
def address(proxy: Any) -> str:
    return f"socks5h://127.0.0.1:{proxy.server_address[1]}"


def test_a_proxy_of_the_own_network_serves_downloads(
    service: object, proxy: Any, address: str, configure: Callable[..., None]
) -> None:
    configure(proxies=f"socks5h://10.9.9.9:1 {address}")
    assert extract(FILM, {"proxy": address}).info is not None
    assert proxy.asked[0] == "film.example"


@pytest.mark.parametrize("listed", ["", "socks5h://127.0.0.1:1"])
def test_a_proxy_that_the_operator_does_not_name_is_refused(
    service: object, proxy: Any, address: str, configure: Callable[..., None], listed: str
) -> None:
    configure(proxies=listed)
    assert extract(FILM, {"proxy": address}).info is None
    assert proxy.asked == []


def test_nobody_else_reaches_its_address(
    service: object, proxy: Any, address: str, configure: Callable[..., None]
) -> None:
    configure(proxies=address)
    url = f"http://127.0.0.1:{proxy.server_address[1]}/clip-1.mp4"
    assert INTERNAL_TEXT in str(extract(url, {}).error)
    assert INTERNAL_TEXT in str(extract("http://240.0.0.1/clip-1.mp4", {}).error)
    assert proxy.asked == []


def test_each_job_has_an_address_of_its_own_for_it(address: str, configure: Callable[..., None]) -> None:
    configure(proxies=address)
    job = DownloadJob(item_id="a", url=FILM, params={"proxy": address}, workdir=Path("/tmp/x"))
    drawn = {with_aliases(job)[1][0] for _ in range(20)}
    assert len({alias for alias, _, _ in drawn}) == 20
    assert {(host, str(port)) for _, host, port in drawn} == {("127.0.0.1", address.rpartition(":")[2])}
