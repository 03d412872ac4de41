"""A folder of many files that a running service moves, and may be killed meanwhile (docs/contract/files.md 5)."""

import os
import threading
from pathlib import Path

from tests.e2e.api import Json, wait_until
from tests.e2e.service import Service

SETTINGS = {"YTP_BROWSER_CONTROL_ENABLED": "true"}
_SECONDS = 120
_PAUSE_SECONDS = 0.002  # the middle of a move is short


class Move:
    """The folder `from`, which goes into the folder `to`."""

    def __init__(self, service: Service, count: int) -> None:
        """Writes `count` files into the service's library, and waits until the service sees the target."""
        self._service = service
        self._expected = {f"{number:04}.mp4": f"film {number}" for number in range(count)}
        files = service.folder / "media/dlambda/files"
        self._source, self._target = files / "from", files / "to/from"
        _write(self._source, self._expected)
        _write(files / "to", {"x": "x"})
        wait_until(lambda: service.api.get("/api/file/browser/to").status == 200, 10, lambda: "no folder 'to'")

    def begin(self) -> None:
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        try:
            self._service.api.post("/api/file/actions", [{"action": "move", "path": "from", "new_path": "to"}])
        except OSError:
            return  # it was killed meanwhile

    def wait_for_copies(self) -> None:
        """Until more than half of the files have been copied."""
        half = len(self._expected) // 2
        wait_until(lambda: _count(self._target) > half, _SECONDS, self._state, pause=_PAUSE_SECONDS)

    def wait_for_deletes(self) -> None:
        """Until files have been deleted at the source; a crash later than the copies finds them done."""
        count = len(self._expected)
        wait_until(lambda: _count(self._source) < count, _SECONDS, self._state, pause=_PAUSE_SECONDS)

    def lost(self) -> set[str]:
        """The names of files that are at neither place as they were."""
        there = _read(self._source) | _read(self._target)
        return {name for name, text in self._expected.items() if there.get(name) != text}

    def wait_for_end(self) -> int:
        """Until each file is at the target alone, and the folder's index says so: how many it names."""
        wait_until(lambda: not _count(self._source) and _read(self._target) == self._expected, _SECONDS, self._state)
        page = wait_until(self._page, 60, lambda: "the folder's index does not follow")
        total: int = page["pagination"]["total"]
        return total

    def _page(self) -> Json:
        reply = self._service.api.get("/api/file/browser/to/from")
        page = reply.json()
        return page if reply.status == 200 and page["pagination"]["total"] == len(self._expected) else None

    def _state(self) -> str:
        return f"{_count(self._source)} left, {_count(self._target)} moved"


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def _read(folder: Path) -> dict[str, str]:
    """Name -> content; what is written this moment has another name yet."""
    return {path.name: path.read_text() for path in folder.glob("*.mp4")}


def _count(folder: Path) -> int:
    return sum(name.endswith(".mp4") for name in os.listdir(folder)) if folder.exists() else 0
