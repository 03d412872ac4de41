"""The key API: from the POST of a task until it is completed, and how many look-ups of its status a second."""

import statistics
import time

from tests.bench.figures import Figure
from tests.bench.rate import CLIENTS, answers_per_second
from tests.e2e.api import Api
from tests.origin import Origin

KEY = "the-key-of-the-benchmark"
SETTINGS = {"YTP_ADMIN_KEY": KEY, "REQUEST_LIMIT": "1000", "DEFAULT_QUOTA_GB": "50", "AVAILABLE_GB": "50"}
_POLL_SECONDS = 0.02


def measure_keys(base: str, origin: Origin) -> list[Figure]:
    """Medians of seven tasks one after the other; forty at once; the rate of status look-ups."""
    api = Api(base, {"X-API-Key": KEY})
    video = [_seconds(api, "/get_video", origin.url(f"clip-key-{number}.mp4")) for number in range(7)]
    info = [_seconds(api, "/get_info", origin.url(f"clip-info-{number}.mp4")) for number in range(7)]
    return [
        Figure("key API: 10 s clip, POST until completed", statistics.median(video), "s", "", "0.6 s", 0.6),
        Figure("key API: get_info, POST until completed", statistics.median(info), "s", "", "0.4 s", 0.4),
        Figure("key API: 40 get_info at once", _forty(api, origin), "s"),
        _rate(api, origin),
    ]


def _create(api: Api, path: str, url: str) -> str:
    reply = api.post(path, {"url": url})
    assert reply.status == 200, reply.body
    task_id: str = reply.json()["task_id"]
    return task_id


def _wait(api: Api, task_id: str) -> None:
    while (status := api.get(f"/status/{task_id}").json())["status"] != "completed":
        assert status["status"] != "error", status
        time.sleep(_POLL_SECONDS)


def _seconds(api: Api, path: str, url: str) -> float:
    began = time.perf_counter()
    _wait(api, _create(api, path, url))
    return time.perf_counter() - began


def _forty(api: Api, origin: Origin) -> float:
    began = time.perf_counter()
    for task_id in [_create(api, "/get_info", origin.url(f"clip-forty-{number}.mp4")) for number in range(40)]:
        _wait(api, task_id)
    return time.perf_counter() - began


def _rate(api: Api, origin: Origin) -> Figure:
    path = f"/status/{_create(api, '/get_info', origin.url('clip-rate.mp4'))}"
    rate = answers_per_second(api, lambda _: path)
    return Figure(
        f"key API: /status, {CLIENTS} clients", rate, "req/s", "904 req/s", "1,085 req/s", 1085, at_least=True
    )
