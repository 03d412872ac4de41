"""The key API by its published client, unmodified, against the whole service: docs/contract/hostapi.md."""

import concurrent.futures
import json
from pathlib import Path

import pytest
import requests
import yt_dlp_host_api
from yt_dlp_host_api.client import Client
from yt_dlp_host_api.exceptions import APIError

from tests.e2e.api import Api
from tests.e2e.orders import EVERY_PERMISSION, Status, client_of, ended
from tests.e2e.playback import decode
from tests.e2e.service import Service
from tests.origin import Origin
from tests.origin.media import CLIP_FRAMES, media_folder
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def client(service: Service) -> Client:
    return client_of(service)


# Every call of the client


@pytest.mark.slow
def test_the_client_gets_a_video(client: Client, origin: Origin, tmp_path: Path) -> None:
    result = client.get_video(origin.url("clip-key-client.mp4"))
    assert result.status["task_type"] == "get_video"
    assert result.get_file_url().endswith("/video.mp4")
    assert result.get_file() == (media_folder() / "clip.mp4").read_bytes()
    assert result.get_file(raw_response=True).headers["Content-Type"] == "video/mp4"
    result.save_file(str(tmp_path / "video.mp4"))
    assert decode((tmp_path / "video.mp4").read_bytes()).video_frames == CLIP_FRAMES


@pytest.mark.slow
def test_the_client_gets_sound(client: Client, origin: Origin) -> None:
    result = client.get_audio(origin.url("clip-key-client.mp4"), output_format="mp3")
    found = decode(result.get_file())
    assert (found.video_frames, round(found.audio_seconds)) == (0, 10)
    assert result.status["file"].endswith("/audio.mp3")


@pytest.mark.slow
def test_the_client_gets_metadata(client: Client, origin: Origin) -> None:
    result = client.get_info(origin.url("dash/manifest.mpd"))
    whole = result.get_json()
    assert json.loads(result.get_file()) == whole
    assert result.get_json(["title"]) == {"title": whole["title"]}
    found = result.get_json(["qualities", "id"])
    assert found["id"] == whole["id"]
    assert [each["abr"] for each in found["qualities"]["audio"].values()] == [96]
    assert found["qualities"]["video"] == {}  # the manifest tells no frame rate
    with pytest.raises(APIError, match="No matching parameters"):
        result.get_json(["nothing"])


def test_the_client_keeps_keys(client: Client, service: Service) -> None:
    key = client.create_key("robot", ["get_info", "get_video"])
    assert client.get_key("robot") == key == client.get_key("robot", response_json=True)["key"]
    assert client.get_keys()["robot"]["permissions"] == ["get_info", "get_video"]
    robot = client_of(service, key)
    assert robot.check_permissions(["get_info"]) is True
    assert robot.check_permissions(["get_info", "create_key"]) is False
    with pytest.raises(APIError, match="Insufficient permissions"):
        robot.create_key("another", ["get_info"])
    with pytest.raises(APIError, match="Key name already exists"):
        client.create_key("robot", ["get_info"])
    assert client.delete_key("robot")["name"] == "robot"
    with pytest.raises(APIError, match="Invalid API key"):
        robot.get_keys()
    with pytest.raises(APIError, match="Key not found"):
        client.get_key("robot")


def test_the_client_is_told_why(client: Client, origin: Origin) -> None:
    with pytest.raises(APIError, match="video_format"):
        client.get_video(origin.url("clip.mp4"), video_format="best[")
    with pytest.raises(APIError, match=r"Task failed: .*404"):
        client.get_video(origin.url("status/404/x.mp4"))


# Tasks


def test_the_end_of_the_link_knows_ranges_and_needs_no_key(client: Client, origin: Origin) -> None:
    status = ended(client.send_task.get_video(origin.url("clip-range.mp4")))
    answer = requests.get(
        client.host_url + status["file"] + "?raw=true", headers={"Range": "bytes=10-19"}, timeout=PATIENCE_SECONDS
    )
    assert (answer.status_code, len(answer.content)) == (206, 10)
    assert answer.headers["Content-Disposition"] == 'inline; filename="video.mp4"'


@pytest.mark.parametrize("path", ["short.mp4", "audio.mp3"])
def test_a_source_that_cannot_give_it_ends_in_an_error(client: Client, origin: Origin, path: str) -> None:
    """A live recording of what is not live; a video of what has none."""
    send, url = client.send_task, origin.url(path)
    task = send.get_live_video(url, duration=3) if path == "short.mp4" else send.get_video(url, output_format="gif")
    status = ended(task)
    assert status["status"] == "error"
    assert "live" in status["error"] or "no video" in status["error"]


def test_a_live_source_is_not_downloaded_for_ever(client: Client, origin: Origin) -> None:
    status = ended(client.send_task.get_video(origin.url("live/key-endless/1/0/index.m3u8")))
    assert (status["status"], "live" in status["error"]) == ("error", True)


def test_tasks_are_in_no_history(client: Client, api: Api, origin: Origin) -> None:
    before = api.everything()
    ended(client.send_task.get_info(origin.url("clip-apart.mp4")))
    assert api.everything() == before


def test_another_keys_tasks_are_invisible(client: Client, service: Service, origin: Origin) -> None:
    other = client_of(service, client.create_key("other", EVERY_PERMISSION))
    task = client.send_task.get_info(origin.url("clip-own.mp4"))
    with pytest.raises(APIError, match="Task not found"):
        yt_dlp_host_api.task.Task(other, task.task_id, "get_info").get_status()
    assert ended(task)["status"] == "completed"


@pytest.mark.slow
def test_many_requests_of_eight_clients(service: Service, origin: Origin) -> None:
    def ask(number: int) -> Status:
        own = client_of(service)
        return ended(own.send_task.get_info(origin.url(f"clip-many-{number}.mp4")))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(24)))
    assert [each["status"] for each in statuses] == ["completed"] * 24
    assert len({each["file"] for each in statuses}) == 24
