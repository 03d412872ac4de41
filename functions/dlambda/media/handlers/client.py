"""How handlers ask sites, what they are, and how they fail (docs/contract/tasks.md 6)."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from dlambda.domain.items.entry_limit import TooManyEntries, at_most
from dlambda.domain.tasks.feed import Feed, FeedItem
from dlambda.errors import AppError, Invalid
from dlambda.media.handlers.texts import parse_json
from dlambda.media.outgoing.request import DEFAULT_TIMEOUT_SECONDS, Answer, FetchFailed, Request

Ask = Callable[[Request], Answer]
"""`dlambda.media.outgoing.fetch.fetch` with the deployment's guard bound; tests hand in canned answers."""

_NEWEST_CHROME: Final = 142
_PLATFORMS: Final = ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")


class HandlerFailed(Invalid):
    """`message` is the documented text of the handler, `cause` what happened."""

    def __init__(self, message: str, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause or message


class Handler(Protocol):
    """Serves the URLs that it `takes`. Its class name is the name that the API shows."""

    knows_archive_ids: bool
    """False: an item's archive id must still be looked up by its URL (tasks.md 7.5)."""

    @property
    def name(self) -> str: ...

    def takes(self, url: str) -> bool: ...

    def fetch(self, url: str, client: "Client") -> Feed:
        """Reads the feed or page behind `url`. Raises `HandlerFailed`."""


class Named:
    """`name`: the class's own."""

    @property
    def name(self) -> str:
        return type(self).__name__


class Memory(Protocol):
    """Answers to earlier requests, for conditional ones."""

    def find(self, url: str) -> Answer | None: ...

    def keep(self, url: str, answer: Answer) -> None: ...


# An answer's header, and the one that asks for what has changed since.
_VALIDATORS: Final = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_NOT_MODIFIED: Final = 304


@dataclass(frozen=True)
class Client:
    """Asks in the way of a browser, with the proxy and the timeout of a task's options.

    `longest_seconds` is for all requests of one feed together, whatever timeouts a definition names; without it that is
    `timeout_seconds`, so who has little time says so once. It counts from `begun`.
    """

    ask: Ask
    user_agent: str
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    proxy: str | None = None
    longest_seconds: float | None = None
    ends_at: float | None = None
    most_items: int = 10_000
    memory: Memory | None = None

    def items(self, entries: Iterable[FeedItem]) -> tuple[FeedItem, ...]:
        """All items of a feed, one by one. Raises `HandlerFailed` for more than `most_items`, of which one is read."""
        try:
            return at_most(entries, self.most_items)
        except TooManyEntries as error:
            raise HandlerFailed(error.message) from None

    def begun(self) -> "Client":
        """The client for one feed: its time runs from now, or has been running."""
        if self.ends_at is not None:
            return self
        longest = self.timeout_seconds if self.longest_seconds is None else self.longest_seconds
        return replace(self, ends_at=time.monotonic() + longest)

    def seconds_left(self) -> float:
        """For everything that is still to be asked; endless while nothing has `begun`."""
        return float("inf") if self.ends_at is None else self.ends_at - time.monotonic()

    def send(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_seconds: float | None = None,
        browser: str | None = None,
        sends_browser_headers: bool = True,
    ) -> Answer:
        """An answer with a status below 400. Raises an `AppError` whose message is the cause.

        `timeout_seconds` is the caller's own, within what is left. `browser`: the one that it is made to look like,
        with that browser's headers where `sends_browser_headers`.
        """
        seconds = self.seconds_left()
        if seconds <= 0:
            raise FetchFailed("Timed out")
        request = Request(
            url,
            method=method,
            headers=dict(headers or {}) if browser and sends_browser_headers else self._with_defaults(headers or {}),
            body=body,
            timeout_seconds=min(timeout_seconds or self.timeout_seconds, seconds),
            proxy=self.proxy,
            browser=browser,
            sends_browser_headers=sends_browser_headers,
        )
        return self.ask(request).expect_ok()

    def _with_defaults(self, headers: Mapping[str, str]) -> dict[str, str]:
        """`headers`, behind those of ours that they do not name."""
        defaults = {
            "User-Agent": self.user_agent,
            "Accept-Language": "en-US,en;q=0.9",
            "Accept-Encoding": "gzip, deflate, br",
        }
        names = {name.lower() for name in headers}
        return {name: value for name, value in defaults.items() if name.lower() not in names} | dict(headers)

    def read(self, url: str, failure: str, **options: Any) -> Answer:
        """As `send`; raises `HandlerFailed` with `failure` as its text."""
        try:
            return self.send(url, **options)
        except AppError as error:
            raise HandlerFailed(failure, error.message) from error

    def revisit(self, url: str, failure: str) -> Answer:
        """As `read`, without a transfer of what has not changed since the last time."""
        cached = self.memory.find(url) if self.memory else None
        headers = cached.headers if cached else {}
        conditions = {asking: headers[name] for name, asking in _VALIDATORS.items() if headers.get(name)}
        answer = self.read(url, failure, headers=conditions)
        if cached and answer.status == _NOT_MODIFIED:
            return cached
        if self.memory and _VALIDATORS.keys() & answer.headers.keys():
            self.memory.keep(url, answer)
        return answer

    def read_json(self, url: str, failure: str, **options: Any) -> Any:
        answer = self.read(url, failure, **options)
        try:
            return parse_json(answer.body, answer.headers.get("content-type", ""))
        except (ValueError, RecursionError):
            raise HandlerFailed(failure, "The answer is not JSON") from None


def browser_like(random: Callable[[], float]) -> str:
    """A user agent of a current browser. `random` answers a number in [0, 1)."""
    platform = _PLATFORMS[int(random() * len(_PLATFORMS))]
    version = _NEWEST_CHROME - int(random() * 6)
    return f"Mozilla/5.0 ({platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
