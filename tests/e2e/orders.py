"""The key API as its published client uses it, for tests: its tasks, and what became of them."""

from typing import Any

import requests
import yt_dlp_host_api
from yt_dlp_host_api.client import Client

from tests.e2e.api import wait_until
from tests.e2e.credentials import ADMIN_KEY
from tests.e2e.service import Service

Status = dict[str, Any]
EVERY_PERMISSION = [
    "create_key", "delete_key", "get_key", "get_keys", "get_video", "get_audio", "get_live_video", "get_live_audio",
    "get_info",
]  # fmt: skip


def client_of(service: Service, key: str = ADMIN_KEY) -> Client:
    return yt_dlp_host_api.api(service.base).get_client(key)


def ended(task: Any, seconds: float = 60) -> Status:
    """The status of a task once it is over."""

    def look() -> Status | None:
        status: Status = task.get_status()
        return status if status["status"] in ("completed", "error") else None

    return wait_until(look, seconds, lambda: str(task.get_status()))


def file_of(client: Client, status: Status) -> bytes:
    """What a completed task brought."""
    assert status["status"] == "completed", status
    answer = requests.get(client.host_url + status["file"], timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.content
