"""A step behind the download that takes longer than an invocation (docs/decisions/continuing-downloads.md)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlambda.domain.items.item import Shelf, Stage, Status
from dlambda.store.items import items
from dlambda.usecases.items.download_item import download_item
from tests.handover.driver import add, inside, limited
from tests.origin import Origin
from tests.stack import Stack


@pytest.fixture(autouse=True)
def _limited(stack: Stack) -> Iterator[None]:
    with limited(60):
        yield


def until_converting(item_id: str) -> Callable[[], float]:
    """The time of an invocation that ends when its conversion has begun."""
    return lambda: 0.0 if items.get(item_id).status is Status.POSTPROCESSING else 60.0


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
