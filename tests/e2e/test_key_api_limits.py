"""Limits of the key API: requests, quotas, and how long a task lasts (docs/contract/hostapi.md)."""

import concurrent.futures
from collections.abc import Iterator

import pytest
import requests
import yt_dlp_host_api
from yt_dlp_host_api.exceptions import APIError

from tests.e2e.api import wait_until
from tests.e2e.credentials import ADMIN_KEY
from tests.e2e.orders import client_of, ended
from tests.e2e.service import Service
from tests.origin import Origin
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service where the limits are near."""
    settings = {
        "YTP_ADMIN_KEY": ADMIN_KEY,
        "REQUEST_LIMIT": "20",
        "DEFAULT_QUOTA_GB": "0.001",
        "MAX_WORKERS": "2",
        "TASK_CLEANUP_TIME": "0.2",
        "DLAMBDA_TICK_SECONDS": "1",
    }
    with Service(tmp_path_factory.mktemp("tight") / "data", settings) as running:
        yield running


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
    assert requests.get(file, timeout=PATIENCE_SECONDS).status_code == 200

    def gone() -> bool:
        return requests.get(file, timeout=PATIENCE_SECONDS).status_code == 404

    wait_until(gone, 15, lambda: "the file is still there")
    with pytest.raises(APIError, match="Task not found"):
        task.get_status()
    objects = tight.folder / "media" / "dlambda" / "orders" / task.task_id
    wait_until(lambda: not list(objects.glob("*")), 70, lambda: str(list(objects.glob("*"))))
