"""`python -m tests.bench [--only start,looking,clips] [--items 100,10000,100000] [--json FILE] [--record] [--flames] [--beside URL]`.

Starts the whole service on a fresh data folder, measures, prints a table and writes a JSON file. With `--record` the figures go
into the history, of which docs/benchmarks.md is made.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench import (
    answering,
    beside,
    deciding,
    downloading,
    flames,
    floor,
    functions,
    history,
    listing,
    looking,
    ordering,
    painting,
    playing,
    starting,
    watching,
    weighing,
)
from tests.bench.figures import Figure, table, write_json
from tests.e2e.service import Service
from tests.origin import Origin

_REST_SECONDS = 65  # until processes that nobody uses have ended
PARTS = (
    "start",
    "disk",
    "answers",
    "rules",
    "looking",
    "clips",
    "big",
    "floor",
    "serving",
    "playing",
    "keys",
    "tasks",
    "history",
    "page",
    "functions",
)


def measure(
    service: Service, origin: Origin, parts: Sequence[str], sizes: Sequence[int]
) -> tuple[list[Figure], dict[str, float]]:
    """All figures of `parts`, and the memory of processes at rest (MB); the service is running afterwards."""
    memory: dict[str, float] = {}
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    figures = starting.measure_start(service)
    api = service.api
    time.sleep(2)  # what warms up in the background is part of the weight
    if "start" in parts:
        figures += starting.measure_memory(service, "at rest")
        memory = starting.memory_by_process(service)
    if "disk" in parts:
        figures += weighing.measure_installation()
    if "answers" in parts:
        figures += answering.measure_answers(api)
    if "rules" in parts:
        figures += deciding.measure_conditions()
    if "looking" in parts:
        figures += looking.measure_looking(api, origin)
    if "clips" in parts:
        figures += downloading.measure_clips(api, origin, str(time.time_ns()))
    if "big" in parts:
        figures += downloading.measure_big(api, origin)
    if "floor" in parts:
        figures += floor.measure_floor(api, origin)
    if "serving" in parts:
        figures += downloading.measure_serving(api, origin)
    if "playing" in parts:
        figures += playing.measure_playing(api, service.folder / "media/dlambda/files")
    if "keys" in parts:
        figures += ordering.measure_keys(service.base, origin)
    if "tasks" in parts:
        figures += watching.measure_watching(service.folder.parent, origin)
    if "history" in parts:
        figures += _history(service, sizes)
    if "page" in parts:
        figures += painting.measure_page(service.folder.parent, origin, max(sizes))
    if "functions" in parts:
        figures += functions.measure_functions(service.folder.parent / "artifacts")
    if "start" in parts and len(parts) > 1:
        figures += starting.measure_memory(service, "after work")
        time.sleep(_REST_SECONDS)
        figures.append(starting.measure_whole(service, "after a minute's rest"))
    return figures, memory


def _history(service: Service, sizes: Sequence[int]) -> list[Figure]:
    figures: list[Figure] = []
    there = 0
    for size in sizes:
        began = time.perf_counter()
        _seed(service, there, size - there)
        print(f"seeded {size - there:,} items in {time.perf_counter() - began:.0f} s", flush=True)
        there = size
        figures += listing.measure_pages(service.api, size)
        figures.append(listing.measure_rate(service.api, size))
    return figures


def _seed(service: Service, first: int, count: int) -> None:
    """Adds history items numbered from `first`."""
    command = [sys.executable, "-m", "tests.store.seeding", str(first), str(count)]
    subprocess.run(command, env=service.environment_of_functions(), check=True)


def _beside(service: Service, origin: Origin, address: str) -> list[Figure]:
    """Both at rest first, then the work in turns."""
    service.start()
    time.sleep(2)  # as in `measure`
    return beside.measure_beside(service.api, service.processes, address, origin)


def main() -> int:
    """Reads the command line; 1 when an aim was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--only", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--items", default="100,10000,100000", help="lengths of history, ascending")
    parser.add_argument("--json", type=Path, default=Path(f"bench-{time.strftime('%Y%m%d-%H%M%S')}.json"))
    parser.add_argument(
        "--record", action="store_true", help="append to docs/benchmarks.jsonl, write docs/benchmarks.md"
    )
    parser.add_argument(
        "--flames",
        action="store_true",
        help="write the flame graphs of docs/benchmarks.md; nothing else without --record",
    )
    parser.add_argument(
        "--beside",
        metavar="URL",
        help="of another running server of the same API: both do the same in turns, nothing else",
    )
    options = parser.parse_args()
    taken_at, load = time.strftime("%Y-%m-%dT%H:%M:%S%z"), os.getloadavg()[0]
    if options.flames:
        with tempfile.TemporaryDirectory(prefix="dlambda-flames-") as folder:
            flames.write_pictures(Path(folder))
        if not options.record:
            return 0
    place = Path(tempfile.mkdtemp(prefix="dlambda-bench-"))
    service = Service(place / "data", {"YTP_ACCESS_LOG": "false", **ordering.SETTINGS})
    try:
        with Origin() as origin:
            sizes = [int(size) for size in options.items.split(",")]
            memory: dict[str, float] = {}
            if options.beside:
                figures = _beside(service, origin, options.beside)
            else:
                figures, memory = measure(service, origin, options.only.split(","), sizes)
        service.stop()
    finally:
        service.kill()
        shutil.rmtree(place, ignore_errors=True)
    print(table(figures))
    for name, size in memory.items():
        print(f"{size:8.1f} MB  {name}")
    write_json(figures, options.json, taken_at)
    print(f"written to {options.json}")
    if options.record:
        history.record(history.new_run(figures, memory, taken_at, load, is_in_turns=bool(options.beside)))
    return 1 if any(figure.reached is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
