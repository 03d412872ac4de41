"""Does what the queues would have done: each message to its function, until none is left."""

import json
import threading
import time
from collections.abc import Callable

from dlambda.domain.messages.queue_messages import Message
from events.on_download.main import lambda_handler as on_download
from events.on_files.main import lambda_handler as on_files
from events.on_intake.main import lambda_handler as on_intake
from events.on_order.main import lambda_handler as on_order
from events.on_task.main import lambda_handler as on_task
from local.context import Context
from tests.functions.permissions import acting_as
from tests.patience import PATIENCE_SECONDS
from tests.stack import Stack

_HANDLERS = {
    "intake": on_intake, "entries": on_intake, "download": on_download, "files": on_files, "order": on_order,
    "task": on_task,
}  # fmt: skip
_DOWNLOADS = ("intake", "entries", "download")
_LONG = 3600.0


def handle(message: Message, seconds: float = _LONG) -> dict[str, object]:
    """What the function of the message's queue answers to it."""
    return _invoke(message.queue, message.to_json(), seconds)


def _invoke(queue: str, body: str, seconds: float = _LONG) -> dict[str, object]:
    module = "on_intake" if queue == "entries" else f"on_{queue}"
    with acting_as(module):
        return _HANDLERS[queue]({"Records": [{"messageId": f"m-{queue}", "body": body}]}, Context(module, seconds))


def work(stack: Stack, rounds: int = 50) -> None:
    """Until the queues of downloads are empty. What fails unexpectedly fails the test."""
    for _ in range(rounds):
        todo = [(queue, message) for queue in _DOWNLOADS for message in stack.messages(queue)]
        if not todo:
            return
        for queue, message in todo:
            assert _invoke(queue, json.dumps(message)) == {"batchItemFailures": []}
    raise AssertionError("there is no end to the messages")


def beside(act: Callable[[], object]) -> threading.Thread:
    """`act` in a thread of its own."""
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def until(ready: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Waits; asks ever more rarely, since each question takes time from what is waited for."""
    began = time.monotonic()
    while not ready():
        waited = time.monotonic() - began
        assert waited < seconds, "it did not come to pass"
        time.sleep(min(max(0.02, waited / 10), 0.4))


def work_on_files(stack: Stack) -> None:
    """What waits in the queue of files, once."""
    for message in stack.messages("files"):
        assert _invoke("files", json.dumps(message)) == {"batchItemFailures": []}
