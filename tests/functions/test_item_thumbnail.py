"""Pictures of items: beside the film, or a frame of it. docs/contract/downloads.md 4.16."""

import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Status
from dlambda.store.files import filename_claims
from dlambda.store.items import items
from dlambda.usecases.files.folders import note_files
from dlambda.usecases.files.sweep_files import remove_old
from tests.functions.calls import Client, Heard, error
from tests.functions.permissions import acting_as
from tests.media.samples import make
from tests.stack import Stack
from tests.store import records
from tests.store.samples import done, waiting

PICTURES = "thumbnails/"
MISSING = (404, "thumbnail not found.")


@pytest.fixture
def film(stack: Stack, tmp_path: Path) -> Callable[[str], None]:
    """Puts a sample into the folder `sea`, as the file of the item `a`."""

    def put(sample: str) -> None:
        path = make(sample, tmp_path)
        bucket.put_file(path, f"files/sea/{path.name}", "video/mp4")
        filename_claims.claim(f"sea/{path.stem}", "https://video.example/a")
        records.add([done("a", folder="sea", filename=path.name)])

    return put


def beside(*names: str) -> None:
    for name in names:
        bucket.put_bytes(f"files/sea/{name}", name.encode())
    note_files(f"sea/{name}" for name in names)


def picture(history: Client) -> bytes:
    """What the item `a` is shown by."""
    status, _ = history.get("/api/history/a/thumbnail")
    assert status == 200
    return bytes(history.last.data)


def size(jpeg: bytes) -> tuple[int, int]:
    """Width and height, from its frame header."""
    height, width = struct.unpack_from(">HH", jpeg, jpeg.index(b"\xff\xc0") + 5)
    return width, height


def frames() -> list[str]:
    return [stored.key for stored in bucket.list_(PICTURES)]


@pytest.mark.parametrize("sample", ["h264-aac.mp4", "vp9-opus.webm", "hevc-flac.mkv", "h264-aac.ts"])
def test_a_frame_is_made_once(history: Client, film: Callable[[str], None], sample: str) -> None:
    film(sample)
    first = picture(history)
    assert history.last.headers["Content-Type"] == "image/jpeg"
    assert size(first) == (320, 180)
    [key] = frames()
    made_at = bucket.find(key)
    assert picture(history) == first
    assert bucket.find(key) == made_at


def test_many_at_once_get_the_same_frame(group: Callable[[str], Client], film: Callable[[str], None]) -> None:
    film("h264-aac.mp4")
    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(picture, [group("history") for _ in range(6)]))) == 1
    assert len(frames()) == 1


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["h264-aac.png", "poster.jpg"], "h264-aac.png"),
        (["cover.jpg", "poster.png", "thumbnail.webp"], "thumbnail.webp"),
        (["fanart.jpg", "artwork.jpg"], "artwork.jpg"),
        (["h264-aac.en.jpg", "cover.jpg"], "cover.jpg"),
    ],
)
def test_a_picture_beside_it_wins(history: Client, film: Callable[[str], None], names: list[str], shown: str) -> None:
    film("h264-aac.mp4")
    beside(*names)
    assert picture(history) == shown.encode()
    assert frames() == []


def test_what_a_client_has_is_not_sent_again(history: Client, film: Callable[[str], None]) -> None:
    film("h264-aac.mp4")
    beside("cover.jpg")
    picture(history)
    headers = {"If-None-Match": history.last.headers["ETag"]}
    assert history.call("GET", "/api/history/a/thumbnail", headers=headers)[0] == 304


def test_a_very_large_picture_is_a_redirect(history: Client, film: Callable[[str], None]) -> None:
    film("h264-aac.mp4")
    bucket.put_bytes("files/sea/h264-aac.jpg", bytes(4_000_001))
    assert history.get("/api/history/a/thumbnail")[0] == 302
    assert "h264-aac.jpg" in history.last.headers["Location"]


def test_as_a_sidecar_it_stays_beside_the_film(
    history: Client, film: Callable[[str], None], configure: Callable[..., None], listening: Heard
) -> None:
    configure(thumb_sidecar=True)
    film("h264-aac.mp4")
    made = picture(history)
    assert bucket.get_bytes("files/sea/h264-aac.jpg") == made
    assert items.get("a").sidecar["image"] == [{"file": "/downloads/sea/h264-aac.jpg"}]
    assert listening.names == ["item_updated"]
    assert picture(history) == made


def test_switched_off(history: Client, film: Callable[[str], None], configure: Callable[..., None]) -> None:
    configure(thumb_generate=False)
    film("h264-aac.mp4")
    assert error(history.get("/api/history/a/thumbnail")) == MISSING
    beside("cover.jpg")
    assert picture(history) == b"cover.jpg"


def test_sound_has_the_pictures_beside_it_alone(history: Client, film: Callable[[str], None]) -> None:
    film("aac.m4a")
    for _ in range(2):
        assert error(history.get("/api/history/a/thumbnail")) == MISSING
    beside("aac.jpg")
    assert picture(history) == b"aac.jpg"


@pytest.mark.parametrize("content", [b"", b"no film", b"\x00\x00\x00\x18ftypmp42" + bytes(100)])
def test_what_is_no_film(history: Client, stack: Stack, content: bytes) -> None:
    bucket.put_bytes("files/x.mp4", content)
    records.add([done("a", filename="x.mp4")])
    assert error(history.get("/api/history/a/thumbnail")) == MISSING


def test_items_without_a_file(history: Client) -> None:
    records.add([done("a", Status.ERROR), done("gone", filename="gone{x}.mp4"), waiting("q")])
    for key in ("a", "gone"):
        assert error(history.get(f"/api/history/{key}/thumbnail")) == MISSING
    for key in ("q", "nobody", "%00", "x" * 3000):
        assert error(history.get(f"/api/history/{key}/thumbnail")) == (404, "item not found.")


def test_old_frames_are_removed(history: Client, film: Callable[[str], None]) -> None:
    film("h264-aac.mp4")
    picture(history)
    [key] = frames()
    stored = bucket.find(key)
    assert stored is not None
    for days, kept in ((29, [key]), (31, [])):
        with acting_as("on_schedule"):
            remove_old(stored.modified.timestamp() + days * 86400)
        assert frames() == kept


@pytest.mark.parametrize(("folder", "hours"), [("zips/", 2), ("cache/", 24)])
def test_what_was_made_for_a_moment_is_removed(stack: Stack, folder: str, hours: int) -> None:
    bucket.put_json(f"{folder}a", {})
    [entry] = bucket.list_(folder)
    for seconds, count in ((-60, 1), (60, 0)):
        with acting_as("on_schedule"):
            remove_old(entry.modified.timestamp() + hours * 3600 + seconds)
        assert len(list(bucket.list_(folder))) == count
