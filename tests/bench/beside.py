"""Another server of the same API beside this one (`--beside URL`): the same work by the same clients, in turns."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from tests.bench.answering import milliseconds
from tests.bench.downloading import files_per_second, seconds_to_read
from tests.bench.figures import Figure, short
from tests.bench.rate import CLIENTS, answers_per_second
from tests.bench.starting import weigh
from tests.e2e.api import HISTORY, Api, Record
from tests.e2e.processes import Process, all_processes
from tests.listening import ports_of
from tests.origin import Origin
from tests.origin.media import BIG_BYTES, big_file

_TURNS: Final = 5
_CLIPS: Final = 50
_PAGE: Final = "/api/history?type=done&per_page=50"
_FOLDER: Final = "bench-beside"
_SECONDS: Final = 300
_REST_SECONDS: Final = 65
_MB: Final = 1_000_000
# Of what both do, as the bench calls it: unit, and whether more is better.
_UNITS: Final[Mapping[str, tuple[str, bool]]] = {
    "ping": ("ms", False),
    "configuration": ("ms", False),
    "history, a page of 50": ("ms", False),
    f"ping, {CLIENTS} clients": ("req/s", True),
    f"history, a page of 50, {CLIENTS} clients": ("req/s", True),
    "/api/download of 522 MB": ("MB/s", True),
    f"/api/download of 2 MB, {CLIENTS} clients": ("files/s", True),
}


class _Server(NamedTuple):
    """A running server, and the addresses of its files."""

    api: Api
    film: str
    clip: str


def measure_beside(ours: Api, own: Callable[[], list[Process]], address: str, origin: Origin) -> list[Figure]:
    """Medians of five turns; what is known is what the server at `address` did. `own`: the processes of this service."""
    other = Api(address.rstrip("/"))
    owners: tuple[Callable[[], list[Process]], ...] = (own, lambda: _listeners(other))
    weights = {"at rest": [_weight(owner()) for owner in owners]}
    servers = [_filled(api, origin) for api in (ours, other)]
    figures = _in_turns(servers)
    time.sleep(_REST_SECONDS)
    weights["after a minute's rest"] = [_weight(owner()) for owner in owners]
    for when, (mine, others) in weights.items():
        figures.append(_figure(f"memory of all processes, PSS, {when}", mine, others, "MB"))
    return figures


def _in_turns(servers: Iterable[_Server]) -> list[Figure]:
    figures = []
    for name, (unit, more_is_better) in _UNITS.items():
        turns = [[_measure(name, server) for server in servers] for _ in range(_TURNS)]
        mine, others = (statistics.median(values) for values in zip(*turns, strict=True))
        figures.append(_figure(name, mine, others, unit, at_least=more_is_better))
        print(f"{name}: {' '.join(f'{short(a)}/{short(b)}' for a, b in turns)} {unit}", flush=True)
    return figures


def _figure(name: str, mine: float, others: float, unit: str, *, at_least: bool = False) -> Figure:
    return Figure(name, mine, unit, f"{short(others)} {unit}", at_least=at_least)


def _measure(name: str, server: _Server) -> float:
    api = server.api
    match name:
        case "ping":
            return milliseconds(api, "GET", "/api/ping")
        case "configuration":
            return milliseconds(api, "GET", "/api/system/configuration")
        case "history, a page of 50":
            return milliseconds(api, "GET", _PAGE)
        case "/api/download of 522 MB":
            return BIG_BYTES / _MB / seconds_to_read(server.film)
    if name.startswith("/api/download"):
        return files_per_second(server.clip)
    return answers_per_second(api, lambda _: _PAGE if "history" in name else "/api/ping")


def _filled(api: Api, origin: Origin) -> _Server:
    """The server with a film and a page of clips in its history."""
    big_file()
    clips = [origin.url(f"clip-beside-{number}.mp4") for number in range(_CLIPS)]
    film = origin.url("big.mp4?beside")
    missing = {clips[0], film, *clips} - _finished(api).keys()
    reply = api.add(*sorted(missing), folder=_FOLDER)
    assert reply.status in (200, 202), reply.body
    end = time.monotonic() + _SECONDS
    while missing - (items := _finished(api)).keys():
        assert time.monotonic() < end, f"{api.base} has not finished {missing - items.keys()}"
        time.sleep(1)
    return _Server(api, *(api.base + api.download_path(items[url]) for url in (film, clips[0])))


def _finished(api: Api) -> dict[str, Record]:
    items = [item for page in (1, 2) for item in api.listed("done", per_page=50, page=page)["items"]]
    assert all(item["status"] in HISTORY for item in items), items
    return {item["url"]: item for item in items if item["status"] == "finished"}


def _listeners(api: Api) -> list[Process]:
    """The process that listens at the address, if it is on this machine, and its children."""
    port = int(api.base.rpartition(":")[2])
    processes = all_processes()
    pids = {process.pid for process in processes if port in ports_of([process.pid])}
    while more := {process.pid for process in processes if process.parent in pids} - pids:
        pids |= more
    return [process for process in processes if process.pid in pids]


def _weight(processes: list[Process]) -> float:
    return weigh(processes)[0] / _MB
