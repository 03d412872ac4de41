"""A recording's next function starts before the present one ends (docs/decisions/live-recordings.md)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlambda.domain.items.item import Stage, Status
from dlambda.domain.messages.queue_messages import DownloadItem
from dlambda.store.items import items, leases
from dlambda.usecases.items.change_items import cancel
from tests.clock import FakeClock
from tests.functions.working import beside, handle, until
from tests.handover.driver import add, inside, limited
from tests.origin import Origin
from tests.stack import Stack

LIMIT_SECONDS = 4.0


@pytest.fixture(autouse=True)
def _limited(stack: Stack, permitted: object) -> Iterator[None]:
    with limited(LIMIT_SECONDS):
        yield


def test_a_recording_wakes_the_next_function_early(stack: Stack, origin: Origin, tmp_path: Path) -> None:
    item_id = add(origin.url("live/early+20/1/0/index.m3u8"), tmp_path)
    stack.messages("download")
    with inside(tmp_path):
        recording = beside(lambda: handle(DownloadItem(item_id), LIMIT_SECONDS))
        messages: list[object] = []

        def receive() -> list[object]:
            messages.extend(stack.messages("download"))
            return messages

        until(receive)
        assert messages == [{"id": item_id, "awaits_release": True}]
        recording.join()
    assert items.get(item_id).stage is Stage.RUNNING
    cancel(item_id)


def test_it_waits_for_the_other_one_to_end(stack: Stack, origin: Origin, tmp_path: Path) -> None:
    item_id = add(origin.url("clip.mp4"), tmp_path)
    lease = leases.acquire(item_id, leases.new_owner(), time.time())
    assert lease
    with inside(tmp_path):
        next_one = beside(lambda: handle(DownloadItem(item_id, awaits_release=True)))
        assert items.get(item_id).status is Status.PENDING
        leases.release(lease)
        next_one.join()
    assert items.get(item_id).status is Status.FINISHED


def test_one_that_ended_meanwhile_is_left_alone(stack: Stack, origin: Origin, tmp_path: Path, clock: FakeClock) -> None:
    item_id = add(origin.url("clip.mp4"), tmp_path)
    with inside(tmp_path):
        for _ in range(2):
            handle(DownloadItem(item_id, awaits_release=True))
    assert items.get(item_id).status is Status.FINISHED
