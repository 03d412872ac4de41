"""A step behind the download that takes longer than an invocation (docs/decisions/continuing-downloads.md)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Shelf, Stage, Status
from dlambda.store.items import items
from dlambda.usecases.items.download_item import download_item
from tests.e2e.playback import decode
from tests.handover.driver import add, inside, limited, manifest_of
from tests.media.range_server import serve
from tests.media.samples import encode
from tests.origin import Origin
from tests.stack import Stack

FILM_SECONDS = 66


@pytest.fixture(autouse=True)
def _limited(stack: Stack) -> Iterator[None]:
    with limited(60):
        yield


def until_converting(item_id: str) -> Callable[[], float]:
    """The time of an invocation that ends when its conversion has begun."""
    return lambda: 0.0 if items.get(item_id).status is Status.POSTPROCESSING else 60.0


def after_a_span(folder: Path) -> Callable[[], float]:
    """The time of an invocation that ends when a part of its conversion is done."""

    def seconds_left() -> float:
        texts = [path.read_text() for path in folder.rglob("state.json")]
        return 0.0 if any("/0-" in text for text in texts) else 60.0

    return seconds_left


def test_a_long_conversion_goes_on_behind_the_spans_that_are_done(stack: Stack, tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    encode(
        ["-f", "lavfi", "-i", f"testsrc2=s=96x64:r=10:d={FILM_SECONDS}", "-c:v", "libx264", "-g", "20"],
        films / "film.mkv",
    )
    with serve(films) as served:
        item_id = add(f"{served.url}/film.mkv", tmp_path, cli="--recode-video mp4")
        for name in ("first", "second"):
            with inside(tmp_path / name):
                download_item(item_id, seconds_left=after_a_span(tmp_path / name))
            assert items.get(item_id).stage is Stage.RUNNING
            spans = [name for name in manifest_of(item_id).files if "/0-" in name]
            assert len(spans) == 1
        with inside(tmp_path / "third"):
            download_item(item_id, seconds_left=lambda: 60.0)
    item = items.get(item_id)
    assert (item.status, item.filename, item.warnings) == (Status.FINISHED, "film.mp4", ())
    assert decode(bucket.get_bytes("files/film.mp4")).video_frames == FILM_SECONDS * 10
    assert not list(bucket.list_("resume/"))


def test_it_has_a_whole_invocation_and_ends_then(stack: Stack, origin: Origin, tmp_path: Path) -> None:
    item_id = add(origin.url("clip.mp4"), tmp_path, cli="--recode-video webm")
    with inside(tmp_path / "first"):
        download_item(item_id, seconds_left=until_converting(item_id))
    assert items.get(item_id).stage is Stage.RUNNING  # the download was in that one
    with inside(tmp_path / "second"):
        download_item(item_id, seconds_left=until_converting(item_id))
    item = items.get(item_id)
    assert (item.shelf, item.status) == (Shelf.DONE, Status.ERROR)
    assert item.error == (
        "What follows the download (a conversion, putting formats together) takes longer than one function may run."
    )


def test_a_step_behind_a_download_that_could_not_be_saved_begins_anew(
    stack: Stack, origin: Origin, tmp_path: Path
) -> None:
    item_id = add(origin.url("clip.mp4"), tmp_path, cli="--recode-video webm")

    def seconds_left() -> float:
        left = until_converting(item_id)()
        for state in tmp_path.rglob("state.json") if not left else ():
            state.unlink()  # as when the step has replaced the file that it tells of
        return left

    for _ in range(2):
        with inside(tmp_path):
            download_item(item_id, seconds_left=seconds_left)
        assert items.get(item_id).stage is Stage.RUNNING
