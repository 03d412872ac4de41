"""A live stream that is recorded through many invocations: every segment once, in order.

Messages start invocations as they come, so that the next one begins beside the one that hands over.
"""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from dlambda.aws import bucket, objects
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.messages.queue_messages import DownloadItem
from dlambda.domain.paths.paths import object_key_in
from dlambda.store.items import items
from tests.handover.driver import add, inside, invocation_command
from tests.origin import Origin
from tests.origin.live import sequence_numbers
from tests.stack import Stack

_SECONDS = 90
_LOOK_SECONDS = 0.1
_MOST_INVOCATIONS = 60


def record(
    stack: Stack, environment_of: Callable[[int], Path], limit_seconds: float, window: int, seconds: int = _SECONDS
) -> bool:
    """Records a stream, which offers `window` segments of a second, to its end.

    Prints a row, and answers whether no segment is missing or doubled.
    """
    began = time.monotonic()
    with Origin() as origin:
        url = origin.url(f"live/handover-{seconds}+{window}/1/{seconds}/index.m3u8")
        item_id = add(url, environment_of(0), cli="--fixup never")
        invocations = _invoke_all(stack, item_id, environment_of, limit_seconds)
    item = items.get(item_id)
    numbers, left = _numbers_of(item), [stored.key for stored in bucket.list_("resume/")]
    is_whole = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False
    is_good = is_whole and numbers[-1] == seconds - 1 and invocations > 1 and not left
    lost = numbers[-1] - numbers[0] + 1 - len(numbers) if numbers else seconds
    print(
        f"{f'live, of {window} s':28} {invocations:3} invocations, {len(numbers)} segments ({numbers[:1]} to {numbers[-1:]}), "
        f"{lost} lost, {time.monotonic() - began:6.1f} s, {item.error or 'right'}, left: {left or 'nothing'}"
        f"{'' if is_good else '   <-- not as promised'}",
        flush=True,
    )
    return is_good


def _invoke_all(stack: Stack, item_id: str, environment_of: Callable[[int], Path], limit_seconds: float) -> int:
    """Answers how many invocations there were, those that found nothing to do left out."""
    running: list[subprocess.Popen[str]] = []
    number = idle = 0
    while running or items.get(item_id).shelf is Shelf.QUEUE:
        for fields in stack.messages("download"):
            assert number < _MOST_INVOCATIONS, "it never ends"
            with inside(environment_of(number)):
                command = invocation_command(DownloadItem(**fields), limit_seconds)
                running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True))
            # The message that a hand-over leaves in any case is too late where the next invocation works already.
            idle += number > 0 and not fields.get("awaits_release")
            number += 1
        for process in [process for process in running if process.poll() is not None]:
            running.remove(process)
            output, _ = process.communicate()
            assert json.loads(output.splitlines()[-1]) == {"batchItemFailures": []}, output
        time.sleep(_LOOK_SECONDS)
    return number - idle


def _numbers_of(item: Item) -> list[int]:
    if item.status is not Status.FINISHED:
        return []
    key = object_key_in(item.folder, str(item.filename))
    return sequence_numbers(b"".join(objects.read(key)))
