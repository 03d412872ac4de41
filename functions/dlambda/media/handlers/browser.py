"""A page as a remote browser shows it: the WebDriver protocol (W3C), which Selenium servers and grids speak.

The browser is the user's (`engine.options.url`); its address passes the guard like any other, so one in a private
network needs `allow_internal_urls`. What the browser then loads is the business of whoever runs it.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from dlambda.domain.tasks.recipe import BrowserOptions, WaitFor
from dlambda.errors import AppError
from dlambda.media.handlers.client import Client
from dlambda.media.outgoing.request import Answer, FetchFailed

_POLL_SECONDS: Final = 0.5
# What is kept of the client's time to read a page that was waited for, and to end a session for which none is left.
_READ_SECONDS: Final = 3.0
_CLOSE_SECONDS: Final = 2.0
_BLANK: Final = "about:blank"
_STRATEGIES: Final = {"css": "css selector", "xpath": "xpath"}


# Set as attributes and called by the prototype, as a field may be called `action` or `submit`.
_POST_SCRIPT: Final = """
const [url, fields] = arguments;
const form = document.createElement("form");
form.setAttribute("method", "post");
form.setAttribute("action", url);
form.setAttribute("accept-charset", "utf-8");
for (const [name, value] of fields) {
  const field = document.createElement("input");
  field.setAttribute("type", "hidden");
  field.setAttribute("name", name);
  field.setAttribute("value", value);
  form.appendChild(field);
}
document.documentElement.appendChild(form);
HTMLFormElement.prototype.submit.call(form);
"""
_LOADED_SCRIPT: Final = "return document.readyState === 'complete' ? location.href : '';"


def render(
    options: BrowserOptions,
    url: str,
    client: Client,
    sleep: Callable[[float], None] = time.sleep,
    *,
    form: Mapping[str, str] | None = None,
) -> Answer:
    """The page's markup after it has loaded and what `wait_for` names has appeared. Raises an `AppError`.

    With a `form` the page is what a POST of it answers. A browser sends headers of its own; those of a definition
    belong to plain requests.
    """
    client = client.begun()
    seconds = options.page_load_timeout + options.wait_timeout + 30
    with _session(options, client, seconds) as base:
        load_seconds = min(options.page_load_timeout, max(0.0, client.seconds_left()))
        _command(client, "POST", f"{base}/timeouts", {"pageLoad": int(load_seconds * 1000)}, seconds)
        _command(client, "POST", f"{base}/url", {"url": url if form is None else _BLANK}, seconds)
        if form is not None:
            _command(client, "POST", f"{base}/execute/sync", _script(_POST_SCRIPT, url, list(form.items())), seconds)
            _await_page(client, base, load_seconds, sleep)
        if options.wait_for:
            _wait(client, base, options.wait_for, options.wait_timeout, sleep)
        final = _value(_command(client, "GET", f"{base}/url", None, seconds))
        source = _value(_command(client, "GET", f"{base}/source", None, seconds))
    return Answer(str(final or url), 200, {"content-type": "text/html; charset=utf-8"}, _markup(source))


@contextmanager
def _session(options: BrowserOptions, client: Client, seconds: float) -> Iterator[str]:
    """The address of a new session of the remote browser, which is closed after the block."""
    hub = options.url.rstrip("/")
    session = _value(_command(client, "POST", f"{hub}/session", _capabilities(options), seconds))
    if not isinstance(session, dict) or not session.get("sessionId"):
        raise FetchFailed("The remote browser gave no session")
    base = f"{hub}/session/{quote(str(session['sessionId']), safe='')}"
    try:
        yield base
    finally:
        # The page is read, or its failure is what is to be told; the session has its own time, or it would stay open.
        with suppress(AppError):
            _command(replace(client, ends_at=None), "DELETE", base, None, _CLOSE_SECONDS)


def _markup(source: Any) -> bytes:
    # A page's own script may leave half characters in it.
    return str(source or "").encode(errors="replace")


def _script(source: str, *arguments: Any) -> dict[str, Any]:
    return {"script": source, "args": list(arguments)}


def _await_page(client: Client, base: str, seconds: float, sleep: Callable[[float], None]) -> None:
    """Until the answer to a posted form has loaded. Raises `FetchFailed` when it does not."""
    for _ in range(max(1, int(seconds / _POLL_SECONDS))):
        with suppress(FetchFailed):  # the page that ran the script is going away under it
            where = str(_value(_command(client, "POST", f"{base}/execute/sync", _script(_LOADED_SCRIPT), 30)) or "")
            if where.startswith("chrome-error:"):
                break
            if where not in {"", _BLANK}:
                return
        if client.seconds_left() < _READ_SECONDS:
            break
        sleep(_POLL_SECONDS)
    raise FetchFailed("The browser could not load the page that the form leads to")


def _capabilities(options: BrowserOptions) -> dict[str, Any]:
    chrome = {"args": list(options.arguments)}
    return {"capabilities": {"alwaysMatch": {"browserName": options.browser, "goog:chromeOptions": chrome}}}


def _wait(client: Client, base: str, wait_for: WaitFor, seconds: float, sleep: Callable[[float], None]) -> None:
    """Looks every half second while there is time; a page without the element is read as it is."""
    locator = {"using": _STRATEGIES[wait_for.type], "value": wait_for.expression}
    for attempt in range(max(1, int(seconds / _POLL_SECONDS))):
        if client.seconds_left() < _READ_SECONDS:
            return
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
