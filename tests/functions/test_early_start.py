"""A recording's next function starts before the present one ends (docs/decisions/live-recordings.md)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Stage, Status
from dlambda.domain.messages.queue_messages import DownloadItem, FulfilOrder, Message
from dlambda.domain.orders.order import Kind, Order, State
from dlambda.domain.orders.order_request import parse_order_request
from dlambda.store.items import items, leases
from dlambda.store.orders import orders
from dlambda.usecases.items.change_items import cancel
from tests.clock import FakeClock
from tests.e2e.playback import decode
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


def test_a_recording_of_the_key_api_goes_on_in_a_function_that_was_there_before(
    stack: Stack, origin: Origin, tmp_path: Path
) -> None:
    """The next one waits for the present one, and begins with the names of its segments alone."""
    url, options = parse_order_request(
        Kind.GET_LIVE_VIDEO, {"url": origin.url("live/early-key+4/1/0/index.m3u8"), "start": 0, "duration": 8}
    )
    order = Order(f"{time.time_ns():016d}"[-16:], Kind.GET_LIVE_VIDEO, url, "owner", "robot", time.time(), options)
    orders.add(order)
    with inside(tmp_path):
        recording = beside(lambda: handle(FulfilOrder(order.id), LIMIT_SECONDS))
        messages: list[Message] = []

        def receive() -> list[Message]:
            messages.extend(FulfilOrder(**fields) for fields in stack.messages("order"))
            return messages

        until(receive)
        assert messages == [FulfilOrder(order.id, awaits_release=True)]
        assert recording.is_alive()
        assert handle(messages[0], 60.0) == {"batchItemFailures": []}
        recording.join()
    ended_order = orders.find(order.id)
    assert ended_order
    assert (ended_order.state, ended_order.warnings) == (State.COMPLETED, ())
    assert receive() == [*messages[:1], FulfilOrder(order.id)]
    content = bucket.get_bytes(f"orders/{order.id}/{ended_order.file}")
    assert decode(content).video_frames / 30 == pytest.approx(8, abs=0.5)
    assert list(bucket.list_("resume/")) == []


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
