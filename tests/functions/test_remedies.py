"""Failed items that find their remedy by themselves (docs/contract/downloads.md 5.11, docs/decisions/remedies.md)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dlambda.domain.items.item import Item, Shelf
from dlambda.media.workers.worker import warm_processes
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
    return [(attempt["remedy"], attempt["outcome"]) for attempt in item.view()["attempts"]]


def test_a_browser_is_imitated_where_a_site_wants_one_and_at_once_the_next_time(
    history: Client, stack: Stack, listening: Heard, site: BrowserSite
) -> None:
    item = ended(stack, add(history, site.url("/first.mp4")))
    assert (item.status, item.msg) == ("finished", "Third try worked: with impersonation of a browser.")
    assert remedies_of(item) == [(None, "transient"), ("retry", "transient"), ("impersonate", "finished")]
    assert any("with impersonation of a browser" in told["message"] for told in listening.of("log_warning"))
    [moved] = listening.of("item_moved")
    assert moved["data"]["item"]["attempts"] == item.view()["attempts"]
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
    assert "list-impersonate-targets" not in str(item.view())
