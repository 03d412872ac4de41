"""`/api/docs` in a real browser: the document is shown and searched, all from the service itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.api import wait_until
from tests.e2e.browser.chromium import Chromium
from tests.e2e.service import Service
from tests.patience import PATIENCE_SECONDS

_PROBLEMS = """
window.problems = [];
addEventListener("securitypolicyviolation", (event) => window.problems.push(`policy: ${event.violatedDirective}`));
addEventListener("error", (event) => window.problems.push(`error: ${event.message}`));
"""
_COUNT = "document.querySelectorAll('.opblock-summary-path').length"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chromium]:
    with Chromium(tmp_path) as running:
        running.ask("Page.enable")
        running.ask("Page.addScriptToEvaluateOnNewDocument", source=_PROBLEMS)
        yield running


def wait_for(browser: Chromium, expression: str, pause: float = 0.1) -> None:
    """Waits until `expression` is true in the page."""
    complaint = f"never true: {expression}"
    wait_until(lambda: browser.evaluate(f"Boolean({expression})"), PATIENCE_SECONDS, lambda: complaint, pause=pause)


def type_into(browser: Chromium, selector: str, text: str) -> None:
    """Types as a person does: the page hears of each key."""
    browser.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
    browser.ask("Input.insertText", text=text)


def test_the_reference_is_searched_and_offers_requests(service: Service, browser: Chromium, tmp_path: Path) -> None:
    with urlopen(f"{service.base}/api/docs/openapi.json") as reply:
        paths = json.load(reply)["paths"]
    browser.open(f"{service.base}/api/docs", f"{_COUNT} > 0")
    wait_for(browser, f"{_COUNT} === {sum(map(len, paths.values()))}")
    type_into(browser, ".operation-filter-input", "get ping")
    wait_for(browser, f"{_COUNT} === 1 && document.querySelector('.opblock-summary-path').textContent.includes('ping')")
    browser.evaluate("document.querySelector('.opblock-summary-control').click()")
    wait_for(browser, "document.querySelector('.execute')")
    # The click is not made: Swagger UI loses one that comes as fast as a program's.
    browser.screenshot(tmp_path / "reference.png")
    assert browser.evaluate("window.problems") == []
    hosts = "[...new Set(performance.getEntriesByType('resource').map((one) => new URL(one.name).host))]"
    assert browser.evaluate(hosts) == [service.base.removeprefix("http://")]
