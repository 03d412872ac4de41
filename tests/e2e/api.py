"""A small HTTP client for tests: no redirects followed unless asked, every answer a value."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from tests.patience import PATIENCE_SECONDS

HISTORY = ("finished", "error", "cancelled", "skip", "not_live")
T = TypeVar("T")
Json = Any  # what json.loads gives
Record = dict[str, Any]  # an item as clients see it
_GLANCE = 20
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.4


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Json:
        """The body as JSON."""
        return json.loads(self.body)


class Api:
    """Talks to one service at `base`."""

    def __init__(self, base: str, headers: Mapping[str, str] | None = None) -> None:
        self.base = base
        self.headers = dict(headers or {})

    def request(
        self, method: str, path: str, body: Json = None, *, headers: Mapping[str, str] | None = None, raw: bytes = b"",
        timeout: float = PATIENCE_SECONDS,
    ) -> Reply:  # fmt: skip
        """One request. `body` goes as JSON; `raw` goes as it is. `path` may be a whole URL."""
        parts = urlsplit(path if "://" in path else self.base + path)
        sent = dict(self.headers) | dict(headers or {})
        if body is not None:
            raw = json.dumps(body).encode()
        if raw:
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body=raw or None, headers=sent)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **options: Any) -> Reply:
        """GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, body: Json = None, **options: Any) -> Reply:
        """POST with JSON."""
        return self.request("POST", path, body, **options)

    def follow(self, method: str, path: str, **options: Any) -> Reply:
        """The answer behind at most five redirects."""
        reply = self.request(method, path, **options)
        for _ in range(5):
            if reply.status not in (301, 302, 303, 307, 308):
                return reply
            target = reply.headers["Location"]
            reply = self.request(method, target, **options)
        raise AssertionError(f"{path} redirects without end")

    # Items

    def add(self, *urls: str, **fields: Json) -> Reply:
        """POST /api/history with one element for each URL."""
        return self.post("/api/history", [{"url": url, **fields} for url in urls])

    def everything(self) -> list[Record]:
        """The queue, then the newest of the history."""
        found = self.get("/api/history?type=all").json()
        return [*found["queue"], *found["history"]]

    def listed(self, kind: str, **query: object) -> Json:
        """One page of `queue` or `done`."""
        asked = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
        return self.get(f"/api/history?type={kind}&{asked}").json()

    def queue(self) -> list[Record]:
        """The whole queue, page by page."""
        items: list[Record] = []
        page = 1
        while True:
            found = self.listed("queue", page=page, per_page=1000, order="ASC")
            items += found["items"]
            if not found["pagination"]["has_next"]:
                return items
            page += 1

    def find_in_queue(self, url: str) -> Record | None:
        """The item of this URL, if it waits or runs."""
        return next((item for item in self.queue() if item["url"] == url), None)

    def find(self, url: str) -> Record | None:
        """The item of this URL, wherever it is. A long history is read only for what is not among its newest."""
        for kind in ("queue", "done"):
            newest: list[Record] = self.listed(kind, per_page=_GLANCE, order="DESC")["items"]
            if item := next((item for item in newest if item["url"] == url), None):
                return item
        return next((item for item in self.everything() if item["url"] == url), None)

    def item(self, item_id: str) -> Record:
        """GET /api/history/{id}."""
        reply = self.get(f"/api/history/{item_id}")
        assert reply.status == 200, (reply.status, reply.body)
        found: Record = reply.json()
        return found

    def download_path(self, item: Record) -> str:
        """The address of an item's file at the API."""
        folder = item["folder"].strip("/")
        name = f"{folder}/{item['filename']}" if folder else item["filename"]
        return f"/api/download/{quote(name)}"

    def file_of(self, item: Record) -> bytes:
        """The bytes of an item's file, redirect followed."""
        reply = self.follow("GET", self.download_path(item), timeout=120)
        assert reply.status == 200, (reply.status, reply.body[:200])
        return reply.body

    def wait_for(self, url: str, *statuses: str, seconds: float = 60) -> Record:
        """The item of `url` once it has one of `statuses` (default: one of the history)."""
        wanted = statuses or HISTORY

        def reached() -> Record | None:
            item = self.find(url)
            return item if item and item["status"] in wanted else None

        return wait_until(reached, seconds, lambda: f"{url} is {self.find(url)}, wanted {wanted}")

    def wait_for_item(self, item_id: str) -> Record:
        """The item once it is in the history. Asks for it alone, so that long lists cost nothing."""

        def reached() -> Record | None:
            item = self.item(item_id)
            return item if item["status"] in HISTORY else None

        return wait_until(reached, 60, lambda: f"{item_id} is {self.item(item_id)}")

    def fetch(self, url: str, seconds: float = 60, **fields: Json) -> Record:
        """Adds `url` and waits until it is in the history."""
        reply = self.add(url, **fields)
        assert reply.status == 200, (reply.status, reply.body)
        return self.wait_for(url, seconds=seconds)


def wait_until(
    probe: Callable[[], T | None], seconds: float, complaint: Callable[[], str], *, pause: float | None = None
) -> T:
    """The first answer of `probe` that is true; asks again after `pause`, by default ever more rarely: each question
    takes time from what is waited for.

    Fails after `seconds`, or those that any wait may take on a slow machine where they are more.
    """
    seconds = max(seconds, PATIENCE_SECONDS)
    began = time.monotonic()
    end = began + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s: {complaint()}")
        time.sleep(pause or min(max(_FIRST_PAUSE, (time.monotonic() - began) / 10), _LONGEST_PAUSE))
