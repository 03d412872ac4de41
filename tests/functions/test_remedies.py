"""Failed items that find their remedy by themselves (docs/contract/downloads.md 5.11, docs/decisions/remedies.md)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from dlambda.domain.items.item import Item, Shelf
from dlambda.domain.web.proxy_pool import parse_proxies
from dlambda.media.workers.warm_process import warm_processes
from dlambda.store.items import items, site_memory
from tests.browser_site import BrowserSite, browser_site
from tests.functions.calls import Client, Heard
from tests.functions.working import until, work
from tests.origin import Origin
from tests.stack import Stack


@pytest.fixture
def site(
    origin: Origin, stack: Stack, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[BrowserSite]:
    """A site that serves browsers alone; workers trust its authority."""
    configure(allow_internal_urls="true")
    with browser_site(origin.media("clip.mp4").read_bytes()) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.authority))
        warm_processes().close()
        yield running
        warm_processes().close()


def add(history: Client, url: str, **fields: Any) -> str:
    status, body = history.post("/api/history", {"url": url, **fields})
    assert status == 200, body
    return str(body[0]["_id"])


def ended(stack: Stack, item_id: str) -> Item:
    """The item when it is in the history, with whatever tries that takes."""

    def is_done() -> bool:
        work(stack)
        return items.get(item_id).shelf is Shelf.DONE

    until(is_done)
    return items.get(item_id)


def remedies_of(item: Item) -> list[tuple[str | None, str]]:
    return [(attempt["remedy"], attempt["outcome"]) for attempt in item.view["attempts"]]


def test_a_browser_is_imitated_where_a_site_wants_one_and_at_once_the_next_time(
    history: Client, stack: Stack, listening: Heard, site: BrowserSite
) -> None:
    item = ended(stack, add(history, site.url("/first.mp4")))
    assert (item.status, item.msg) == ("finished", "Third try worked: with impersonation of a browser.")
    assert remedies_of(item) == [(None, "transient"), ("retry", "transient"), ("impersonate", "finished")]
    assert any("with impersonation of a browser" in told["message"] for told in listening.of("log_warning"))
    [moved] = listening.of("item_moved")
    assert moved["data"]["item"]["attempts"] == item.view["attempts"]
    assert site_memory.find_remedy("127.0.0.1") == "impersonate"

    item = ended(stack, add(history, site.url("/second.mp4")))
    assert remedies_of(item) == [(None, "transient"), ("impersonate", "finished")]


def test_the_operator_switches_remedies_off_for_a_site(
    history: Client, stack: Stack, site: BrowserSite, configure: Callable[..., None]
) -> None:
    configure(site_remedies="127.0.0.1: retry", retries=1)
    item = ended(stack, add(history, site.url("/first.mp4")))
    assert remedies_of(item) == [(None, "transient"), ("retry", "transient")]
    assert item.failure is not None
    assert item.failure["advice"].endswith("Tried without success: the same again.")
    assert "list-impersonate-targets" not in str(item.view)


class _ProxyHandler(BaseHTTPRequestHandler):
    """A proxy that serves the film itself, or refuses for the site."""

    body = b""
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(self.body)

    do_HEAD = do_GET  # noqa: N815 the name that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def proxying(body: bytes, status: int = 200) -> Iterator[str]:
    handler = type("Handler", (_ProxyHandler,), {"body": body, "status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_proxies_of_the_pool_are_tried_and_rest_where_a_site_refuses_them(
    history: Client, stack: Stack, origin: Origin, configure: Callable[..., None]
) -> None:
    film = origin.media("clip.mp4").read_bytes()
    with proxying(b"no", 403) as refused, proxying(film) as serving:
        configure(proxies=f"{refused} {serving}", remedies="proxy", allow_internal_urls="true")
        item = ended(stack, add(history, origin.url("/status/403/film.mp4")))
        assert remedies_of(item) == [(None, "transient"), ("proxy", "transient"), ("proxy", "finished")]
        assert item.msg == "Third try worked: with another proxy."
        [first, _] = parse_proxies(f"{refused} {serving}")
        assert site_memory.find_resting("127.0.0.1").keys() == {first.id}
        item = ended(stack, add(history, origin.url("/status/403/other.mp4")))
        assert remedies_of(item) == [(None, "transient"), ("proxy", "finished")]
        configure(proxy_use="always")
        item = ended(stack, add(history, origin.url("/status/403/third.mp4")))
        assert remedies_of(item) == [(None, "finished")]
        assert "127.0.0.1:" not in str({**item.view, "url": "", "title": "", "extras": ""})
