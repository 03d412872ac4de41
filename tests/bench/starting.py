"""How long the start takes, and what the running service weighs."""

from tests.bench.figures import Figure
from tests.bench.timing import seconds_of
from tests.e2e.processes import Process, memory_bytes
from tests.e2e.service import Service

ENGINES = ("dynoxide", "rclone", "ministack")
_MB = 1_000_000


def measure_start(service: Service) -> list[Figure]:
    """Starts `service` (which must not run yet) and leaves it running."""
    seconds = seconds_of(service.start)
    return [Figure("start until ping answers", seconds, "s", "2.0 s", "3 s", 3)]


def measure_memory(service: Service, when: str) -> list[Figure]:
    """PSS and RSS of what is ours, and of the engines. Shared pages count once in PSS, in each process in RSS."""
    own, engines = split(service.processes())
    own_pss, own_rss = weigh(own)
    engine_pss, _ = weigh(engines)
    return [
        Figure(f"memory, HTTP and workers, PSS, {when}", own_pss / _MB, "MB", "114 MB", "120 MB", 120),
        Figure(f"memory, HTTP and workers, RSS, {when}", own_rss / _MB, "MB"),
        Figure(f"memory, engines, PSS, {when}", engine_pss / _MB, "MB"),
    ]


def memory_by_process(service: Service) -> str:
    """One line per process, heaviest first."""
    rows = [(*memory_bytes(process.pid), process) for process in service.processes()]
    rows.sort(key=lambda row: -row[0])
    return "\n".join(f"  {pss / _MB:6.1f} MB  {process.pid:>7}  {process.command[:110]}" for pss, _, process in rows)


def split(processes: list[Process]) -> tuple[list[Process], list[Process]]:
    """(ours, engines)."""
    engines = [process for process in processes if any(name in process.command for name in ENGINES)]
    return [process for process in processes if process not in engines], engines


def weigh(processes: list[Process]) -> tuple[int, int]:
    """(PSS, RSS) in bytes, summed."""
    sizes = [memory_bytes(process.pid) for process in processes]
    return sum(pss for pss, _ in sizes), sum(rss for _, rss in sizes)
