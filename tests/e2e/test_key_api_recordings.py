"""Recordings of live streams by the key API, whose workers may die meanwhile (docs/contract/hostapi.md)."""

from urllib.parse import unquote

import pytest
import requests
from yt_dlp_host_api.client import Client

from tests.e2e.api import wait_until
from tests.e2e.orders import client_of, ended, file_of
from tests.e2e.playback import decode
from tests.e2e.processes import kill_all
from tests.e2e.service import Service
from tests.origin import Origin


@pytest.fixture
def client(service: Service) -> Client:
    return client_of(service)


@pytest.mark.slow
def test_the_client_records_live_streams(client: Client, origin: Origin) -> None:
    url = origin.url("live/key-client/1/0/index.m3u8")
    video = client.get_live_video(url, duration=4)
    assert video.status["file"].endswith("/live_video.mp4")
    assert decode(video.get_file()).video_frames == 4 * 30
    sound = client.get_live_audio(url, duration=3, start=3, output_format="mp3")
    assert decode(sound.get_file()).audio_seconds == pytest.approx(3, abs=0.2)
    assert sound.status["file"].endswith("/live_audio.mp3")


@pytest.mark.slow
@pytest.mark.parametrize(("role", "seconds"), [("local.worker", 30), ("workers.child.warm", 12)])
def test_a_recording_survives_the_death_of_its_worker_without_a_gap(
    client: Client, service: Service, origin: Origin, role: str, seconds: int
) -> None:
    url = origin.url(f"live/death-of-{role}+60/1/0/index.m3u8")
    requests.get(url, timeout=60)
    task = client.send_task.get_live_video(url, duration=seconds, output_format="ts")
    folder = unquote(url.removeprefix(origin.base)).rpartition("/")[0]

    def fetched() -> int:
        return sum(what.startswith(f"GET {folder}/") and what.endswith(".ts") for what in origin.counts)

    wait_until(lambda: fetched() >= seconds / 3, 60, lambda: f"{fetched()} segments fetched: {task.get_status()}")
    victims = [each for each in service.processes() if role in each.command]
    assert victims
    kill_all(victims)
    status = ended(task, 60)
    assert "warnings" not in status, status
    recorded = file_of(client, status)
    found = decode(recorded)
    assert found.video_frames / 30 == pytest.approx(seconds, abs=0.5)
    assert found.audio_seconds == pytest.approx(seconds, abs=0.5)


@pytest.mark.slow
def test_a_stream_with_a_hole_gives_what_there_is_and_says_so(client: Client, origin: Origin) -> None:
    status = ended(client.send_task.get_live_video(origin.url("live/short/1/5/index.m3u8"), duration=20))
    assert any("ended after 5.0 of 20 s" in each for each in status["warnings"])
    assert decode(file_of(client, status)).video_frames == 5 * 30
