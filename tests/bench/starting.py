"""How long the start takes, and what the running service weighs."""

import statistics
from collections import Counter

from tests.bench.figures import Figure
from tests.bench.timing import seconds_of
from tests.e2e.processes import Process, memory_bytes
from tests.e2e.service import Service

_STARTS = 3
ENGINES = ("dynoxide", "rclone", "queue_engine")
_MB = 1_000_000
# The first whose words are in the command says what a process is.
_KINDS = (
    ("child.warm", "yt-dlp's warm process and its workers"),
    ("local.gateway", "gateway"),
    ("local.worker", "worker"),
    ("local.dynoxide", "table engine's listener"),
    ("local.queue_engine", "queue engine"),
    ("dynoxide", "table engine"),
    ("rclone", "media engine"),
)
# What the system that this one succeeds takes, and the aim.
_KNOWN = {"at rest": (101, 150), "after work": (125, 200), "after a minute's rest": (125, 180)}


def measure_start(service: Service) -> list[Figure]:
    """Starts `service` (which must not run yet) a few times and leaves it running."""
    times = [_start_seconds(service)]
    for _ in range(_STARTS):
        service.stop()
        times.append(_start_seconds(service))
    return [
        Figure("first start on an empty folder until ping answers", times[0], "s", "2.0 s", "3 s", 3),
        Figure("start until ping answers, median", statistics.median(times[1:]), "s", "2.0 s", "3 s", 3),
    ]


def _start_seconds(service: Service) -> float:
    service.launch()
    return seconds_of(service.wait_ready)


def measure_memory(service: Service, when: str) -> list[Figure]:
    """PSS and RSS of what serves HTTP, of what downloads, and of the engines.

    Pages that processes share count once in PSS, and in each process in RSS.
    """
    http, workers, engines = split(service)
    http_pss, http_rss = weigh(http)
    return [
        measure_whole(service, when),
        Figure(f"memory of what serves HTTP, PSS, {when}", http_pss / _MB, "MB", "114 MB", "120 MB", 120),
        Figure(f"memory of what serves HTTP, RSS, {when}", http_rss / _MB, "MB", "", "", None),
        Figure(f"memory of workers and downloads, PSS, {when}", weigh(workers)[0] / _MB, "MB"),
        Figure(f"memory of engines, PSS, {when}", weigh(engines)[0] / _MB, "MB"),
    ]


def measure_whole(service: Service, when: str) -> Figure:
    """PSS of all processes."""
    reference, limit = _KNOWN[when]
    whole = weigh(service.processes())[0] / _MB
    return Figure(f"memory of all processes, PSS, {when}", whole, "MB", f"{reference} MB", f"{limit} MB", limit)


def memory_by_process(service: Service) -> dict[str, float]:
    """PSS in MB of each process by what it is, heaviest first; of several of one kind the sum."""
    sizes: Counter[str] = Counter()
    for process in service.processes():
        name = "supervisor" if process.pid == service.supervisor else _kind(process.command)
        sizes[name] += memory_bytes(process.pid)[0]
    return {name: size / _MB for name, size in sizes.most_common()}


def _kind(command: str) -> str:
    return next((kind for words, kind in _KINDS if words in command), command[:60])


def split(service: Service) -> tuple[list[Process], list[Process], list[Process]]:
    """(supervisor and gateway, workers and their children, engines)."""
    processes = service.processes()
    engines = [process for process in processes if any(name in process.command for name in ENGINES)]
    http = [process for process in processes if process.pid == service.supervisor or "local.gateway" in process.command]
    return http, [process for process in processes if process not in engines + http], engines


def weigh(processes: list[Process]) -> tuple[int, int]:
    """(PSS, RSS) in bytes, summed."""
    sizes = [memory_bytes(process.pid) for process in processes]
    return sum(pss for pss, _ in sizes), sum(rss for _, rss in sizes)
