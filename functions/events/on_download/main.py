"""Download: an item that waits becomes a file in the bucket."""

from collections.abc import Mapping
from typing import Any

from dlambda.aws import queue
from dlambda.entry.sqs import make_queue_handler
from dlambda.media.workers.worker import warm_up
from dlambda.usecases.items.download_item import download_item

warm_up()


def _handle(message: Mapping[str, Any], context: Any) -> None:
    unfinished = download_item(
        message["id"],
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        excluded=message.get("passed", ()),
    )
    if unfinished:
        queue.send("download", {"id": message["id"]})


lambda_handler = make_queue_handler(_handle)
