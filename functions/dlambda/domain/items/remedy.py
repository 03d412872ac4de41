"""Remedies of failures: what the next try of an item does otherwise, decided by one pure function.

A try with a remedy keeps those of the tries before it: a site may want a browser's handshake and cookies.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from dlambda.domain.items.failure import Failure, FailureKind
from dlambda.domain.items.retry import wait_before_retry
from dlambda.domain.web.site import is_of_site
from dlambda.errors import Invalid


class Remedy(StrEnum):
    """Stable words: settings name them, and `attempts` of items show them."""

    RETRY = "retry"  # the same again, later
    CLIENT = "client"  # another client of the extractor
    IMPERSONATE = "impersonate"  # a browser's handshake
    TOKEN = "token"  # noqa: S105 a proof of origin, made by the operator's provider
    COOKIES = "cookies"  # the jar of the site
    PROXY = "proxy"  # the next proxy of the operator's pool
    FFMPEG = "ffmpeg"  # in place of yt-dlp's own downloader for HLS
    LIVE_NOW = "no_live_from_start"  # records from now on
    RELEASE = "release"  # the release of yt-dlp that is on trial


WORDS: Final[Mapping[Remedy, str]] = {
    Remedy.RETRY: "the same again",
    Remedy.CLIENT: "another client of the site",
    Remedy.IMPERSONATE: "impersonation of a browser",
    Remedy.TOKEN: "a token of origin",
    Remedy.COOKIES: "the site's cookies",
    Remedy.PROXY: "another proxy",
    Remedy.FFMPEG: "ffmpeg as the downloader",
    Remedy.LIVE_NOW: "recording from now on",
    Remedy.RELEASE: "the newer yt-dlp",
}

_REFUSAL: Final = (
    Remedy.RETRY, Remedy.IMPERSONATE, Remedy.CLIENT, Remedy.TOKEN, Remedy.RELEASE, Remedy.COOKIES, Remedy.PROXY,
)  # fmt: skip
_LADDERS: Final[Mapping[FailureKind, Sequence[Remedy]]] = {
    FailureKind.TRANSIENT: (Remedy.RETRY, Remedy.FFMPEG, Remedy.LIVE_NOW),
    FailureKind.TIMEOUT: (Remedy.RETRY, Remedy.FFMPEG, Remedy.LIVE_NOW),
    FailureKind.DISK: (Remedy.RETRY,),
    FailureKind.RATE_LIMITED: (Remedy.PROXY, Remedy.COOKIES, Remedy.RETRY),
    FailureKind.BLOCKED: (
        Remedy.IMPERSONATE,
        Remedy.CLIENT,
        Remedy.TOKEN,
        Remedy.RELEASE,
        Remedy.COOKIES,
        Remedy.PROXY,
    ),
    FailureKind.LOGIN: (Remedy.COOKIES, Remedy.CLIENT),
    FailureKind.GEO: (Remedy.PROXY,),
    FailureKind.NO_FORMATS: (Remedy.CLIENT, Remedy.TOKEN, Remedy.RELEASE),
    FailureKind.UNSUPPORTED: (Remedy.RELEASE,),
    FailureKind.OTHER: (Remedy.RELEASE,),
}
_REMEDY_SECONDS: Final = 1.0  # until a try that differs; one that does not waits as `retry` says
_MOST_PROXIES: Final = 3
_ALL: Final = "all"
_NONE: Final = "none"
MOST_TRIES: Final = 40


@dataclass(frozen=True, slots=True)
class Step:
    """The next try of an item: with which remedy, in how many seconds."""

    remedy: Remedy
    wait_seconds: float


def next_step(
    failure: Failure,
    attempts: Iterable[Mapping[str, Any]],
    available: Collection[Remedy],
    *,
    remembered: str = "",
    retries: int = 3,
    proxies: int = 1,
    asked_seconds: float | None = None,
) -> Step | None:
    """Decides the next try of an item that failed; None when there is nothing left to try.

    `attempts`: its tries so far, the failed one included (`Item.tries`). `available`: what the operator allows and what
    would change something. `remembered`: what worked for the site last, which comes first. `retries`: how often the
    same may be tried again. `proxies`: how many the pool has, each of which is tried once. `asked_seconds`: what the
    site said in `Retry-After`.
    """
    past = [attempt["remedy"] for attempt in attempts]
    ladder = [remedy for remedy in _ladder_of(failure) if remedy in available]
    remedies = _untried(ladder, past, {Remedy.PROXY: min(proxies, _MOST_PROXIES)})
    if remembered in remedies:
        return Step(Remedy(remembered), _REMEDY_SECONDS)
    count = past.count(Remedy.RETRY)
    wait = wait_before_retry(failure, count + 1, retries, asked_seconds) if Remedy.RETRY in ladder else None
    if wait is None:
        return Step(remedies[0], _REMEDY_SECONDS) if remedies else None
    first = remedies and ladder.index(remedies[0]) < ladder.index(Remedy.RETRY)
    if remedies and (first or (failure.is_refusal and count)):
        return Step(remedies[0], _REMEDY_SECONDS)
    return Step(Remedy.RETRY, wait)


def _ladder_of(failure: Failure) -> Sequence[Remedy]:
    return _REFUSAL if failure.is_refusal else _LADDERS.get(failure.kind, ())


def _untried(ladder: Iterable[Remedy], past: Sequence[str], limits: Mapping[Remedy, int]) -> list[Remedy]:
    """Remedies that are left, in the ladder's order; each is good once where `limits` names no other number."""
    return [remedy for remedy in ladder if remedy is not Remedy.RETRY and past.count(remedy) < limits.get(remedy, 1)]


def tried_words(attempts: Iterable[Mapping[str, Any]]) -> str:
    """A sentence that names what was tried; `""` where nothing was."""
    past = dict.fromkeys(str(attempt["remedy"]) for attempt in attempts if attempt["remedy"])
    names = [WORDS[Remedy(name)] for name in past if name in set(Remedy)]
    return f"Tried without success: {', '.join(names)}." if names else ""


def success_words(attempts: Sequence[Mapping[str, Any]]) -> str | None:
    """A sentence that names what worked for an item that finished; None for one that finished at once."""
    if len(attempts) < 2:
        return None
    name = attempts[-1]["remedy"]
    if name not in set(Remedy):
        return None
    way = f": with {WORDS[Remedy(name)]}" if name != Remedy.RETRY else ""
    return f"{_ordinal(len(attempts))} try worked{way}."


def _ordinal(number: int) -> str:
    names = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth")
    return names[number - 1] if number <= len(names) else f"{number}th"


def parse_remedies(text: str) -> frozenset[Remedy]:
    """The remedies of a list of words, of `all` or `none`. Raises `Invalid`."""
    words = text.replace(",", " ").lower().split()
    if words == [_NONE]:
        return frozenset()
    names = {remedy.value for remedy in Remedy}
    for word in words:
        if word not in names | {_ALL}:
            raise Invalid(f"'{word}' is no remedy: {_ALL}, {_NONE}, {', '.join(sorted(names))}")
    return frozenset(Remedy) if _ALL in words else frozenset(map(Remedy, words))


def parse_site_remedies(text: str) -> dict[str, frozenset[Remedy]]:
    """Site -> remedies, of `example.com: retry cookies; example.org: none`. Raises `Invalid`."""
    rules: dict[str, frozenset[Remedy]] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        site, colon, words = part.partition(":")
        if not colon or not site.strip():
            raise Invalid(f"'{part}' is no rule, such as example.com: retry cookies")
        rules[site.strip().lower()] = parse_remedies(words)
    return rules


def allowed_remedies(host: str, everywhere: str, by_site: str) -> frozenset[Remedy]:
    """The remedies allowed for a host: the rule of the nearest site, else what counts everywhere. Raises `Invalid`."""
    rules = parse_site_remedies(by_site)
    sites = [site for site in rules if is_of_site(host, site)]
    return rules[max(sites, key=len)] if sites else parse_remedies(everywhere)
