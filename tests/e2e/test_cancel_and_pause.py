"""Cancel, hold, start, global pause (docs/contract/downloads.md 4.8, 4.9, 5.7)."""

import time
from collections.abc import Iterator

import pytest

from tests.e2e.api import Api, wait_until
from tests.e2e.listener import Listener, payload
from tests.e2e.processes import Process, role_of
from tests.e2e.service import Service
from tests.origin import Origin


@pytest.fixture
def running_again(api: Api) -> Iterator[None]:
    """Whatever the test did, downloads go on afterwards."""
    yield
    api.post("/api/system/resume")


def _workers(service: Service) -> list[Process]:
    """What runs for a download: forks of the warm process, and what they start. The warm process itself may stay."""
    processes = service.processes()
    roles = {process.pid: role_of(process) for process in processes}
    return [
        process for process in processes if roles[process.pid] == "ffmpeg" or roles.get(process.parent) == "child.warm"
    ]


@pytest.mark.parametrize("path", ["clip-cancel.mp4", "hls/high/index.m3u8?cancel", "dash/manifest.mpd?cancel"])
def test_a_running_download_is_cancelled_by_its_next_heartbeats(
    service: Service, api: Api, listener: Listener, origin: Origin, path: str
) -> None:
    url = origin.url(f"slow/60000/{path}")
    api.add(url)
    item = api.wait_for(url, "downloading")
    assert _workers(service)
    time.sleep(0.5)
    assert api.post("/api/history/cancel", {"ids": [item["_id"]]}).json()[item["_id"]] == "ok"
    before_cancel = len(listener.of("item_updated", item["_id"]))
    assert api.wait_for(url, "cancelled")["status"] == "cancelled"
    # Progress is told once a second, and whoever tells it hears of the cancellation; the whole would take half a minute.
    listener.wait("item_cancelled", lambda message: payload(message)["_id"] == item["_id"])
    assert len(listener.of("item_updated", item["_id"])) <= before_cancel + 4
    wait_until(lambda: not _workers(service), 3, lambda: f"left behind: {_workers(service)}")


def test_cancelling_a_stalled_download_ends_it_too(api: Api, origin: Origin) -> None:
    url = origin.url("stall/600000/clip-stalled.mp4")
    api.add(url)
    item = api.wait_for(url, "downloading")
    api.post("/api/history/cancel", {"ids": [item["_id"]]})
    api.wait_for(url, "cancelled")


def test_a_waiting_item_is_cancelled_at_once(api: Api, listener: Listener, origin: Origin) -> None:
    url = origin.url("clip-cancel-waiting.mp4")
    api.add(url, auto_start=False)
    item_id = api.wait_for(url, "pending")["_id"]
    assert api.post("/api/history/cancel", {"ids": [item_id]}).json()[item_id] == "ok"
    assert api.wait_for(url, seconds=2)["status"] == "cancelled"
    cancelled = listener.wait("item_cancelled")
    moved = listener.wait("item_moved")
    assert listener.messages.index(cancelled) < listener.messages.index(moved)


def test_a_held_item_starts_when_it_is_told_to(api: Api, origin: Origin) -> None:
    url = origin.url("clip-hold.mp4")
    api.add(url, auto_start=False)
    item_id = api.wait_for(url, "pending")["_id"]
    time.sleep(1.5)
    assert api.item(item_id)["status"] == "pending"
    assert api.post("/api/history/pause", {"ids": [item_id]}).json()[item_id] == "not started"
    assert api.post("/api/history/start", {"ids": [item_id]}).json()[item_id] == "started"
    assert api.wait_for(url)["status"] == "finished"


def test_words_for_start_and_pause(api: Api, origin: Origin) -> None:
    url = origin.url("slow/150000/clip-words.mp4")
    api.add(url)
    item_id = api.wait_for(url, "downloading")["_id"]
    assert api.post("/api/history/start", {"ids": [item_id]}).json()[item_id] == "already started"
    assert api.post("/api/history/pause", {"ids": [item_id]}).json()[item_id] == "already started"
    unknown = api.post("/api/history/start", {"ids": ["nobody"]}).json()
    assert unknown["nobody"].startswith("not found")
    assert unknown["status"] == "error"
    api.post("/api/history/cancel", {"ids": [item_id]})
    api.wait_for(url, "cancelled", seconds=5)


@pytest.mark.usefixtures("running_again")
def test_global_pause_starts_nothing_and_lets_running_ones_end(api: Api, listener: Listener, origin: Origin) -> None:
    running, waiting = origin.url("slow/500000/clip-pause-running.mp4"), origin.url("clip-pause-waiting.mp4")
    api.add(running)
    api.wait_for(running, "downloading")
    assert api.post("/api/system/pause").json() == {"message": "Non-active downloads have been paused."}
    assert api.post("/api/system/pause").status == 406
    listener.wait("paused")
    assert api.get("/api/system/configuration").json()["paused"] is True
    api.add(waiting)
    assert api.wait_for(running)["status"] == "finished"
    assert api.wait_for(waiting, "pending", seconds=5)["status"] == "pending"
    time.sleep(1)
    assert api.wait_for(waiting, "pending", seconds=5)["status"] == "pending"
    assert api.post("/api/system/resume").json() == {"message": "Resumed all downloads."}
    listener.wait("resumed")
    assert api.wait_for(waiting)["status"] == "finished"
    assert api.post("/api/system/resume").status == 406


@pytest.mark.usefixtures("running_again")
def test_limits_are_kept(api: Api, origin: Origin) -> None:
    urls = [origin.url(f"slow/400000/clip-limit-{number}.mp4") for number in range(10)]
    api.add(*urls)
    most = 0
    end = time.monotonic() + 60
    while time.monotonic() < end:
        mine = [item for item in api.everything() if item["url"] in urls]
        active = [item for item in mine if item["status"] in ("preparing", "downloading", "postprocessing")]
        most = max(most, len(active))
        if len(mine) == 10 and all(item["status"] == "finished" for item in mine):
            break
        time.sleep(0.2)
    else:
        pytest.fail(f"not finished: {[(item['url'], item['status'], item['error']) for item in mine]}")
    assert 1 < most <= 6
