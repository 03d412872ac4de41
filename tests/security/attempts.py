"""An attempt as a value, planted on the attacker's site, posted to a service, and looked at afterwards.

Texts of an attempt hold placeholders: `@BASE@` (its folder at the attacker's site), `@KEY@` (its name, in URLs and file
names), `@PORT@` (a decoy's port at 127.0.0.1 that is its alone), `@DECOY@` (an address of that decoy by HTTP),
`@SECRET@` (path of the secret film without its extension), `@SAY:name@` (the port of one of its own servers).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.e2e.api import HISTORY, Api, Record, Reply, wait_until
from tests.e2e.service import Service
from tests.security.attacker import Page
from tests.security.lab import ADMIN_KEY, Lab

END_SECONDS = 120
HARMLESS = ("error", "finished", "skip", "not_live", "cancelled")
INTERNAL = "Access to internal urls or private networks is not allowed."
_STANDARD = {"template": "@KEY@.%(ext)s", "cli": ""}
# A segment that is refused is asked for as often as without it, but with no pauses, which are some 30 s in all.
_NO_PAUSE = "--retry-sleep fragment:0"
_KINDS = {
    "html": "text/html; charset=utf-8", "m3u8": "application/vnd.apple.mpegurl", "mpd": "application/dash+xml",
    "mp4": "video/mp4", "ts": "video/mp2t", "vtt": "text/vtt", "srt": "text/plain", "jpg": "image/jpeg",
    "svg": "image/svg+xml", "xml": "application/rss+xml", "rss": "application/rss+xml", "json": "application/json",
}  # fmt: skip


class Own(Enum):
    """The attacker's own film, harmless."""

    MP4 = "mp4"
    TS = "ts"


@dataclass(frozen=True)
class Redirect:
    """A page that leads elsewhere."""

    location: str
    status: int = 302


Content = str | bytes | Page | Redirect | Own


@dataclass(frozen=True)
class Attempt:
    """One row of a table. `fact` is the test's id: what is tried, in words."""

    fact: str
    pages: Mapping[str, Content] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)  # over {"url": "@BASE@/@KEY@.html"}
    says: Mapping[str, str] = field(default_factory=dict)  # name of a server -> what it answers
    ends: tuple[str, ...] = HARMLESS
    text: str = ""  # a pattern that the item's error must match
    goes_on: str = ""  # a page of a stream without end: once it was asked for `looks` times, the item is cancelled
    looks: int = 3
    unchanged: bool = False  # what is delivered, if anything is, must be one of the attempt's own pages, byte for byte
    order: str = ""  # a path of the key API in place of /api/history


@dataclass
class Posted:
    """An attempt that was sent to a service."""

    attempt: Attempt
    key: str
    reply: Reply

    @property
    def id(self) -> str:
        """The item's id, or the task's."""
        answer = self.reply.json()
        return str(answer["task_id"] if isinstance(answer, dict) else answer[0]["_id"])


class Batch:
    """The attempts of one module, sent at once to `service`. Everything happens inside the lab's network."""

    def __init__(self, lab: Lab, service: Service, name: str) -> None:
        self.lab, self.service, self.name = lab, service, name
        self.api: Api = service.api
        self._posted: dict[str, Posted] = {}
        self._planted: dict[str, list[bytes]] = {}

    def post_all(self, attempts: Iterable[Attempt]) -> "Batch":
        """Plants and posts them. Those that never end by themselves come last."""
        items: list[tuple[Attempt, str, dict[str, Any]]] = []
        for number, attempt in enumerate(sorted(attempts, key=lambda attempt: bool(attempt.goes_on))):
            key = f"{self.name}{number}"
            body = self.plant(attempt, key)
            if attempt.order:
                self._note(attempt, key, self.api.post(attempt.order, body, headers={"X-API-Key": ADMIN_KEY}))
            else:
                items.append((attempt, key, body))
        replies = self._add([body for _, _, body in items])
        for (attempt, key, _), reply in zip(items, replies, strict=True):
            self._note(attempt, key, reply)
        return self

    def _note(self, attempt: Attempt, key: str, reply: Reply) -> None:
        assert attempt.fact not in self._posted, f"two attempts are called {attempt.fact}"
        self._posted[attempt.fact] = Posted(attempt, key, reply)

    def _add(self, bodies: Sequence[Mapping[str, Any]]) -> list[Reply]:
        """An answer for each: all in one request, and one by one where the service takes not all of them."""
        reply = self.api.post("/api/history", list(bodies))
        if reply.status == 200:
            return [Reply(200, reply.headers, json.dumps([answer]).encode()) for answer in reply.json()]
        return [self.api.post("/api/history", dict(body)) for body in bodies]

    def plant(self, attempt: Attempt, key: str) -> dict[str, Any]:
        """Puts the attempt's pages on the attacker's site. The body to post."""
        texts = self._placeholders(key)
        for name, answer in attempt.says.items():
            texts[f"@SAY:{name}@"] = str(self.lab.attacker.say(fill_in(answer, texts).encode()))
        for name, content in attempt.pages.items():
            path = "/" + fill_in(f"{key}/{name}", texts)
            page = _page(path, self._film(content), texts)
            self._planted.setdefault(key, []).append(page.body)
            self.lab.attacker.serve(path, page)
        body = {"url": "@BASE@/@KEY@.html"} | ({} if attempt.order else _STANDARD) | dict(attempt.body)
        if not attempt.order:
            body["cli"] = f"{_NO_PAUSE} {body['cli']}".strip()
        filled: dict[str, Any] = json.loads(fill_in(json.dumps(body), texts))
        return filled

    def _film(self, content: Content) -> str | bytes | Page | Redirect:
        """The bytes of the attacker's own film, where `content` stands for it; else `content`."""
        if isinstance(content, Own):
            return {Own.MP4: self.lab.public.mp4, Own.TS: self.lab.public.ts}[content].read_bytes()
        return content

    def _placeholders(self, key: str) -> dict[str, str]:
        port = str(self.lab.decoys.port(key))
        return {
            "@KEY@": key,
            "@BASE@": f"http://pub.test/{key}",
            "@PORT@": port,
            "@DECOY@": f"http://127.0.0.1:{port}/{key}",
            "@SECRET@": str(self.lab.secret.mp4.with_suffix("")),
            "@SECRETTEXT@": str(self.lab.secret_text),
        }

    def posted(self, attempt: Attempt) -> Posted:
        """What was sent for `attempt`."""
        return self._posted[attempt.fact]

    def check(self, attempt: Attempt) -> Record:
        """Waits for the attempt's end and asserts that it did no harm. The item, or the task, at its end."""
        posted = self.posted(attempt)
        assert posted.reply.status == 200, (posted.reply.status, posted.reply.body[:500])
        if attempt.goes_on:
            self._cancel_after_looks(posted)
        record = self.ended(posted)
        self.check_harmless(posted)
        status = {"completed": "finished"}.get(record["status"], record["status"])
        assert status in attempt.ends, (record["status"], record.get("error"))
        if attempt.unchanged and status == "finished":
            assert self._delivered(posted, record) in self._planted[posted.key]
        if attempt.text:
            error = record.get("error") or ""  # a task of the key API that is completed has none
            assert re.search(attempt.text, error), error
        return record

    def ended(self, posted: Posted) -> Record:
        """The item, or the task, once it has ended."""

        def find_end() -> Record | None:
            record = self.look(posted)
            return record if record["status"] in (*HISTORY, "completed") else None

        return wait_until(find_end, END_SECONDS, lambda: self._describe_running(posted))

    def _describe_running(self, posted: Posted) -> str:
        """Ends an attempt that does not end by itself. How it stood."""
        record = self.look(posted)
        self.cancel(posted)
        self.check_harmless(posted)
        return f"{record['status']} {record.get('msg')}"

    def look(self, posted: Posted) -> Record:
        """The item, or the task, as it is now."""
        if posted.attempt.order:
            record: Record = self.api.get(f"/status/{posted.id}", headers={"X-API-Key": ADMIN_KEY}).json()
            return record
        return self.api.item(posted.id)

    def _delivered(self, posted: Posted, record: Record) -> bytes:
        if posted.attempt.order:
            return self.api.follow("GET", record["file"], headers={"X-API-Key": ADMIN_KEY}).body
        return self.api.file_of(record)

    def cancel(self, posted: Posted) -> None:
        """Ends the item. A task of the key API ends by itself."""
        if not posted.attempt.order:
            self.api.post("/api/history/cancel", {"ids": [posted.id]})

    def _cancel_after_looks(self, posted: Posted) -> None:
        path = f"/{posted.key}/{posted.attempt.goes_on.replace('@KEY@', posted.key)}"

        def enough() -> bool:
            return self.lab.attacker.asked(path) >= posted.attempt.looks or self.look(posted)["status"] in (
                *HISTORY,
                "completed",
            )

        wait_until(enough, END_SECONDS, lambda: f"{path} was asked for {self.lab.attacker.asked(path)} times")
        self.cancel(posted)

    def check_harmless(self, posted: Posted) -> None:
        """Asserts that no decoy was reached, no secret was delivered, and the service answers."""
        key = posted.key
        assert self.lab.decoys.hits(key) == []
        marks = [f"{key}.", posted.id] if posted.reply.status == 200 else [f"{key}."]
        own = [path for path in self.lab.delivered_secrets() if any(mark in str(path) for mark in marks)]
        assert own == [], "a secret was delivered"
        assert f"{key}." not in self.lab.called.read_text(), "a program of the machine was called"
        assert self.api.get("/api/ping").status == 200


def fill_in(text: str, texts: Mapping[str, str]) -> str:
    """`text` with its placeholders replaced."""
    for name, value in texts.items():
        text = text.replace(name, value)
    return text


def _page(path: str, content: str | bytes | Page | Redirect, texts: Mapping[str, str]) -> Page:
    if isinstance(content, Page):
        return content
    if isinstance(content, Redirect):
        return Page(status=content.status, headers={"Location": fill_in(content.location, texts)})
    body = fill_in(content, texts).encode() if isinstance(content, str) else content
    return Page(body, _KINDS.get(path.rpartition(".")[2], "application/octet-stream"))


def names(attempts: Sequence[Attempt]) -> list[str]:
    """The ids of a table's tests."""
    return [attempt.fact for attempt in attempts]
