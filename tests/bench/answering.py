"""Small answers: one client after another, and several at once."""

import json
from http.client import HTTPConnection

from tests.bench.figures import Figure
from tests.bench.rate import CLIENTS, answers_per_second
from tests.bench.timing import median_seconds
from tests.e2e.api import Api

_TIMES = 100
_OPTIONS = json.dumps({"args": "-f bv --embed-subs -o '%(id)s.%(ext)s'"})


def measure_answers(api: Api) -> list[Figure]:
    """Medians of a hundred by one kept connection, in milliseconds; the rate of the smallest one."""
    connection = HTTPConnection(api.base.removeprefix("http://"), timeout=60)

    def milliseconds(method: str, path: str, body: str | None = None) -> float:
        def ask() -> None:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200

        ask()
        return median_seconds(ask, _TIMES) * 1000

    figures = [
        Figure("ping", milliseconds("GET", "/api/ping"), "ms"),
        Figure("configuration", milliseconds("GET", "/api/system/configuration"), "ms", "5.5 ms", "4.6 ms", 4.6),
        Figure("presets", milliseconds("GET", "/api/presets"), "ms"),
        Figure("readiness", milliseconds("GET", "/api/system/ready"), "ms"),
        Figure("convert", milliseconds("POST", "/api/yt-dlp/convert", _OPTIONS), "ms", "6.4 ms", "5.3 ms", 5.3),
        Figure("options", milliseconds("GET", "/api/yt-dlp/options"), "ms", "3.9 ms", "3.2 ms", 3.2),
    ]
    connection.close()
    rate = answers_per_second(api, lambda _: "/api/ping")
    return [*figures, Figure(f"ping, {CLIENTS} clients", rate, "req/s", "575 req/s", "690 req/s", 690, at_least=True)]
