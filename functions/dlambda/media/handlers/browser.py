"""A page as a remote browser shows it: the WebDriver protocol (W3C), which Selenium servers and grids speak.

The browser is the user's (`engine.options.url`); its address passes the guard like any other, so one in a private
network needs `allow_internal_urls`. What the browser then loads is the business of whoever runs it.
"""

import json
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from dlambda.domain.tasks.recipe import BrowserOptions, WaitFor
from dlambda.media.fetch import Answer, FetchFailed
from dlambda.media.handlers.client import Client

_POLL_SECONDS: Final = 0.5
_STRATEGIES: Final = {"css": "css selector", "xpath": "xpath"}


def render(options: BrowserOptions, url: str, client: Client, sleep: Callable[[float], None] = time.sleep) -> Answer:
    """The page's markup after it has loaded and what `wait_for` names has appeared. Raises an `AppError`.

    Only a GET of the page; methods, headers and bodies belong to plain requests.
    """
    hub = options.url.rstrip("/")
    seconds = options.page_load_timeout + options.wait_timeout + 30
    session = _value(_command(client, "POST", f"{hub}/session", _capabilities(options), seconds))
    if not isinstance(session, dict) or not session.get("sessionId"):
        raise FetchFailed("The remote browser gave no session")
    base = f"{hub}/session/{quote(str(session['sessionId']), safe='')}"
    try:
        _command(client, "POST", f"{base}/timeouts", {"pageLoad": int(options.page_load_timeout * 1000)}, seconds)
        _command(client, "POST", f"{base}/url", {"url": url}, seconds)
        if options.wait_for:
            _wait(client, base, options.wait_for, options.wait_timeout, sleep)
        final = _value(_command(client, "GET", f"{base}/url", None, seconds))
        source = _value(_command(client, "GET", f"{base}/source", None, seconds))
    finally:
        _command(client, "DELETE", base, None, seconds)
    return Answer(str(final or url), 200, {"content-type": "text/html; charset=utf-8"}, str(source or "").encode())


def _capabilities(options: BrowserOptions) -> dict[str, Any]:
    chrome = {"args": list(options.arguments)}
    return {"capabilities": {"alwaysMatch": {"browserName": options.browser, "goog:chromeOptions": chrome}}}


def _wait(client: Client, base: str, wait_for: WaitFor, seconds: float, sleep: Callable[[float], None]) -> None:
    """Looks every half second; a page without the element is read as it is."""
    locator = {"using": _STRATEGIES[wait_for.type], "value": wait_for.expression}
    for attempt in range(max(1, int(seconds / _POLL_SECONDS))):
        if attempt:
            sleep(_POLL_SECONDS)
        if _value(_command(client, "POST", f"{base}/elements", locator, 30)):
            return


def _command(client: Client, method: str, url: str, body: dict[str, Any] | None, seconds: float) -> Answer:
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
    return client.send(url, method=method, headers=headers, body=data, timeout_seconds=seconds)


def _value(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)["value"]
    except (ValueError, KeyError, TypeError):
        raise FetchFailed("The remote browser's answer is not WebDriver") from None
