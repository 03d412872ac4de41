"""A move of a folder goes on after everything was killed in the middle of it (docs/contract/files.md 5)."""

import threading
import time
from pathlib import Path

import pytest

from tests.e2e.api import wait_until
from tests.e2e.service import Service
from tests.e2e.store import Store

COUNT = 400


@pytest.mark.parametrize("after_seconds", [2.0])
def test_a_killed_move_is_finished_and_nothing_is_lost(tmp_path, after_seconds):
    with Service(tmp_path / "data", {"YTP_BROWSER_CONTROL_ENABLED": "true"}) as service:
        store = Store(service)
        expected = [f"{number:03}.mp4" for number in range(COUNT)]
        store.put("from", *expected)
        store.put("to", "x")
        threading.Thread(target=_move, args=(service,), daemon=True).start()
        time.sleep(after_seconds)
        service.kill()
        found = _names(tmp_path, "from") | _names(tmp_path, "to/from")
        assert found >= set(expected)
        service.launch()
        service.wait_ready()
        wait_until(
            lambda: _names(tmp_path, "to/from") == set(expected) and not _names(tmp_path, "from"),
            200,
            lambda: f"{len(_names(tmp_path, 'from'))} left, {len(_names(tmp_path, 'to/from'))} moved",
        )
        page = wait_until(lambda: _browse(service), 60, lambda: "the folder's index does not follow")
        assert page["pagination"]["total"] == COUNT


def _move(service):
    try:
        service.api.post("/api/file/actions", [{"action": "move", "path": "from", "new_path": "to"}])
    except OSError:
        return  # it was killed meanwhile


def _names(folder: Path, name: str) -> set[str]:
    return {path.name for path in (folder / "data" / "media" / "dlambda" / "files" / name).glob("*.mp4")}


def _browse(service):
    reply = service.api.get("/api/file/browser/to/from")
    page = reply.json()
    return page if reply.status == 200 and page["pagination"]["total"] == COUNT else None
