"""A move of a folder goes on after everything was killed in the middle of it (docs/contract/files.md 5)."""

import os
import threading
from pathlib import Path

import pytest

from tests.e2e.api import wait_until
from tests.e2e.service import Service


@pytest.mark.parametrize("count", [500, pytest.param(2000, marks=pytest.mark.nightly)])
def test_killed_moves_are_finished_and_each_object_is_at_one_place(tmp_path, count):
    expected = {f"{number:04}.mp4": f"film {number}" for number in range(count)}
    with Service(tmp_path / "data", {"YTP_BROWSER_CONTROL_ENABLED": "true"}) as service:
        files = tmp_path / "data/media/dlambda/files"
        source, target = files / "from", files / "to/from"
        _write(source, expected)
        _write(files / "to", {"x": "x"})
        wait_until(lambda: service.api.get("/api/file/browser/to").status == 200, 10, lambda: "no folder 'to'")
        threading.Thread(target=_move, args=(service,), daemon=True).start()
        # Once among the copies, once among the deletes (a crash later than that finds them done).
        for middle in (lambda: _count(target) > count // 2, lambda: _count(source) < count):
            wait_until(middle, 120, lambda: f"{_count(source)} left, {_count(target)} moved", pause=0.002)
            service.kill()
            assert _read(source) | _read(target) == expected
            service.launch()
            service.wait_ready()
        wait_until(
            lambda: not _count(source) and _read(target) == expected,
            120,
            lambda: f"{_count(source)} left, {_count(target)} moved",
        )
        page = wait_until(lambda: _browse(service, count), 60, lambda: "the folder's index does not follow")
        assert page["pagination"]["total"] == count


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def _read(folder: Path) -> dict[str, str]:
    """Name -> content; what is written this moment has another name yet."""
    return {path.name: path.read_text() for path in folder.glob("*.mp4")}


def _count(folder: Path) -> int:
    return sum(name.endswith(".mp4") for name in os.listdir(folder)) if folder.exists() else 0


def _move(service: Service) -> None:
    try:
        service.api.post("/api/file/actions", [{"action": "move", "path": "from", "new_path": "to"}])
    except OSError:
        return  # it was killed meanwhile


def _browse(service, count):
    reply = service.api.get("/api/file/browser/to/from")
    page = reply.json()
    return page if reply.status == 200 and page["pagination"]["total"] == count else None
