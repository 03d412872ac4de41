"""What was accepted survives a stop, a crash of an engine, and a power cut."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.api import wait_until
from tests.e2e.kill import patiently, role_of
from tests.e2e.playback import decode
from tests.e2e.service import Service
from tests.origin import Origin


@pytest.fixture
def own(folder: Path) -> Iterator[Service]:
    """A service for one test."""
    with Service(folder) as running:
        yield running


def test_a_download_continues_after_a_stop(own: Service, origin: Origin) -> None:
    done, slow, held = (origin.url(f"restart/clip-{name}.mp4") for name in ("done", "slow", "held"))
    slow = slow.replace("restart/", "slow/300000/")
    finished = own.api.fetch(done)
    own.api.add(held, auto_start=False)
    own.api.add(slow)
    own.api.wait_for(slow, "downloading")
    time.sleep(2)
    own.stop()
    before = origin.counts.get(f"GET {slow.removeprefix(origin.base)}", 0)

    own.start()
    assert own.api.file_of(own.api.item(finished["_id"])) == origin.media("clip.mp4").read_bytes()
    assert own.api.wait_for(held, "pending")["auto_start"] is False
    item = own.api.wait_for(slow, seconds=90)
    assert item["status"] == "finished", item
    assert own.api.file_of(item) == origin.media("clip.mp4").read_bytes()
    assert origin.counts[f"GET {slow.removeprefix(origin.base)}"] > before


def test_everything_is_there_after_a_power_cut(own: Service, origin: Origin) -> None:
    url = origin.url("slow/300000/hls/high/index.m3u8?power")
    own.api.add(url)
    own.api.wait_for(url, "downloading")
    time.sleep(1.5)
    own.kill()
    own.start()
    item = own.api.wait_for(url, seconds=150)
    assert item["status"] == "finished", item
    assert decode(own.api.file_of(item)).video_frames == 300


@pytest.mark.parametrize("engine", ["dynoxide", "rclone", "ministack"])
def test_an_engine_that_dies_comes_back(service: Service, origin: Origin, engine: str) -> None:
    victim = next(process for process in service.processes() if role_of(process) == engine)
    os.kill(victim.pid, signal.SIGKILL)
    url = origin.url(f"clip-after-{engine}.mp4")
    patiently(lambda: service.api.add(url).json()[0]["status"], service, 30)
    item = patiently(lambda: service.api.wait_for(url, seconds=90), service, 120)
    assert item["status"] == "finished", item
    wait_until(
        lambda: any(role_of(process) == engine and process.pid != victim.pid for process in service.processes()),
        30,
        lambda: f"{engine} did not come back",
    )


def test_a_paused_service_stays_paused(own: Service, origin: Origin) -> None:
    assert own.api.post("/api/system/pause").status == 200
    own.api.add(origin.url("clip-paused-over-restart.mp4"))
    own.stop()
    own.start()
    assert own.api.get("/api/system/configuration").json()["paused"] is True
    assert own.api.post("/api/system/resume").status == 200
    assert own.api.wait_for(origin.url("clip-paused-over-restart.mp4"))["status"] == "finished"
