"""Invokes the function of downloads again and again, each time with a limit and in an environment of the cloud.

An environment is a scratch folder. A fresh one is empty; a warm one holds what its last invocation left there. What a
killed invocation left goes with its environment, or with the beginning of the next invocation there.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from random import Random

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Item, Shelf
from dlambda.domain.messages.queue_messages import DownloadItem, IntakeItem
from dlambda.store.items import items, leases
from dlambda.usecases.items.work_folders import clear_work_folders
from dlambda.usecases.workers.saved_files import Manifest
from tests.functions.working import handle
from tests.handover.source import Source
from tests.stack import Stack, forget_settings

_MOST_INVOCATIONS = 60
_LOOK_SECONDS = 0.05
Invoke = Callable[[str, float], bool]
"""Invokes for an item, with a limit in seconds; True when the invocation was killed."""


@dataclass
class Report:
    """What a download took. `left`: files in scratch folders and objects of its state, afterwards.

    Those of killed invocations are not counted when the next beginning there removes them.
    """

    item: Item
    invocations: int = 0
    seconds: list[float] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Functions of this process and its children run for `seconds`, and their scratch folders do not last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLAMBDA_FUNCTION_SECONDS", str(seconds))
        patch.setenv("DLAMBDA_WORK_DURABLE", "false")
        patch.delenv("DLAMBDA_LIBRARY_DIR", raising=False)  # the bucket is elsewhere
        forget_settings()
        yield
    forget_settings()


@contextmanager
def inside(environment: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLAMBDA_WORK_DIR", str(environment))
        forget_settings()
        yield
    forget_settings()


def manifest_of(item_id: str) -> Manifest:
    """The saved state of an item."""
    return Manifest.read(bucket.get_json(f"resume/{item_id}/manifest"))


def invoke_here(item_id: str, seconds: float) -> bool:
    """An invocation in this process."""
    assert handle(DownloadItem(item_id), seconds) == {"batchItemFailures": []}
    return False


def invoke_killed_at(source: Source, sent_bytes: int) -> Invoke:
    """Invocations in processes of their own; the first is killed when the source has sent so many bytes."""

    def invoke(item_id: str, seconds: float) -> bool:
        return invoke_apart(item_id, seconds, lambda: source.sent_bytes < sent_bytes)

    return invoke


def invoke_killed_often(source: Source, kills: int, size_bytes: int) -> Invoke:
    """The same, but so many are killed, each at a random moment of its download."""
    random, left = Random(source.fragments), kills

    def invoke(item_id: str, seconds: float) -> bool:
        nonlocal left
        end = source.sent_bytes + random.randrange(size_bytes // 20, size_bytes // (kills + 1))
        is_killed = invoke_apart(item_id, seconds, (lambda: source.sent_bytes < end) if left else None)
        left = max(0, left - 1)
        return is_killed

    return invoke


def invoke_apart(item_id: str, seconds: float, may_live: Callable[[], bool] | None = None) -> bool:
    """An invocation in a process of its own; it and all its workers die at once when they may not live any more."""
    command = invocation_command(DownloadItem(item_id), seconds)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    if may_live and may_live():
        while may_live() and process.poll() is None:
            time.sleep(_LOOK_SECONDS)
        with suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(process.pid, signal.SIGKILL)  # its warm process ends with its socket
        process.communicate()
        leases.release_all()  # as if the 20 seconds of its lease were over
        return True
    output, _ = process.communicate()
    assert json.loads(output.splitlines()[-1]) == {"batchItemFailures": []}, output
    return False


def invocation_command(message: DownloadItem, seconds: float) -> list[str]:
    """The command of a process that is one invocation."""
    return [sys.executable, "-m", "tests.e2e.invocation", "on_download", str(seconds), message.to_json()]


def download(
    stack: Stack,
    url: str,
    environment_of: Callable[[int], Path],
    seconds: float,
    invoke: Invoke = invoke_here,
    **request: object,
) -> Report:
    """Adds the URL and invokes until it has ended; `environment_of` names the scratch folder of an invocation."""
    return go_on(stack, add(url, environment_of(0), **request), environment_of, seconds, invoke)


def go_on(
    stack: Stack,
    item_id: str,
    environment_of: Callable[[int], Path],
    seconds: float,
    invoke: Invoke = invoke_here,
) -> Report:
    """Invokes until the item has ended."""
    stack.messages("download")
    report = Report(items.get(item_id))
    used: dict[Path, bool] = {}  # environment -> whether its last invocation was killed
    while report.item.shelf is Shelf.QUEUE:
        assert report.invocations < _MOST_INVOCATIONS, "it never ends"
        environment = environment_of(report.invocations)
        began = time.monotonic()
        with inside(environment):
            used[environment] = invoke(item_id, seconds)
        stack.messages("download")
        report.seconds.append(time.monotonic() - began)
        report.invocations += 1
        report.item = items.get(item_id)
    report.left = [stored.key for stored in bucket.list_("resume/")]
    for environment, is_killed in used.items():
        if is_killed:
            with inside(environment):
                clear_work_folders(time.time())  # as the next invocation there would
        report.left += [str(path) for path in (environment / "items").glob("*")]
    return report


def add(url: str, environment: Path, **request: object) -> str:
    """An item that waits for its download."""
    client = import_module("endpoints.history.main").app.test_client()
    answer = client.post("/api/history", json={"url": url, **request})
    assert answer.status_code == 200, answer.text
    item_id: str = answer.get_json()[0]["_id"]
    with inside(environment):
        assert handle(IntakeItem(item_id)) == {"batchItemFailures": []}
    return item_id
