"""Pages by a remote browser: docs/contract/tasks.md 7.3."""

import json
from typing import Any

import pytest

from dlambda.domain.tasks.recipe import BrowserOptions, WaitFor
from dlambda.media.handlers.browser import render
from dlambda.media.handlers.client import Client
from dlambda.media.outgoing.request import Answer, FetchFailed, Request
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


def posting(*wheres: str) -> Web:
    """A hub whose scripts answer so, one after the other."""
    web = hub()
    answers = iter([None, *wheres])

    class Scripted(Web):
        def __call__(self, request: Request) -> Answer:
            if request.url.endswith("/execute/sync"):
                self.pages = {**self.pages, request.url: json.dumps({"value": next(answers)})}
            return super().__call__(request)

    return Scripted(web.pages)


def test_a_form_is_posted_from_an_empty_page_and_its_answer_read() -> None:
    web = posting("about:blank", "", "https://a.example/final")
    form = {"query": "new videos", "page": "2"}
    naps: list[float] = []
    answer = render(BrowserOptions(url=HUB), "https://a.example/s", client_of(web), naps.append, form=form)
    assert answer.body == b"<html>x</html>"
    orders = [json.loads(request.body or b"null") for request in web.asked]
    assert orders[2] == {"url": "about:blank"}
    assert "submit.call(form)" in orders[3]["script"]
    assert orders[3]["args"] == ["https://a.example/s", [["query", "new videos"], ["page", "2"]]]
    assert len(naps) == 2


@pytest.mark.parametrize("wheres", [["chrome-error://chromewebdata/"], ["about:blank"] * 4])
def test_a_form_that_leads_nowhere_is_told(wheres: list[str]) -> None:
    web = posting(*wheres)
    options = BrowserOptions(url=HUB, page_load_timeout=2)
    with pytest.raises(FetchFailed, match="could not load the page that the form leads to"):
        render(options, "https://a.example/s", client_of(web), lambda _: None, form={})
    assert web.asked[-1].method == "DELETE"


def test_a_session_that_cannot_be_closed_costs_no_page() -> None:
    web = hub()
    del web.pages[SESSION]  # type: ignore[attr-defined]
    assert render(BrowserOptions(url=HUB), "https://a.example", client_of(web)).body == b"<html>x</html>"
    assert web.asked[-1].method == "DELETE"


def test_all_steps_together_keep_to_the_clients_time() -> None:
    web = hub(found=[])
    options = BrowserOptions(url=HUB, wait_for=WaitFor(expression=".x"), wait_timeout=30)
    answer = render(options, "https://a.example", Client(web, "Mozilla/5.0 (test)", timeout_seconds=4))
    assert answer.body == b"<html>x</html>"
    # It looks every half second: eight times at most, where its own time would be sixty times.
    assert sum(request.url.endswith("/elements") for request in web.asked) <= 8
    assert max(request.timeout_seconds for request in web.asked) <= 4
