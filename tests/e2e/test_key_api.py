"""The key API by its published client, unmodified, against the whole service: docs/contract/hostapi.md."""

import concurrent.futures
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yt_dlp_host_api
from yt_dlp_host_api.client import Client
from yt_dlp_host_api.exceptions import APIError

from dlambda.domain.orders.output import AUDIO, VIDEO
from tests.e2e.api import wait_until
from tests.e2e.playback import decode
from tests.e2e.processes import kill_all
from tests.e2e.service import Service
from tests.origin import Origin
from tests.origin.media import CLIP_FRAMES, media_folder

ADMIN = "the-operators-own-key"
ALL = [
    "create_key",
    "delete_key",
    "get_key",
    "get_keys",
    "get_video",
    "get_audio",
    "get_live_video",
    "get_live_audio",
    "get_info",
]
SOURCES = ["clip-key.mp4", "hls/master.m3u8", "dash/manifest.mpd", "page.html"]
Status = dict[str, Any]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service where the limits are far away."""
    settings = {"YTP_ADMIN_KEY": ADMIN, "REQUEST_LIMIT": "1000"}
    with Service(tmp_path_factory.mktemp("keys") / "data", settings) as running:
        yield running


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service where they are near."""
    settings = {
        "YTP_ADMIN_KEY": ADMIN,
        "REQUEST_LIMIT": "20",
        "DEFAULT_QUOTA_GB": "0.001",
        "MAX_WORKERS": "2",
        "TASK_CLEANUP_TIME": "0.2",
        "DLAMBDA_TICK_SECONDS": "1",
    }
    with Service(tmp_path_factory.mktemp("tight") / "data", settings) as running:
        yield running


def client_of(service: Service, key: str = ADMIN) -> Client:
    return yt_dlp_host_api.api(service.base).get_client(key)


@pytest.fixture
def client(host: Service) -> Client:
    return client_of(host)


def ended(task: Any, seconds: float = 60) -> Status:
    """The status of a task once it is over."""

    def look() -> Status | None:
        status: Status = task.get_status()
        return status if status["status"] in ("completed", "error") else None

    return wait_until(look, seconds, lambda: str(task.get_status()))


def file_of(client: Client, status: Status) -> bytes:
    assert status["status"] == "completed", status
    answer = requests.get(client.host_url + status["file"], timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.content


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


@pytest.mark.slow
def test_the_client_records_live_streams(client: Client, origin: Origin) -> None:
    url = origin.url("live/key-client/1/0/index.m3u8")
    video = client.get_live_video(url, duration=4)
    assert video.status["file"].endswith("/live_video.mp4")
    assert decode(video.get_file()).video_frames == 4 * 30
    sound = client.get_live_audio(url, duration=3, start=3, output_format="mp3")
    assert decode(sound.get_file()).audio_seconds == pytest.approx(3, abs=0.2)
    assert sound.status["file"].endswith("/live_audio.mp3")


def test_the_client_keeps_keys(client: Client, host: Service) -> None:
    key = client.create_key("robot", ["get_info", "get_video"])
    assert client.get_key("robot") == key == client.get_key("robot", response_json=True)["key"]
    assert client.get_keys()["robot"]["permissions"] == ["get_info", "get_video"]
    robot = client_of(host, key)
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


# Sources and formats


@pytest.mark.parametrize("source", SOURCES)
def test_a_video_of_every_kind_of_source(client: Client, origin: Origin, source: str) -> None:
    status = ended(client.send_task.get_video(origin.url(source)))
    found = decode(file_of(client, status))
    assert (found.video_frames, round(found.audio_seconds)) == (CLIP_FRAMES, 10)


@pytest.mark.parametrize("source", SOURCES)
def test_the_sound_of_every_kind_of_source(client: Client, origin: Origin, source: str) -> None:
    status = ended(client.send_task.get_audio(origin.url(source)))
    assert status["file"].endswith("/audio.m4a")
    assert decode(file_of(client, status)).audio_seconds == pytest.approx(10, abs=0.2)


@pytest.mark.parametrize("source", SOURCES)
def test_the_metadata_of_every_kind_of_source(client: Client, origin: Origin, source: str) -> None:
    assert json.loads(file_of(client, ended(client.send_task.get_info(origin.url(source)))))["title"]


@pytest.mark.parametrize("name", sorted(VIDEO))
def test_every_video_format(client: Client, origin: Origin, name: str) -> None:
    status = ended(client.send_task.get_video(origin.url("short.mp4"), output_format=name))
    assert status["file"].endswith(f"/video.{VIDEO[name].ext}")
    found = decode(file_of(client, status))
    assert found.video_frames >= (30 if name == "gif" else 88)
    assert name == "gif" or found.audio_seconds == pytest.approx(3, abs=0.2)


@pytest.mark.parametrize("name", sorted(AUDIO))
def test_every_audio_format(client: Client, origin: Origin, name: str) -> None:
    status = ended(client.send_task.get_audio(origin.url("short.mp4"), output_format=name))
    assert status["file"].endswith(f"/audio.{AUDIO[name].ext}")
    found = decode(file_of(client, status))
    assert (found.video_frames, round(found.audio_seconds)) == (0, 3)


@pytest.mark.parametrize("source", ["clip-part.mp4", "hls/master.m3u8", "dash/manifest.mpd"])
@pytest.mark.parametrize("part", [{"start_time": 2, "end_time": 5}, {"end_time": "0:03"}, {"start_time": "00:00:07"}])
def test_a_part_of_a_video(client: Client, origin: Origin, source: str, part: dict[str, Any]) -> None:
    status = ended(client.send_task.get_video(origin.url(source), force_keyframes=True, **part))
    assert status.items() >= part.items()
    assert decode(file_of(client, status)).video_frames == pytest.approx(90, abs=3)


def test_a_part_of_the_sound(client: Client, origin: Origin) -> None:
    status = ended(client.send_task.get_audio(origin.url("clip-part.mp4"), "bestaudio", "mp3", 2, 5))
    assert decode(file_of(client, status)).audio_seconds == pytest.approx(3, abs=0.2)


def test_the_end_of_the_link_knows_ranges_and_needs_no_key(client: Client, origin: Origin) -> None:
    status = ended(client.send_task.get_video(origin.url("clip-range.mp4")))
    answer = requests.get(client.host_url + status["file"] + "?raw=true", headers={"Range": "bytes=10-19"}, timeout=30)
    assert (answer.status_code, len(answer.content)) == (206, 10)
    assert answer.headers["Content-Disposition"] == 'inline; filename="video.mp4"'


@pytest.mark.parametrize("path", ["short.mp4", "audio.mp3"])
def test_a_source_that_cannot_give_it_ends_in_an_error(client: Client, origin: Origin, path: str) -> None:
    """A live recording of what is not live; a video of what has none."""
    call: Callable[[], Any] = (
        (lambda: client.send_task.get_live_video(origin.url(path), duration=3))
        if path == "short.mp4"
        else (lambda: client.send_task.get_video(origin.url(path), output_format="gif"))
    )
    status = ended(call())
    assert status["status"] == "error"
    assert "live" in status["error"] or "no video" in status["error"]


def test_a_live_source_is_not_downloaded_for_ever(client: Client, origin: Origin) -> None:
    status = ended(client.send_task.get_video(origin.url("live/key-endless/1/0/index.m3u8")))
    assert (status["status"], "live" in status["error"]) == ("error", True)


def test_tasks_are_in_no_history(client: Client, host: Service, origin: Origin) -> None:
    ended(client.send_task.get_info(origin.url("clip-apart.mp4")))
    assert host.api.everything() == []


def test_another_keys_tasks_are_invisible(client: Client, host: Service, origin: Origin) -> None:
    other = client_of(host, client.create_key("other", ALL))
    task = client.send_task.get_info(origin.url("clip-own.mp4"))
    with pytest.raises(APIError, match="Task not found"):
        yt_dlp_host_api.task.Task(other, task.task_id, "get_info").get_status()
    assert ended(task)["status"] == "completed"


# Many at once


@pytest.mark.slow
def test_forty_requests_of_eight_clients(host: Service, origin: Origin) -> None:
    def ask(number: int) -> Status:
        own = client_of(host)
        return ended(own.send_task.get_info(origin.url(f"clip-many-{number}.mp4")))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(40)))
    assert [each["status"] for each in statuses] == ["completed"] * 40
    assert len({each["file"] for each in statuses}) == 40


def test_a_limit_of_twenty_takes_exactly_twenty(tight: Service, origin: Origin) -> None:
    key = client_of(tight).create_key("crowd", ["get_info"])

    def create(number: int) -> requests.Response:
        return requests.post(
            f"{tight.base}/get_info",
            json={"url": origin.url(f"clip-crowd-{number}.mp4")},
            headers={"X-API-Key": key},
            timeout=60,
        )

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(create, range(100)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(200), codes.count(429)) == (20, 80)
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error"] == "Rate limit exceeded. Max 20 per 0.2 min"
    assert 1 <= int(refused.headers["Retry-After"]) <= 12
    crowd = client_of(tight, key)
    accepted = [answer.json()["task_id"] for answer in answers if answer.status_code == 200]
    assert crowd.check_permissions(["get_info"])
    statuses = [ended(yt_dlp_host_api.task.Task(crowd, task_id, "get_info")) for task_id in accepted]
    assert {each["status"] for each in statuses} == {"completed"}


def test_a_task_that_passes_its_quota_ends_and_says_so(tight: Service, origin: Origin) -> None:
    client = client_of(tight)
    robot = client_of(tight, client.create_key("hungry", ["get_video"]))
    status = ended(robot.send_task.get_video(origin.url("clip-quota.mp4")))
    assert (status["status"], "Quota exceeded" in status["error"]) == ("error", True)
    assert client.get_keys()["hungry"]["memory_usage"] <= int(0.001 * 1024**3)


def test_a_quota_is_met_while_bytes_of_unknown_number_arrive(tight: Service, origin: Origin) -> None:
    """Of a slow source, the task ends before the source does."""
    robot = client_of(tight, client_of(tight).create_key("slow", ["get_video"]))
    status = ended(robot.send_task.get_video(origin.url("slow/150000/hls/high/index.m3u8")))
    assert (status["status"], "Quota exceeded" in status["error"]) == ("error", True)
    asked = [what for what in origin.counts if what.startswith("GET /slow/150000/hls/high/") and what.endswith(".ts")]
    assert 1 <= len(asked) < 5, asked


@pytest.mark.slow
def test_a_task_goes_with_its_file(tight: Service, origin: Origin) -> None:
    client = client_of(tight)
    robot = client_of(tight, client.create_key("brief", ["get_info"]))
    task = robot.send_task.get_info(origin.url("clip-brief.mp4"))
    file = tight.base + ended(task)["file"]
    assert requests.get(file, timeout=30).status_code == 200

    def gone() -> bool:
        return requests.get(file, timeout=30).status_code == 404

    wait_until(gone, 15, lambda: "the file is still there")
    with pytest.raises(APIError, match="Task not found"):
        task.get_status()
    objects = tight.folder / "media" / "dlambda" / "orders" / task.task_id
    wait_until(lambda: not list(objects.glob("*")), 70, lambda: str(list(objects.glob("*"))))


# Deaths


@pytest.mark.slow
@pytest.mark.parametrize("role", ["local.worker", "dlambda.media.workers.warm"])
def test_a_recording_survives_the_death_of_its_worker_without_a_gap(
    client: Client, host: Service, origin: Origin, role: str
) -> None:
    url = origin.url(f"live/death-of-{role}+15/1/0/index.m3u8")
    requests.get(url, timeout=60)
    task = client.send_task.get_live_video(url, duration=30, output_format="ts")
    time.sleep(10)
    victims = [each for each in host.processes() if role in each.command]
    assert victims
    kill_all(victims)
    status = ended(task, 60)
    assert "warnings" not in status, status
    recorded = file_of(client, status)
    found = decode(recorded)
    assert found.video_frames / 30 == pytest.approx(30, abs=0.5)
    assert found.audio_seconds == pytest.approx(30, abs=0.5)


@pytest.mark.slow
def test_a_stream_with_a_hole_gives_what_there_is_and_says_so(client: Client, origin: Origin) -> None:
    status = ended(client.send_task.get_live_video(origin.url("live/short/1/5/index.m3u8"), duration=20))
    assert any("ended after 5.0 of 20 s" in each for each in status["warnings"])
    assert decode(file_of(client, status)).video_frames == 5 * 30


@pytest.mark.slow
def test_a_download_survives_the_death_of_everything(folder: Path, origin: Origin) -> None:
    service = Service(folder, {"YTP_ADMIN_KEY": ADMIN}).start()
    try:
        task = client_of(service).send_task.get_video(origin.url("slow/300000/clip-death.mp4"))
        time.sleep(3)
        service.kill()
        service.start()
        status = ended(task, 90)
        assert file_of(client_of(service), status) == (media_folder() / "clip.mp4").read_bytes()
    finally:
        service.kill()


def test_the_first_key_is_shown_once_and_logged_nowhere(folder: Path) -> None:
    with Service(folder) as service:
        printed = service.log_file.read_text()
        key = next(line.split()[1] for line in printed.splitlines() if line.strip().startswith("Key "))
        assert client_of(service, key).check_permissions(ALL)
        assert sorted(client_of(service, key).get_keys()) == ["admin"]
    logs = [file for file in (folder / "logs").rglob("*") if file.is_file()]
    assert logs
    assert not [file for file in logs if key in file.read_text(errors="replace")]
    assert not [file for file in (folder / "tables").rglob("*") if file.is_file() and key.encode() in file.read_bytes()]
    with Service(folder) as service:
        assert service.log_file.read_text().count(key) == 1
        assert client_of(service, key).check_permissions(ALL)
    with Service(folder, {"YTP_ADMIN_KEY": "chosen-later"}) as service:
        assert client_of(service, "chosen-later").check_permissions(ALL)
        assert not client_of(service, key).check_permissions(ALL)
