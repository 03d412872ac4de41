"""`finished` is media: by its content, with an extension that fits, with a note of what failed beside it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlambda.aws import bucket
from dlambda.deployment import current
from dlambda.domain.items.item import Item, Status
from dlambda.domain.rules.resource import PRESETS
from dlambda.store.items import archive, items
from dlambda.usecases.rules import resources
from tests.functions.calls import Client, Heard
from tests.functions.working import work
from tests.origin import Origin
from tests.stack import Stack

PATH = "/api/history"


@pytest.fixture(autouse=True)
def no_retries(configure: Callable[..., None]) -> None:
    configure(retries=0)


@pytest.fixture
def serve(origin: Origin, request: pytest.FixtureRequest) -> Iterator[Callable[[str, bytes], str]]:
    """Makes a file of the origin, under a name of the test's own; answers its address."""
    folder = origin.media("clip.mp4").parent / "no-media" / request.node.name.replace("/", "_")
    folder.mkdir(parents=True, exist_ok=True)

    def put(name: str, content: bytes) -> str:
        (folder / name).write_bytes(content)
        return origin.url(str((folder / name).relative_to(origin.media("clip.mp4").parent)))

    yield put
    shutil.rmtree(folder)


def download(history: Client, stack: Stack, url: str, **fields: object) -> Item:
    status, body = history.post(PATH, {"url": url, **fields})
    assert status == 200, body
    work(stack)
    return items.get(body[0]["_id"])


def cut(origin: Origin, name: str, part: float) -> bytes:
    content = Path(origin.media(name)).read_bytes()
    return content[: int(len(content) * part)]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("page.mp4", b"<!doctype html><html><title>Please log in</title></html>", "login"),
        ("text.mp3", b"not for you", "unsupported"),
        ("answer.webm", b'{"error": 403}', "unsupported"),
        ("zeros.mp4", bytes(5000), "unsupported"),
        ("noise.mkv", bytes(range(256)) * 20, "unsupported"),
        ("index-lost.mp4", b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + bytes(4000), "unsupported"),
    ],
)
def test_what_is_no_media_is_an_error(
    history: Client, stack: Stack, serve: Callable[[str, bytes], str], name: str, content: bytes, kind: str
) -> None:
    resources.create(PRESETS, {"name": f"Marks {name}", "cli": "--download-archive no-media.log"})
    url = serve(name, content)
    before = set((current().settings.scratch / "items").glob("*"))
    item = download(history, stack, url, preset=f"Marks {name}", folder=name)
    assert item.failure
    assert item.archive_id
    assert (item.status, item.filename, item.failure["kind"]) == (Status.ERROR, None, kind)
    assert item.failure["advice"]
    assert not archive.find_present("no-media.log", [item.archive_id])
    assert not list(bucket.list_(f"files/{name}/"))
    assert set((current().settings.scratch / "items").glob("*")) == before


def test_the_extension_fits_what_is_there(
    history: Client, stack: Stack, serve: Callable[[str, bytes], str], origin: Origin
) -> None:
    item = download(history, stack, serve("sound.mp4", origin.media("audio.mp3").read_bytes()), folder="fit")
    assert (item.status, item.filename) == (Status.FINISHED, "sound.mp3")
    assert (item.extras["is_video"], item.extras["is_audio"]) == (False, True)
    item = download(history, stack, serve("film.mp4", origin.media("vp9.webm").read_bytes()), folder="fit")
    assert (item.status, item.filename) == (Status.FINISHED, "film.webm")


def test_what_can_be_played_in_part_is_media(
    history: Client, stack: Stack, serve: Callable[[str, bytes], str], origin: Origin
) -> None:
    item = download(history, stack, serve("begun.webm", cut(origin, "vp9.webm", 0.5)), folder="part")
    assert (item.status, item.filename) == (Status.FINISHED, "begun.webm")


def test_what_failed_beside_the_media_stands_in_the_record(
    history: Client, stack: Stack, origin: Origin, listening: Heard
) -> None:
    url = origin.url("names/warned.mp4")
    item = download(history, stack, url, cli="--remux-video webm", folder="warned")
    assert (item.status, item.filename, item.error) == (Status.FINISHED, "warned.mp4", None)
    record = history.get(f"{PATH}/{item.id}")[1]
    [warning] = record["warnings"]
    assert warning["step"] == "VideoRemuxer"
    assert "WebM" in warning["text"]
    assert listening.of("item_moved")[-1]["data"]["item"]["warnings"] == [warning]
    assert bucket.find("files/warned/warned.mp4") is not None
