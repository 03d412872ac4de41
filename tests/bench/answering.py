"""Small answers: one client after another, and several at once."""

import json
from http.client import HTTPConnection

from tests.bench.figures import Figure
from tests.bench.rate import CLIENTS, answers_per_second
from tests.bench.timing import median_seconds
from tests.e2e.api import Api

_TIMES = 100
OPTIONS = {"args": "-f bv --embed-subs -o '%(id)s.%(ext)s'"}
"""A body for `/api/yt-dlp/convert`."""


def milliseconds(api: Api, method: str, path: str, body: str | None = None) -> float:
    """The median of a hundred by one kept connection."""
    connection = HTTPConnection(api.base.removeprefix("http://"), timeout=60)

    def ask() -> None:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200

    ask()
    median = median_seconds(ask, _TIMES) * 1000
    connection.close()
    return median


def measure_answers(api: Api) -> list[Figure]:
    """Small answers in milliseconds; the rate of the smallest one."""
    figures = [
        Figure("ping", milliseconds(api, "GET", "/api/ping"), "ms"),
        Figure("configuration", milliseconds(api, "GET", "/api/system/configuration"), "ms", "5.5 ms", "4.6 ms", 4.6),
        Figure("presets", milliseconds(api, "GET", "/api/presets"), "ms"),
        Figure("readiness", milliseconds(api, "GET", "/api/system/ready"), "ms"),
        Figure(
            "convert",
            milliseconds(api, "POST", "/api/yt-dlp/convert", json.dumps(OPTIONS)),
            "ms",
            "6.4 ms",
            "5.3 ms",
            5.3,
        ),
        Figure("options", milliseconds(api, "GET", "/api/yt-dlp/options"), "ms", "3.9 ms", "3.2 ms", 3.2),
    ]
    rate = answers_per_second(api, lambda _: "/api/ping")
    return [*figures, Figure(f"ping, {CLIENTS} clients", rate, "req/s", "575 req/s", "690 req/s", 690, at_least=True)]
