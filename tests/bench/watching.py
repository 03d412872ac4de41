"""A long feed that a task watches: until every entry is queued, and what the service weighs meanwhile."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.starting import split
from tests.e2e.api import Api, wait_until
from tests.e2e.processes import Process, memory_bytes
from tests.e2e.service import Service
from tests.origin import Origin

ENTRIES = 5000
_SETTINGS = {"YTP_ACCESS_LOG": "false", "YTP_TASKS_HANDLER_TIMER": "* * * * *", "YTP_TASK_HANDLER_RANDOM_DELAY": "1"}
_WARM_ENTRIES = 40  # queued before: what any first work loads is not the feed's weight
_SAMPLE_SECONDS = 0.5
_PATIENCE_SECONDS = 1200
_MB = 1_000_000


@dataclass
class Peaks:
    """The most that each part of a service weighed, PSS in bytes."""

    parts: dict[str, int] = field(default_factory=dict)

    def add(self, weights: dict[str, int]) -> None:
        for name, weight in weights.items():
            self.parts[name] = max(self.parts.get(name, 0), weight)


def measure_watching(folder: Path, origin: Origin, entries: int = ENTRIES) -> list[Figure]:
    """By the task's own timer, and by the sweep of the handlers; each on a fresh service below `folder`."""
    figures = []
    for name, task in (("timer", {"timer": "* * * * *", "handler_enabled": False}), ("sweep", {})):
        with Service(folder / f"watching-{name}", _SETTINGS) as service:
            figures += _measure(service, origin, name, task, entries)
            service.kill()  # thousands of entries still wait for their extraction
    return figures


def _measure(service: Service, origin: Origin, name: str, task: dict[str, object], entries: int) -> list[Figure]:
    _queue(service.api, origin, f"warm-{name}", task, _WARM_ENTRIES)
    rest = weights(service)
    with sampled(service) as peaks:
        seconds = _queue(service.api, origin, f"long-{name}", task, entries)
    what = f"feed of {entries:,}, {name}"
    return [
        Figure(f"{what}: all queued", seconds, "s"),
        *(_growth(f"{what}: {part}, PSS over rest", peaks.parts[part] - rest[part], part) for part in rest),
    ]


def _growth(name: str, grown: int, part: str) -> Figure:
    if part in ("gateway", "worker"):
        return Figure(name, grown / _MB, "MB", "", "50 MB", 50)
    return Figure(name, grown / _MB, "MB")


def _queue(api: Api, origin: Origin, name: str, task: dict[str, object], entries: int) -> float:
    """Seconds from the full minute at which the task is due until all entries are in the queue, each once."""
    urls = origin.publish(name, entries)
    before = _waiting(api)
    time.sleep(60 - time.time() % 60 if time.time() % 60 > 55 else 0)
    due = time.time() // 60 * 60 + 60
    body = {"name": name, "url": origin.url(f"watched/{name}.rss"), "auto_start": False, **task}
    made = api.post("/api/tasks", body)
    assert made.status == 200, made.body
    place = f"/api/tasks/{made.json()['id']}"
    wait_until(
        lambda: _waiting(api) >= before + entries and api.find_in_queue(str(body["url"])) is None,
        _PATIENCE_SECONDS,
        lambda: f"{_waiting(api) - before} of {entries} are queued",
        pause=1,
    )
    seconds = time.time() - due
    assert api.request("DELETE", place).status == 200  # or its timer adds it again
    found = Counter(item["url"] for item in api.queue() if f"clip-{name}-" in item["url"])
    assert found == Counter(urls), "an entry is missing or doubled"
    return seconds


def _waiting(api: Api) -> int:
    total: int = api.listed("queue", per_page=1)["pagination"]["total"]
    return total


@contextmanager
def sampled(service: Service) -> Iterator[Peaks]:
    """Looks twice a second what the service weighs."""
    peaks, stopped = Peaks(), threading.Event()

    def look() -> None:
        while not stopped.wait(_SAMPLE_SECONDS):
            peaks.add(weights(service))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peaks
    finally:
        stopped.set()
        looking.join()


def weights(service: Service) -> dict[str, int]:
    """PSS in bytes of what serves HTTP, of the process with the functions, of yt-dlp's processes, of the engines."""
    http, workers, engines = split(service)
    functions = [process for process in workers if "local.worker" in process.command]
    children = [process for process in workers if process not in functions]
    return {
        "gateway": _pss(http),
        "worker": _pss(functions),
        "processes of yt-dlp": _pss(children),
        "engines": _pss(engines),
    }


def _pss(processes: list[Process]) -> int:
    return sum(memory_bytes(process.pid)[0] for process in processes)
