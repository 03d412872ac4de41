"""A URL's metadata for somebody who only wants to see it, remembered for a while (ytdlp.md 5, rules.md 3.2).

Two routes share this cache: `/api/yt-dlp/url/info` and the trial of a condition. It lies in the bucket as the
text that the first of them answers with, since rendering large metadata takes longer than fetching it.
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from dlambda.aws import bucket
from dlambda.deployment import current, per_deployment
from dlambda.domain.items import metadata
from dlambda.domain.items.archive import ids_of
from dlambda.domain.items.credentials import without_credentials
from dlambda.domain.items.entries import LIST_TYPES
from dlambda.domain.items.format_cookies import with_header_cookies
from dlambda.errors import Invalid, NotFound, TooMany
from dlambda.media.sandbox.guard import check_url
from dlambda.media.workers.extract import NOTHING_TEXT, Extraction, extract
from dlambda.media.workers.ytdlp_queries import places_of
from dlambda.media.ytdlp.worker_jobs import OptionTexts
from dlambda.usecases.lookups.single_flight import single_flight
from dlambda.usecases.rules.cookies import cookies_of
from dlambda.usecases.rules.presets import find_preset

KEPT_SECONDS: Final = 600
_LEAST_SECONDS: Final = 2.0
_FULL: Final = "Too many pages are being looked up at the moment. Try again in a moment."
_MOST_NEAR: Final = 32
_LARGEST_NEAR: Final = 256 * 1024


class Nothing(Invalid):
    """The page gave nothing; `extraction` says why."""

    def __init__(self, extraction: Extraction) -> None:
        super().__init__(extraction.error or NOTHING_TEXT)
        self.extraction = extraction


@dataclass(frozen=True, slots=True)
class Looked:
    """`text`: the metadata as indented JSON members, without braces. `at`: when it was extracted (unix seconds)."""

    key: str
    at: float
    text: str
    archive_ids: tuple[str, ...]
    is_premiere: bool
    fresh: bool = False

    def info(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(f"{{{self.text}}}")
        return document


def look_up_info(url: str, preset_name: str, owner: str = "") -> dict[str, Any]:
    """The metadata of `url` with the options of a preset; an unknown preset is silently without effect.

    `owner`: the member who asks; what others looked up before is not told.

    Raises `Invalid` with the documented texts.
    """
    check_url(url, allow_internal=current().settings.allow_internal_urls)
    try:
        return look_up(url, preset_name, owner=owner, kept_seconds=KEPT_SECONDS).info()
    except Nothing as failure:
        if failure.extraction.error in (None, NOTHING_TEXT):
            raise Invalid(f"Failed to extract info from '{url}'.") from None
        raise Invalid(f"Failed to extract video info. '{failure.extraction.error}'") from None


def look_up(
    url: str, preset_name: str, args: str = "", owner: str = "", *, kept_seconds: float, force: bool = False
) -> Looked:
    """The cached answer if it is not older than `kept_seconds`, else a new extraction. Raises `Invalid`, `Nothing`.

    Each member (`owner`) has answers of its own. Those who ask for the same at once wait for the first of them, and get
    what that one gets. Raises `Unavailable` for those whose time is over before.
    """
    question = f"{preset_name}:{url}:{args}"
    key = hashlib.sha256((f"@{owner}:{question}" if owner else question).encode()).hexdigest()
    asked_at = current().clock.time()
    until = current().clock.monotonic() + current().settings.answer_seconds
    if not force and (answer := _recall(key, asked_at - kept_seconds)):
        return answer
    with single_flight().turn(key, until) as had_to_wait:
        # Whoever waited takes what came meanwhile, even by force: it is as fresh as can be.
        if had_to_wait:
            _newest().raise_failure(key, asked_at)
            if answer := _recall(key, asked_at if force else current().clock.time() - kept_seconds):
                return answer
        return _extract(key, url, preset_name, args, owner, until)


def _place(key: str) -> str:
    return f"cache/info/{key}.json"


class _Newest:
    """The newest answers and failures of this process. Safe between threads."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Looked] = OrderedDict()
        self._failures: OrderedDict[str, tuple[float, Extraction]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, answer: Looked) -> None:
        if len(answer.text) > _LARGEST_NEAR:
            return
        with self._lock:
            self._answers[answer.key] = replace(answer, fresh=False)
            while len(self._answers) > _MOST_NEAR:
                self._answers.popitem(last=False)

    def keep_failure(self, key: str, extraction: Extraction) -> None:
        """For those who waited meanwhile."""
        with self._lock:
            self._failures[key] = (current().clock.time(), extraction)
            self._failures.move_to_end(key)
            while len(self._failures) > _MOST_NEAR:
                self._failures.popitem(last=False)

    def find(self, key: str, since: float) -> Looked | None:
        answer = self._answers.get(key)
        return answer if answer is not None and answer.at >= since else None

    def raise_failure(self, key: str, since: float) -> None:
        """Raises `Nothing` when the last extraction failed after `since` (unix seconds)."""
        at, extraction = self._failures.get(key, (0.0, None))
        if extraction is not None and at >= since:
            raise Nothing(extraction)


@per_deployment
def _newest() -> _Newest:
    return _Newest()


def _recall(key: str, since: float) -> Looked | None:
    if near := _newest().find(key, since):
        return near
    try:
        document = bucket.get_json(_place(key))
    except NotFound:
        return None
    if document["at"] < since:
        return None
    answer = Looked(key, document["at"], document["text"], tuple(document["archive_ids"]), document["is_premiere"])
    _newest().keep(answer)
    return answer


@per_deployment
def _semaphores() -> dict[int, threading.BoundedSemaphore]:
    """By how many may pass: a setting that tests change."""
    return {}


@contextmanager
def _slot(until: float) -> Iterator[None]:
    """Twice as many extractions at once as the pipeline makes (setting `extract_info_concurrency`).

    On one machine that is more than one client may ask for. Raises `TooMany` when none is free `until` then.
    """
    limit = 2 * current().settings.extract_info_concurrency
    slots = _semaphores().setdefault(limit, threading.BoundedSemaphore(limit))
    if not slots.acquire(timeout=max(0.0, until - current().clock.monotonic())):
        raise TooMany(_FULL, headers={"Retry-After": "5"})
    try:
        yield
    finally:
        slots.release()


def _extract(key: str, url: str, preset_name: str, args: str, owner: str, until: float) -> Looked:
    settings = current().settings
    preset = find_preset(preset_name)
    texts = OptionTexts(
        places_of(settings),
        preset_cli=preset.cli if preset else "",
        preset_name=preset.name if preset else preset_name,
        item_cli=args,
    )
    with _slot(until):
        extraction = extract(
            url,
            texts,
            cookies=cookies_of(preset) if preset else None,
            timeout_seconds=min(
                settings.extract_info_timeout, max(_LEAST_SECONDS, until - current().clock.monotonic())
            ),
            allow_internal=settings.allow_internal_urls,
        )
    if extraction.info is None:
        _newest().keep_failure(key, extraction)
        raise Nothing(extraction)
    # A preset's cookies are for admins alone.
    answer = _render(key, without_credentials(extraction.info) if owner else extraction.info)
    _newest().keep(answer)
    single_flight().afterwards(lambda: _keep(answer))
    return answer


def _keep(answer: Looked) -> None:
    document = {
        "at": answer.at,
        "archive_ids": answer.archive_ids,
        "is_premiere": answer.is_premiere,
        "text": answer.text,
    }
    bucket.put_json(_place(answer.key), document)


def _render(key: str, info: dict[str, Any]) -> Looked:
    public_fields = {name: value for name, value in info.items() if not name.startswith("_")}
    if info.get("_type") in LIST_TYPES:
        public_fields["_type"] = info["_type"]
    if "formats" in public_fields:
        public_fields["formats"] = with_header_cookies(public_fields["formats"])
    members = [(json.dumps(name), json.dumps(value, indent=4, default=str)) for name, value in public_fields.items()]
    members.sort(key=lambda member: len(member[1]))
    text = ",\n".join(f"    {name}: {value.replace(chr(10), chr(10) + '    ')}" for name, value in members)
    return Looked(key, current().clock.time(), text, tuple(ids_of(info)), metadata.is_premiere(info), fresh=True)
