"""Sources that fail become `error` items with a reason that a person understands."""

import pytest

from tests.e2e.api import Api
from tests.origin import Origin


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("status/404/gone.mp4", ("404",)),
        ("status/500/broken.mp4", ("500",)),
        ("status/403/forbidden.mp4", ("403",)),
        ("redirect-loop/x.mp4", ("redirect", "loop")),
        ("truncated/clip-short.mp4", ("more expected", "incomplete", "bytes read", "size", "truncated")),
    ],
)
def test_a_broken_source_is_an_error_with_a_reason(api: Api, origin: Origin, path: str, words: tuple[str, ...]) -> None:
    item = api.fetch(origin.url(path), seconds=90)
    assert item["status"] == "error", item
    assert any(word in item["error"].lower() for word in words), item["error"]
    assert "Traceback" not in item["error"]
    assert item["failure"]["kind"]
    assert item["filename"] is None


def test_a_source_that_never_answers_ends_at_the_timeout(api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("hang/x.mp4"), seconds=40)
    assert item["status"] == "error"
    assert "8s reached" in item["error"] or "timed out" in item["error"].lower(), item["error"]


def test_a_host_that_does_not_exist_is_an_error(api: Api) -> None:
    item = api.fetch("http://127.0.0.1:1/nobody-listens.mp4", seconds=40)
    assert item["status"] == "error"
    assert "refused" in item["error"].lower(), item["error"]


def test_a_page_without_media_is_an_error(api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("links/0.html"))
    assert item["status"] == "error"
    assert item["error"]


def test_history_shows_the_failure_once(api: Api, origin: Origin) -> None:
    url = origin.url("status/404/once.mp4")
    api.fetch(url)
    assert len([item for item in api.everything() if item["url"] == url]) == 1


@pytest.mark.parametrize("path", ["flaky/1/clip-stumbled.mp4", "limited/1/clip-slowed-down.mp4"])
def test_what_passes_by_itself_is_tried_again(api: Api, origin: Origin, path: str) -> None:
    item = api.fetch(origin.url(path), seconds=30)
    assert item["status"] == "finished", item
    assert item["error"] is None
    assert api.file_of(item) == origin.media("clip.mp4").read_bytes()
