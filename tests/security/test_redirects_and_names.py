"""Redirects to, and names that become, addresses of the private network."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.security.attempts import INTERNAL, Attempt, Batch, Own, Redirect, names
from tests.security.hostile import media_playlist, playlist_attempt, video_page

_IMPERSONATE = "--impersonate chrome"
_TARGETS = {
    "a loopback address": "@DECOY@.mp4",
    "the metadata service": "http://169.254.169.254/@KEY@.mp4",
    "a neighbour": "http://10.1.2.3:9999/@KEY@.mp4",
    "a mapped address": "http://[::ffff:127.0.0.1]:@PORT@/@KEY@.mp4",
    "the IPv6 loopback": "http://[::1]:9998/@KEY@.mp4",
    "a hexadecimal address": "http://0x7f000001:@PORT@/@KEY@.mp4",
    "a short address": "http://127.1:@PORT@/@KEY@.mp4",
    "a name of the loopback": "http://loopback.test:@PORT@/@KEY@.mp4",
    "localhost": "http://localhost:@PORT@/@KEY@.mp4",
    "a file": "file://@SECRET@.mp4",
    "a file by FTP": "ftp://127.0.0.1:@PORT@/@KEY@.mp4",
    "another scheme": "gopher://127.0.0.1:@PORT@/_@KEY@.",
}


def _redirects() -> list[Attempt]:
    pages = [
        Attempt(f"a page redirects ({status}) to {name}", {"@KEY@.html": Redirect(target, status)}, ends=("error",))
        for name, target in _TARGETS.items()
        for status in ((301, 302, 307) if name == "a loopback address" else (302,))
    ]
    media = [
        Attempt(
            f"a film redirects to {name}",
            {"@KEY@.html": video_page("@BASE@/away.mp4"), "away.mp4": Redirect(target)}, ends=("error",),
        )
        for name, target in _TARGETS.items()
        if name not in ("a hexadecimal address", "a short address", "localhost", "a neighbour")
    ]  # fmt: skip
    chain = Attempt(
        "a chain of redirects ends at a loopback address",
        {"@KEY@.html": Redirect("@BASE@/two"), "two": Redirect("@BASE@/three", 307), "three": Redirect("@DECOY@.mp4")},
        text=INTERNAL,
    )
    return [*pages, *media, chain]


def _changing_names() -> list[Attempt]:
    rebinding = [
        Attempt(
            f"a page's name changes to loopback after {count} look-ups",
            {"@KEY@.html": video_page(f"http://rb{count}-@KEY@.test/@KEY@.mp4")},
            {"url": f"http://rb{count}-@KEY@.test/@KEY@/@KEY@.html"}, ends=("error",), text=INTERNAL,
        )
        for count in (1, 2, 3)
    ]  # fmt: skip
    media = [
        Attempt(
            f"a film's name changes to loopback after {count} look-ups",
            {"@KEY@.html": video_page(f"http://rb{count}-m@KEY@.test:@PORT@/@KEY@.mp4")}, ends=("error",),
        )
        for count in (0, 1, 2)
    ]  # fmt: skip
    segments = [
        playlist_attempt(
            f"a segment's name changes to loopback after {count} look-ups",
            media_playlist("good.ts", f"http://rb{count}-s@KEY@.test:@PORT@/@KEY@.ts"),
        )
        for count in (0, 1, 2)
    ]
    fixed = [
        Attempt(
            f"a page's film is at the name {name}",
            {"@KEY@.html": video_page(f"http://{name}:@PORT@/@KEY@.mp4"), "good.mp4": Own.MP4}, ends=("error",),
        )
        for name in ("private.test", "loopback.test", "six-loopback.test", "six-mapped.test")
    ]  # fmt: skip
    return [*rebinding, *media, *segments, *fixed]


def _imitating_a_browser(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The same by libcurl, whose connections no hook of Python sees."""
    return [
        replace(attempt, fact=f"{attempt.fact}, by a browser's handshake", body={**attempt.body, "cli": _IMPERSONATE})
        for attempt in attempts
        if "film" in attempt.fact or "after 1 look-ups" in attempt.fact
    ]


_BY_PYTHON = [*_redirects(), *_changing_names()]
ATTEMPTS = [*_BY_PYTHON, *_imitating_a_browser(_BY_PYTHON)]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=names(ATTEMPTS))
def test_no_way_leads_inside(batch: Batch, attempt: Attempt) -> None:
    batch.check(attempt)
