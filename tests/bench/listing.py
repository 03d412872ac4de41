"""History pages of long histories, and how many of them a second."""

import http.client
import statistics

from tests.bench.figures import Figure
from tests.bench.rate import CLIENTS, answers_per_second
from tests.bench.timing import seconds_of
from tests.e2e.api import Api

PER_PAGE = 50
KNOWN = {100: "17 ms", 10_000: "80 ms", 100_000: "517 ms"}
FILTERS = ("finished", "error", "cancelled", "skip", "not_live", "!finished", "!error", "finished,skip")


def measure_pages(api: Api, size: int) -> list[Figure]:
    """The first, the middle and the last page, and the first page of each filter; medians of seven."""
    figures = []
    pages = api.listed("done", per_page=PER_PAGE)["pagination"]["total_pages"]
    for name, page in (("page 1", 1), ("middle page", max(1, pages // 2)), ("last page", pages)):
        known = "1.0 s" if size == 100_000 and page > 1 else KNOWN.get(size, "")
        figures.append(_page(api, f"history of {size:,}, {name}", f"page={page}", known))
    for wanted in FILTERS:
        slowest = max(
            (_page(api, f"history of {size:,}, status={wanted}, page {page}", f"status={wanted}&page={page}", "")
             for page in (1, _middle(api, wanted))),
            key=lambda figure: figure.value,
        )  # fmt: skip
        figures.append(slowest)
    return figures


def _middle(api: Api, status: str) -> int:
    pages: int = api.listed("done", per_page=PER_PAGE, status=status)["pagination"]["total_pages"]
    return max(1, pages // 2)


def _page(api: Api, name: str, query: str, known: str) -> Figure:
    path = f"/api/history?type=done&per_page={PER_PAGE}&{query}"
    connection = http.client.HTTPConnection(api.base.removeprefix("http://"), timeout=60)

    def ask() -> None:
        connection.request("GET", path)
        reply = connection.getresponse()
        body = reply.read()
        assert reply.status == 200, body[:300]

    ask()
    took = statistics.median(seconds_of(ask) for _ in range(7))
    connection.close()
    return Figure(name, took * 1000, "ms", known, "15 ms", 15)


def measure_rate(api: Api, size: int) -> Figure:
    """Pages a second; a quarter of the requests asks for pages in the middle."""
    middle = max(1, api.listed("done", per_page=PER_PAGE)["pagination"]["total_pages"] // 2)

    def path_of(number: int) -> str:
        return f"/api/history?type=done&per_page={PER_PAGE}&page={1 if number % 4 else middle}"

    rate = answers_per_second(api, path_of)
    return Figure(
        f"history of {size:,}, {CLIENTS} clients", rate, "req/s", "1.3 req/s", "150 req/s", 150, at_least=True
    )
