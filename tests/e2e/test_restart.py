"""What survives a stop, the death of an engine, and a power cut.

One service is stopped, cut off and stopped again, since each start takes seconds: a fixture is a stage. The tests of a
stage stand before those of the next.
"""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from yt_dlp_host_api.client import Client

from tests.e2e import moves
from tests.e2e.api import Record, wait_until
from tests.e2e.orders import EVERY_PERMISSION, client_of, ended, file_of
from tests.e2e.playback import decode
from tests.e2e.processes import role_of
from tests.e2e.service import Service, patiently
from tests.origin import Origin
from tests.patience import must_end

CHOSEN_KEY = "chosen-later"
MOVED_FILES = 500


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service of the stages, at its first start."""
    with Service(tmp_path_factory.mktemp("restart") / "data", moves.SETTINGS) as running:
        yield running


@dataclass(frozen=True)
class FirstKey:
    """The key that the first start printed, and what it was good for."""

    value: str
    may_do_all: bool
    names: list[str]


@pytest.fixture(scope="module")
def first_key(own: Service) -> FirstKey:
    printed = own.log_file.read_text()
    value = next(line.split()[1] for line in printed.splitlines() if line.strip().startswith("Key "))
    client = client_of(own, value)
    return FirstKey(value, client.check_permissions(EVERY_PERMISSION), sorted(client.get_keys()))


def start_download(service: Service, url: str) -> None:
    """Adds `url` and waits until some of its bytes have come."""
    service.api.add(url)

    def has_bytes() -> bool:
        item = service.api.find_in_queue(url)
        return bool(item and item["status"] == "downloading" and item["downloaded_bytes"])

    wait_until(has_bytes, 60, lambda: str(service.api.find(url)))


@dataclass(frozen=True)
class Stopped:
    """What was there at the stop, and became of it at the next start."""

    finished_file: bytes
    held: Record
    slow: Record
    slow_file: bytes
    requests: tuple[int, int]
    """Of the slow file, until the stop and until its end."""
    key_is_valid: bool
    socket_folders: list[list[str]]
    """The names in the folder of sockets, at either start."""


@pytest.fixture(scope="module")
def stopped(own: Service, first_key: FirstKey, origin: Origin) -> Stopped:
    done, slow, held = (
        origin.url(f"{path}.mp4") for path in ("restart/clip-done", "slow/300000/clip-slow", "clip-held")
    )
    finished = own.api.fetch(done)
    own.api.add(held, auto_start=False)
    start_download(own, slow)
    socket_folders = [_names_of_sockets(own)]
    own.stop()
    requests_before = _requests(origin, slow)

    own.start()
    socket_folders.append(_names_of_sockets(own))
    item = own.api.wait_for(slow)
    assert item["status"] == "finished", item
    return Stopped(
        own.api.file_of(own.api.item(finished["_id"])),
        own.api.wait_for(held, "pending"),
        item,
        own.api.file_of(item),
        (requests_before, _requests(origin, slow)),
        client_of(own, first_key.value).check_permissions(EVERY_PERMISSION),
        socket_folders,
    )


def _names_of_sockets(service: Service) -> list[str]:
    return sorted(path.name for path in (service.folder / "run").iterdir())


def _requests(origin: Origin, url: str) -> int:
    return origin.counts.get(f"GET {url.removeprefix(origin.base)}", 0)


@dataclass(frozen=True)
class CutOff:
    """What two power cuts interrupted, and goes on: among the copies of a move, and among its deletes."""

    url: str
    client: Client
    task: Any
    move: moves.Move
    lost: list[set[str]]
    """The moved files that were at neither place, after either cut."""


@pytest.fixture(scope="module")
def cut_off(own: Service, first_key: FirstKey, stopped: Stopped, origin: Origin) -> CutOff:
    url, ordered = origin.url("slow/300000/hls/high/index.m3u8?power"), origin.url("slow/300000/clip-death.mp4")
    client = client_of(own, first_key.value)
    move = moves.Move(own, MOVED_FILES)
    task = client.send_task.get_video(ordered)
    start_download(own, url)
    wait_until(lambda: _requests(origin, ordered), 60, lambda: str(task.get_status()))
    assert task.get_status()["status"] == "processing"
    move.begin()
    lost = []
    for wait_for_middle in (move.wait_for_copies, move.wait_for_deletes):
        wait_for_middle()
        own.kill()
        lost.append(move.lost())
        own.start()
    return CutOff(url, client, task, move, lost)


@dataclass(frozen=True)
class Paused:
    """A pause that began before a stop, and a key that the operator chose meanwhile."""

    is_paused: bool
    resumed: int
    item: Record
    first_key_is_valid: bool
    chosen_key_is_valid: bool
    log: str


@pytest.fixture(scope="module")
def paused(own: Service, first_key: FirstKey, cut_off: CutOff, origin: Origin) -> Paused:
    url = origin.url("clip-paused-over-restart.mp4")
    assert own.api.post("/api/system/pause").status == 200
    own.api.add(url)
    own.stop()
    with Service(own.folder, {"YTP_ADMIN_KEY": CHOSEN_KEY}) as later:
        is_paused = later.api.get("/api/system/configuration").json()["paused"]
        resumed = later.api.post("/api/system/resume").status
        item = later.api.wait_for(url)
        first, chosen = (
            client_of(later, value).check_permissions(EVERY_PERMISSION) for value in (first_key.value, CHOSEN_KEY)
        )
    return Paused(is_paused, resumed, item, first, chosen, later.log_file.read_text())


def test_a_download_continues_after_a_stop(stopped: Stopped, origin: Origin) -> None:
    clip = origin.media("clip.mp4").read_bytes()
    assert stopped.finished_file == clip
    assert stopped.held["auto_start"] is False
    assert stopped.slow_file == clip
    before, after = stopped.requests
    assert after > before


def test_each_start_has_a_folder_of_sockets_of_its_own(stopped: Stopped) -> None:
    first, second = stopped.socket_folders
    assert (len(first), len(second)) == (1, 1)
    assert first != second


def test_everything_is_there_after_a_power_cut(own: Service, cut_off: CutOff) -> None:
    item = own.api.wait_for(cut_off.url)
    assert item["status"] == "finished", item
    assert decode(own.api.file_of(item)).video_frames == 300


def test_a_task_of_the_key_api_survives_a_power_cut(cut_off: CutOff, origin: Origin) -> None:
    assert file_of(cut_off.client, ended(cut_off.task)) == origin.media("clip.mp4").read_bytes()


def test_killed_moves_are_finished_and_each_object_is_at_one_place(cut_off: CutOff) -> None:
    """test_moves_survive.py moves more."""
    assert cut_off.lost == [set(), set()]
    assert cut_off.move.wait_for_end() == MOVED_FILES


def test_a_paused_service_stays_paused(paused: Paused) -> None:
    assert paused.is_paused is True
    assert paused.resumed == 200
    assert paused.item["status"] == "finished"


def test_the_first_key_is_shown_once_and_logged_nowhere(
    own: Service, first_key: FirstKey, stopped: Stopped, paused: Paused
) -> None:
    assert first_key.may_do_all
    assert first_key.names == ["admin"]
    assert stopped.key_is_valid
    assert paused.log.count(first_key.value) == 1
    logs = _files_below(own.folder / "logs")
    assert logs
    assert not [file for file in logs if first_key.value in file.read_text(errors="replace")]
    tables = _files_below(own.folder / "tables")
    assert tables
    assert not [file for file in tables if first_key.value.encode() in file.read_bytes()]


def test_a_key_that_is_chosen_later_takes_the_place_of_the_first(paused: Paused) -> None:
    assert paused.chosen_key_is_valid
    assert not paused.first_key_is_valid


def _files_below(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


@pytest.mark.parametrize("engine", ["dynoxide", "rclone", "queue_engine"])
def test_an_engine_that_dies_comes_back(service: Service, origin: Origin, engine: str) -> None:
    service.wake_media_engine()
    victim = next(process for process in service.processes() if role_of(process) == engine)
    os.kill(victim.pid, signal.SIGKILL)
    url = origin.url(f"clip-after-{engine}.mp4")
    patiently(lambda: service.api.add(url).json()[0]["status"], service, seconds=30)
    item = patiently(lambda: service.api.wait_for(url, seconds=90), service, seconds=120)
    assert item["status"] == "finished", item
    service.wake_media_engine()
    wait_until(
        lambda: any(role_of(process) == engine and process.pid != victim.pid for process in service.processes()),
        30,
        lambda: f"{engine} did not come back",
    )


def test_a_worker_that_dies_when_its_file_is_in_the_library_fetches_nothing_again(
    service: Service, origin: Origin
) -> None:
    folder = service.folder / "media" / "dlambda" / "files" / "placed"
    worker = next(process for process in service.processes() if process.command == "python -m local.worker")
    url = origin.url("clip-placed.mp4")
    service.api.add(url, folder="placed")
    with must_end():
        while not (folder / "clip-placed.mp4").exists():
            time.sleep(0.0005)
    os.kill(worker.pid, signal.SIGKILL)
    requests = _requests(origin, url)
    item = patiently(lambda: service.api.wait_for(url, seconds=90), service, seconds=120)
    assert (item["status"], item["filename"]) == ("finished", "clip-placed.mp4"), item
    assert _requests(origin, url) == requests
    assert service.api.file_of(item) == origin.media("clip.mp4").read_bytes()
    assert [path.name for path in folder.iterdir()] == ["clip-placed.mp4"]
    assert (folder / "clip-placed.mp4").stat().st_nlink == 1
