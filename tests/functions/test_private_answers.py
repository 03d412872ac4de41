"""Answers that caches may keep, where callers sign in: docs/contract/accounts.md 8."""

import pytest

from dlambda.aws import bucket
from tests.functions.people import Person, make_account, set_up

SUBTITLE = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"
PATH = "/api/player/subtitles/vtt/film.vtt"

pytestmark = pytest.mark.usefixtures("stack")


def headers_of(person: Person, path: str = PATH) -> tuple[str, set[str]]:
    status, _ = person.ask("player", "GET", path)
    assert status == 200
    headers = person.last_of("player").headers
    return headers["Cache-Control"], {name.strip() for name in headers["Vary"].split(",")}


def test_no_cache_gives_one_members_file_to_another() -> None:
    """Both ask for the same path, which begins at the home of each."""
    bob, _ = make_account(set_up(), "bob", "member")
    bucket.put_bytes("files/users/bob/film.vtt", SUBTITLE)
    kept, depends_on = headers_of(bob)
    assert kept == "private, max-age=31536000"
    assert {"Authorization", "Cookie"} <= depends_on


def test_anybody_may_keep_what_everyone_may_read() -> None:
    bucket.put_bytes("files/film.vtt", SUBTITLE)
    kept, depends_on = headers_of(Person(""))
    assert kept == "public, max-age=31536000"
    assert "Cookie" not in depends_on
