"""A download that no worker ever ends is given up (usecases/items/download_item.py)."""

import time

from dlambda.domain.items.item import Item, Status
from dlambda.store.items import items
from dlambda.usecases.items.download_item import download_item
from tests.stack import Stack
from tests.store import records


def test_a_download_that_was_begun_sixty_times_ends_as_an_error(stack: Stack) -> None:
    now = time.time()
    waiting = Item(
        id="begun-too-often",
        url="http://127.0.0.1:9/never.mp4",
        title="never",
        preset="default",
        timestamp=time.time_ns(),
        stored_at=now,
        archive_id="generic never",
        extracted=True,
    )
    stored = records.add([waiting])[0]
    running = records.save(stored, stored.evolve(status=Status.DOWNLOADING, begun=60))

    assert download_item(running.id, seconds_left=lambda: 900.0) is None

    ended = items.get(running.id)
    assert ended.status is Status.ERROR
    assert ended.error == "The download was begun 61 times and got no further."
