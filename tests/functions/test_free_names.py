"""When a name is free again, and for whom (docs/contract/downloads.md 5.7 and 6)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Item, Status
from dlambda.store.items import items
from tests.functions.calls import Client
from tests.functions.working import work
from tests.origin import Origin
from tests.stack import Stack

PATH = "/api/history"
TEMPLATE = "Clip.%(ext)s"


@pytest.fixture(autouse=True)
def settings(configure: Callable[..., None]) -> None:
    configure(retries=0, remove_files=True, browser_control_enabled=True)


@pytest.fixture
def download(history: Client, stack: Stack, origin: Origin, request: pytest.FixtureRequest) -> Callable[..., Item]:
    """Downloads an address into the test's own folder."""

    def run(path: str, cli: str = "", template: str = TEMPLATE) -> Item:
        fields = {"url": origin.url(path), "folder": request.node.name, "template": template, "cli": cli}
        status, body = history.post(PATH, fields)
        assert status == 200, body
        work(stack)
        return items.get(body[0]["_id"])

    return run


@pytest.fixture
def delete(group: Callable[[str], Client]) -> Callable[[str | None], None]:
    def act(path: str | None) -> None:
        status, done = group("file").post("/api/file/actions", [{"action": "delete", "path": path}])
        assert (status, done[0]["ok"]) == (200, True), done

    return act


@pytest.fixture
def serve_chapters(origin: Origin) -> Iterator[Any]:
    """A page of the film `Show` with two chapters; answers its path."""
    folder = origin.media("short.mp4").parent
    pages = []

    def put(name: str) -> str:
        clips = [
            {
                "@type": "Clip",
                "name": title,
                "startOffset": start,
                "endOffset": start + 1,
                "url": origin.url(f"x?t={start}"),
            }
            for start, title in enumerate(("one", "two"))
        ]
        video = {"@context": "https://schema.org", "@type": "VideoObject", "name": "Show", "uploadDate": "2026-01-02",
                 "duration": "PT2S", "contentUrl": origin.url("short.mp4"), "hasPart": clips}  # fmt: skip
        page = f'<html><head><script type="application/ld+json">{json.dumps(video)}</script></head></html>'
        pages.append(folder / f"{name}.html")
        pages[-1].write_text(page)
        return f"{name}.html"

    yield put
    for page in pages:
        page.unlink()


def listing(folder: str) -> list[str]:
    prefix = f"files/{folder}/"
    return sorted(stored.key.removeprefix(prefix) for stored in bucket.list_(prefix))


def test_sidecars_that_the_same_address_left_are_replaced(
    download: Callable[..., Item], delete: Callable[[str | None], None]
) -> None:
    first = download("clip-free-1.mp4", "--write-info-json")
    delete(first.path)
    assert listing(first.folder) == ["Clip.info.json"]
    assert download("clip-free-1.mp4", "--write-info-json").filename == "Clip.mp4"
    assert listing(first.folder) == ["Clip.info.json", "Clip.mp4"]


def test_those_of_another_address_are_not(download: Callable[..., Item], delete: Callable[[str | None], None]) -> None:
    first = download("clip-free-2.mp4", "--write-info-json")
    delete(first.path)
    assert download("clip-free-3.mp4").filename == "Clip (2).mp4"
    assert download("clip-free-2.mp4").filename == "Clip.mp4"


def test_without_sidecars_anybody_gets_the_name(
    download: Callable[..., Item], delete: Callable[[str | None], None]
) -> None:
    first = download("clip-free-4.mp4")
    delete(first.path)
    assert download("clip-free-5.mp4").filename == "Clip.mp4"


def test_a_folder_that_is_deleted_frees_its_names(
    download: Callable[..., Item], delete: Callable[[str | None], None]
) -> None:
    first = download("clip-free-6.mp4", "--write-info-json")
    delete(first.folder)
    assert download("clip-free-7.mp4").filename == "Clip.mp4"


def test_a_film_that_goes_with_its_record_frees_its_name(download: Callable[..., Item], history: Client) -> None:
    first = download("clip-free-8.mp4", "--write-info-json")
    history.delete(PATH, {"type": "done", "ids": [first.id]})
    assert listing(first.folder) == []
    assert download("clip-free-9.mp4").filename == "Clip.mp4"


def test_a_download_that_brought_nothing_frees_its_name(download: Callable[..., Item]) -> None:
    failed = download("truncated/clip-free-10.mp4", "--retries 0")
    assert failed.status is Status.ERROR
    assert download("clip-free-11.mp4").filename == "Clip.mp4"


def test_sections_of_one_address_are_records_and_files_of_their_own(
    download: Callable[..., Item], history: Client
) -> None:
    sections = ["--download-sections *0-1", "--download-sections *1-2", ""]
    clips = [download("short.mp4", cli) for cli in sections]
    assert [clip.filename for clip in clips] == ["Clip.mp4", "Clip (2).mp4", "Clip (3).mp4"]
    assert [items.get(clip.id).status for clip in clips] == [Status.FINISHED] * 3
    again = download("short.mp4", sections[1])
    assert (again.filename, items.find(clips[1].id)) == ("Clip (2).mp4", None)
    assert len(listing(again.folder)) == 3


def test_chapters_of_two_films_are_files_of_their_own(download: Callable[..., Item], serve_chapters: Any) -> None:
    for name in ("first", "second"):
        assert download(serve_chapters(name), "--split-chapters", "%(id)s.%(ext)s").status is Status.FINISHED
    chapters = ["Show - 1 one (2).mp4", "Show - 1 one.mp4", "Show - 2 two (2).mp4", "Show - 2 two.mp4"]
    assert listing("test_chapters_of_two_films_are_files_of_their_own") == [*chapters, "first.mp4", "second.mp4"]


@pytest.mark.parametrize(("option", "kept"), [("-w", True), ("--force-overwrites", False), ("", False)])
def test_what_is_there_is_kept_as_the_option_says(
    download: Callable[..., Item], origin: Origin, option: str, kept: bool
) -> None:
    film = origin.media("changing-film.mp4")
    film.write_bytes(origin.media("clip.mp4").read_bytes())
    first = download(film.name, option)
    film.write_bytes(origin.media("other.mp4").read_bytes())
    again = download(film.name, option)
    film.unlink()
    assert (again.filename, again.status) == ("Clip.mp4", Status.SKIP if kept else Status.FINISHED)
    stored = bucket.find(f"files/{first.path}")
    assert stored
    assert (stored.size_bytes == first.file_size) is kept
    assert ("--no-overwrites" in (again.msg or "")) is kept
    assert download("clip-free-12.mp4", option).filename == "Clip (2).mp4"
