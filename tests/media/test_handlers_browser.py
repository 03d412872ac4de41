"""Pages by a remote browser: docs/contract/tasks.md 7.3."""

import json
from typing import Any

import pytest

from dlambda.domain.tasks.recipe import BrowserOptions, WaitFor
from dlambda.media.fetch import FetchFailed
from dlambda.media.handlers.browser import render
from tests.media.canned import Web, client_of

HUB = "http://hub.example:4444/wd/hub"
SESSION = f"{HUB}/session/s1"


def hub(**elements: Any) -> Web:
    answers = {
        f"{HUB}/session": {"sessionId": "s1", "capabilities": {}},
        SESSION: None,
        f"{SESSION}/timeouts": None,
        f"{SESSION}/url": "https://a.example/final",
        f"{SESSION}/source": "<html>x</html>",
        f"{SESSION}/elements": elements.get("found", [{"id": 1}]),
    }
    return Web({url: json.dumps({"value": value}) for url, value in answers.items()})


def test_a_page_is_opened_awaited_and_read() -> None:
    web = hub()
    options = BrowserOptions(url=HUB + "/", arguments="--headless --lang=en", wait_for=WaitFor(expression=".x"))  # type: ignore[arg-type]
    answer = render(options, "https://a.example", client_of(web), sleep=lambda _: None)
    assert (answer.url, answer.body) == ("https://a.example/final", b"<html>x</html>")
    assert [(request.method, request.url.removeprefix(HUB)) for request in web.asked] == [
        ("POST", "/session"),
        ("POST", "/session/s1/timeouts"),
        ("POST", "/session/s1/url"),
        ("POST", "/session/s1/elements"),
        ("GET", "/session/s1/url"),
        ("GET", "/session/s1/source"),
        ("DELETE", "/session/s1"),
    ]
    assert b'"args": ["--headless", "--lang=en"]' in (web.asked[0].body or b"")
    assert json.loads(web.asked[3].body or b"") == {"using": "css selector", "value": ".x"}


def test_waiting_for_an_element_ends() -> None:
    web = hub(found=[])
    naps: list[float] = []
    options = BrowserOptions(url=HUB, wait_for=WaitFor(type="xpath", expression="//x"), wait_timeout=5)
    render(options, "https://a.example", client_of(web), sleep=naps.append)
    assert sum(naps) == pytest.approx(4.5)


def test_the_session_is_closed_after_a_failure() -> None:
    web = hub()
    web.pages = {url: page for url, page in web.pages.items() if not url.endswith("/url")}
    with pytest.raises(FetchFailed):
        render(BrowserOptions(url=HUB), "https://a.example", client_of(web))
    assert web.asked[-1].method == "DELETE"


def test_what_is_no_webdriver_is_told() -> None:
    with pytest.raises(FetchFailed, match="not WebDriver"):
        render(BrowserOptions(url=HUB), "https://a.example", client_of(Web({f"{HUB}/session": "<html>"})))
