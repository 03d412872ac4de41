"""Download: an item that waits becomes a file in the bucket."""

from dlambda.domain.messages.queue_messages import DownloadItem
from dlambda.entry.sqs import Invocation, Route, make_queue_handler
from dlambda.media.workers.warm_process import warm_up_at_start
from dlambda.usecases.items.download_item import download_item
from dlambda.usecases.workers.early_start import await_release

warm_up_at_start()


def download(message: DownloadItem, invocation: Invocation) -> DownloadItem | None:
    if message.awaits_release:
        await_release(message.id)
    return download_item(message.id, seconds_left=invocation.seconds_left, excluded=message.passed)


lambda_handler = make_queue_handler(Route(DownloadItem, download))
