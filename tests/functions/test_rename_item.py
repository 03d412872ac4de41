"""The file of a history item under another name. docs/contract/downloads.md 4.15."""

from typing import Any

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Status
from dlambda.store.files import filename_claims
from dlambda.store.items import items
from dlambda.usecases.files import act_on_files
from dlambda.usecases.files.folders import entries_of
from tests.functions.calls import Client, Heard, error
from tests.functions.working import work_on_files
from tests.stack import Stack
from tests.store import records
from tests.store.samples import done, waiting

SEPARATORS = "New name must not contain path separators."


@pytest.fixture(autouse=True)
def _film(stack: Stack) -> None:
    for name in ("film.mp4", "film.en.srt", "film.jpg", "film.info.json", "other.mp4", "filmed.jpg"):
        bucket.put_bytes(f"files/sea/{name}", name.encode())
    filename_claims.claim("sea/film", "https://video.example/a")
    records.add([done("a", folder="sea", filename="film.mp4", download_dir="/downloads/sea")])


def names() -> set[str]:
    return {stored.key.removeprefix("files/sea/") for stored in bucket.list_("files/sea/")}


def rename(history: Client, new_name: object, key: str = "a") -> tuple[int, Any]:
    return history.post(f"/api/history/{key}/rename", {"new_name": new_name})


def test_the_file_and_its_sidecars_go_along(history: Client, listening: Heard) -> None:
    status, body = rename(history, " harbour.mp4 ")
    assert (status, body["_id"], body["filename"], body["folder"]) == (200, "a", "harbour.mp4", "sea")
    assert body["sidecar"]["image"] == [{"file": "/downloads/sea/harbour.jpg"}]
    assert names() == {
        "harbour.mp4", "harbour.en.srt", "harbour.jpg", "harbour.info.json", "other.mp4", "filmed.jpg",
    }  # fmt: skip
    assert bucket.get_bytes("files/sea/harbour.mp4") == b"film.mp4"
    assert items.get("a").filename == "harbour.mp4"
    assert "item_updated" in listening.names
    assert {entry.name for entry in entries_of("sea")} == names()
    assert filename_claims.find_sources(["sea/film", "sea/harbour"]) == {"sea/harbour": "https://video.example/a"}
    assert listening.names == ["item_updated"]
    assert listening.of("item_updated")[0]["data"]["filename"] == "harbour.mp4"


def test_an_item_whose_name_nobody_took_follows_as_well(history: Client) -> None:
    bucket.put_bytes("files/100%25 [x].mp4", b"f")
    records.add([done("b", filename="100%25 [x].mp4")])
    assert rename(history, "50%.mp4", "b")[1]["filename"] == "50%.mp4"
    assert bucket.find("files/100%25 [x].mp4") is None


@pytest.mark.parametrize(
    ("taken", "text"),
    [
        ("other.mp4", "Destination 'other.mp4' already exists"),
        ("film.mp4", "Destination 'film.mp4' already exists"),
        ("filmed.mp4", "Sidecar destination 'filmed.jpg' already exists"),
    ],
)
def test_a_name_that_is_taken(history: Client, listening: Heard, taken: str, text: str) -> None:
    before = names()
    answer = rename(history, taken)
    assert (*error(answer), answer[1]["code"]) == (409, text, "ALREADY_EXISTS")
    assert names() == before
    assert listening.names == []


def test_a_name_that_a_download_has(history: Client) -> None:
    filename_claims.claim("sea/next", "https://video.example/q")
    records.add([waiting("q")])
    assert error(rename(history, "next.mp4")) == (409, "Destination 'sea/next' is being downloaded.")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("../x.mp4", SEPARATORS), ("a/b.mp4", SEPARATORS), ("a\\b.mp4", SEPARATORS), ("/x.mp4", SEPARATORS),
        ("..", SEPARATORS), (".", SEPARATORS), ("a\0.mp4", SEPARATORS),
        ("a\nb.mp4", "New name must not contain control characters."), ("x" * 300, "The new name is too long."),
        ("\u202egpj.mp4", "New name must not contain invisible characters."),
        ("", "new_name is required."), ("  ", "new_name is required."), (None, "new_name is required."),
        (5, "new_name is required."), (["x.mp4"], "new_name is required."),
    ],
)  # fmt: skip
def test_what_is_no_name(history: Client, name: object, text: str) -> None:
    before = names()
    assert error(rename(history, name)) == (400, text)
    assert names() == before


@pytest.mark.parametrize("body", [None, {}, [], "text", 5])
def test_no_data(history: Client, body: object) -> None:
    assert error(history.post("/api/history/a/rename", body)) == (400, "no data provided.")


@pytest.mark.parametrize("key", ["nobody", "q", "%00", "x" * 3000])
def test_an_item_that_is_not_in_the_history(history: Client, key: str) -> None:
    records.add([waiting("q")])
    status, text = error(rename(history, "x.mp4", key))
    assert (status, text.startswith("item '")) == (404, True)


def test_an_item_without_a_file(history: Client) -> None:
    records.add([done("b", Status.ERROR), done("gone", filename="gone.mp4"), done("folder", filename="sea")])
    for key in ("b", "gone", "folder"):
        assert error(rename(history, "x.mp4", key)) == (400, "item has no downloaded file.")


def test_a_large_file_is_renamed_in_the_background(
    history: Client, stack: Stack, listening: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(act_on_files, "_SMALL_BYTES", 1)
    monkeypatch.setattr(act_on_files, "WAIT_SECONDS", 0.0)
    status, body = rename(history, "harbour.mp4")
    assert (status, body["done"], body["results"]) == (202, False, [])
    assert history.last.headers["Location"].endswith(f"/api/file/jobs/{body['job']}")
    work_on_files(stack)
    assert "harbour.mp4" in names()
    assert items.get("a").filename == "harbour.mp4"
