"""A volume that fills up: `/api/system/ready` says what downloads do (docs/contract/system.md 5)."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.domain.items.item import Status
from dlambda.store.items import items
from tests.functions.calls import Client
from tests.functions.test_pipeline import add
from tests.functions.working import work
from tests.origin import Origin
from tests.stack import Stack

MB = 1_000_000


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Any]:
    """A file system of 40 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("this user cannot mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_ready_and_downloads_agree_on_whether_there_is_room(
    history: Client, system: Client, stack: Stack, origin: Origin, configure: Callable[..., None], volume: Any
) -> None:
    configure(work_dir=volume, retries=3)
    reserve = shutil.disk_usage(volume).total // 20
    assert system.get("/api/system/ready")[1]["disk"]["ok"]
    fill = volume / "fill"
    fill.write_bytes(bytes(shutil.disk_usage(volume).free - reserve - 30_000))
    disk = system.get("/api/system/ready")[1]["disk"]
    assert (disk["ok"], 0 <= disk["available_bytes"] <= 30_000) == (False, True)
    waiting = add(history, origin.url("small/clip-1.mp4"))
    work(stack)
    item = items.get(waiting)
    assert (item.status, (item.failure or {}).get("kind")) == (Status.PENDING, "disk")
    fill.unlink()
    assert system.get("/api/system/ready")[1]["disk"]["ok"]
    item_id = add(history, origin.url("small/clip-2.mp4"))
    work(stack)
    assert items.get(item_id).status is Status.FINISHED
    assert current().settings.scratch == volume
