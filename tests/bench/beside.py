"""Another server of the same API beside this one (`--beside URL`): the same work by the same clients, in turns."""

import json
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from tests.bench.answering import OPTIONS, milliseconds
from tests.bench.downloading import files_per_second, seconds_to_read, seconds_to_zip, seconds_until_finished
from tests.bench.figures import Figure, short
from tests.bench.looking import look
from tests.bench.rate import CLIENTS, answers_per_second
from tests.bench.starting import weigh
from tests.bench.timing import median_seconds, seconds_of
from tests.e2e.api import HISTORY, Api, Record
from tests.e2e.processes import Process, all_processes
from tests.listening import ports_of
from tests.origin import Origin
from tests.origin.media import BIG_BYTES, big_file

_TURNS: Final = 5
_CLIPS: Final = 50
_MANY: Final = 20
_PAGE: Final = "/api/history?type=done&per_page=50"
_FOLDER: Final = "bench-beside"
_SECONDS: Final = 300
_REST_SECONDS: Final = 65
_MB: Final = 1_000_000


class _Server(NamedTuple):
    """A running server; the addresses of its files, and the path of the large one."""

    api: Api
    film: str
    clip: str
    path: str

    def json(self, method: str, path: str, body: object = None) -> float:
        return milliseconds(self.api, method, path, None if body is None else json.dumps(body))

    def rate(self, path: str) -> float:
        return answers_per_second(self.api, lambda _: path)

    def finish(self, *urls: str) -> float:
        """In a folder of its own: a server may take a file that is there for what it was asked for."""
        return seconds_until_finished(self.api, [*urls], f"{_FOLDER}/{time.time_ns()}")


class _Line(NamedTuple):
    """Work that both servers do, as the bench calls it. `measure` gets a URL of a clip that neither has seen."""

    name: str
    unit: str
    measure: Callable[[_Server, str], float]
    at_least: bool = False


_LINES: Final = (
    _Line("ping", "ms", lambda server, _: server.json("GET", "/api/ping")),
    _Line("configuration", "ms", lambda server, _: server.json("GET", "/api/system/configuration")),
    _Line("convert", "ms", lambda server, _: server.json("POST", "/api/yt-dlp/convert", OPTIONS)),
    _Line("options", "ms", lambda server, _: server.json("GET", "/api/yt-dlp/options")),
    _Line("history, a page of 50", "ms", lambda server, _: server.json("GET", _PAGE)),
    _Line("url/info, first look", "ms", lambda server, url: seconds_of(lambda: look(server.api, url)) * 1000),
    _Line("url/info, remembered", "ms", lambda server, url: _look_again(server.api, url) * 1000),
    _Line(f"ping, {CLIENTS} clients", "req/s", lambda server, _: server.rate("/api/ping"), at_least=True),
    _Line(f"history, a page of 50, {CLIENTS} clients", "req/s", lambda server, _: server.rate(_PAGE), at_least=True),
    _Line(
        "/api/download of 522 MB", "MB/s",
        lambda server, _: BIG_BYTES / _MB / seconds_to_read(server.film), at_least=True,
    ),
    _Line(
        f"/api/download of 2 MB, {CLIENTS} clients", "files/s",
        lambda server, _: files_per_second(server.clip), at_least=True,
    ),
    _Line(
        "ZIP of 522 MB, POST to last byte", "MB/s",
        lambda server, _: BIG_BYTES / _MB / seconds_to_zip(server.api, server.path), at_least=True,
    ),
    _Line("2 MB mp4, POST until finished", "s", lambda server, url: server.finish(url)),
    _Line(
        f"{_MANY} clips in one POST", "s",
        lambda server, url: server.finish(*(url.replace("clip-", f"clip-{number}-") for number in range(_MANY))),
    ),
    _Line("522 MB mp4, POST until finished", "s", lambda server, url: server.finish(_film_like(url))),
)  # fmt: skip


def measure_beside(ours: Api, own: Callable[[], list[Process]], address: str, origin: Origin) -> list[Figure]:
    """Medians of five turns; what is known is what the server at `address` did. `own`: the processes of this service."""
    other = Api(address.rstrip("/"))
    owners: tuple[Callable[[], list[Process]], ...] = (own, lambda: _listeners(other))
    weights = {"at rest": [_weight(owner()) for owner in owners]}
    servers = [_filled(api, origin) for api in (ours, other)]
    figures = _in_turns(servers, origin)
    weights["after work"] = [_weight(owner()) for owner in owners]
    time.sleep(_REST_SECONDS)
    weights["after a minute's rest"] = [_weight(owner()) for owner in owners]
    for when, (mine, others) in weights.items():
        figures.append(_figure(f"memory of all processes, PSS, {when}", mine, others, "MB"))
    return figures


def _in_turns(servers: Iterable[_Server], origin: Origin) -> list[Figure]:
    figures = []
    for line in _LINES:
        urls = [origin.url(f"clip-{time.time_ns()}-{turn}.mp4") for turn in range(_TURNS)]
        turns = [[line.measure(server, url) for server in servers] for url in urls]
        mine, others = (statistics.median(values) for values in zip(*turns, strict=True))
        figures.append(_figure(line.name, mine, others, line.unit, at_least=line.at_least))
        print(f"{line.name}: {' '.join(f'{short(a)}/{short(b)}' for a, b in turns)} {line.unit}", flush=True)
    return figures


def _look_again(api: Api, url: str) -> float:
    look(api, url)
    return median_seconds(lambda: look(api, url), 10)


def _film_like(url: str) -> str:
    """The address of the large file in the place of a clip's, as new as that is."""
    folder, _, name = url.rpartition("/")
    return f"{folder}/big.mp4?{name}"


def _figure(name: str, mine: float, others: float, unit: str, *, at_least: bool = False) -> Figure:
    return Figure(name, mine, unit, f"{short(others)} {unit}", at_least=at_least)


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
    film_item = items[film]
    film_address, clip_address = (api.base + api.download_path(item) for item in (film_item, items[clips[0]]))
    return _Server(api, film_address, clip_address, f"{film_item['folder']}/{film_item['filename']}")


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
