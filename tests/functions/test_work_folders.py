"""Nothing lies in the work folder that no record needs (docs/contract/downloads.md 5.7)."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dlambda.deployment import current
from dlambda.domain.items.item import Status
from dlambda.domain.messages.queue_messages import DownloadItem, IntakeItem
from dlambda.store.items import items
from dlambda.usecases.items.work_folders import open_work_folder, work_folder
from dlambda.usecases.operations import sweep as rounds
from tests.functions.calls import Client
from tests.functions.permissions import acting_as
from tests.functions.working import beside, handle, until, work
from tests.origin import Origin
from tests.patience import PATIENCE_SECONDS
from tests.stack import Stack

PATH = "/api/history"


@pytest.fixture(autouse=True)
def no_retries(configure: Callable[..., None]) -> None:
    configure(retries=0, remove_files=True)


def sweep(now: float | None = None) -> None:
    with acting_as("on_schedule"):
        rounds.sweep(time.time() if now is None else now)


def add(history: Client, url: str, **fields: object) -> str:
    status, body = history.post(PATH, {"url": url, **fields})
    assert status == 200, body
    return str(body[0]["_id"])


def traces(folder: Path) -> list[Path]:
    return sorted(folder.parent.glob(f"{folder.name}*"))


def test_what_a_failed_download_has_begun_goes_with_its_record(history: Client, stack: Stack, origin: Origin) -> None:
    item_id = add(history, origin.url("truncated/clip-work-1.mp4"), cli="--retries 0")
    work(stack)
    item = items.get(item_id)
    folder = work_folder(item)
    assert (item.status, bool(list(folder.rglob("*.part")))) == (Status.ERROR, True)
    sweep()
    assert list(folder.rglob("*.part"))
    history.delete(PATH, {"type": "done", "ids": [item_id]})
    sweep()
    assert traces(folder) == []


def test_so_does_that_of_a_cancelled_one(history: Client, stack: Stack, origin: Origin) -> None:
    item_id = add(history, origin.url("slow/100000/clip-work-2.mp4"))
    [message] = stack.messages("intake")
    handle(IntakeItem(message["id"]))
    stack.messages("download")
    worker = beside(lambda: handle(DownloadItem(item_id)))
    folder = work_folder(items.get(item_id))
    until(lambda: list(folder.rglob("*.part")))
    sweep()
    assert folder.is_dir()
    history.post(f"{PATH}/cancel", {"ids": [item_id]})
    worker.join(PATIENCE_SECONDS)
    assert items.get(item_id).status is Status.CANCELLED
    history.delete(PATH, {"type": "done", "ids": [item_id]})
    sweep()
    assert traces(folder) == []


def test_a_finished_download_leaves_nothing(history: Client, stack: Stack, origin: Origin) -> None:
    item_id = add(history, origin.url("clip-work-3.mp4"), cli="--embed-thumbnail --remux-video webm")
    work(stack)
    assert items.get(item_id).status is Status.FINISHED
    assert traces(work_folder(items.get(item_id))) == []


def test_one_that_waits_keeps_what_it_has(history: Client, stack: Stack, origin: Origin) -> None:
    item_id = add(history, origin.url("clip-work-4.mp4"), auto_start=False)
    work(stack)
    folder = open_work_folder(items.get(item_id))
    sweep(time.time() + 3600)
    assert folder.is_dir()
    history.post(f"{PATH}/cancel", {"ids": [item_id]})
    sweep()
    assert traces(folder) == []


def test_a_folder_of_an_older_version_stays_while_its_item_needs_it(
    history: Client, stack: Stack, origin: Origin
) -> None:
    item_id = add(history, origin.url("clip-older.mp4"), auto_start=False)
    work(stack)
    folder = open_work_folder(items.get(item_id))
    folder.with_name(f"{folder.name}.url").unlink()
    (folder / "state.json").write_text(json.dumps({"item_id": item_id}))
    os.utime(folder, (time.time() - 61, time.time() - 61))
    sweep()
    assert folder.is_dir()


def test_a_folder_of_nobody_goes_after_a_minute(stack: Stack) -> None:
    folder = current().settings.scratch / "items" / "0123456789abcdef"
    folder.mkdir(parents=True)
    sweep()
    assert folder.is_dir()
    os.utime(folder, (time.time() - 61, time.time() - 61))
    sweep()
    assert not folder.exists()
