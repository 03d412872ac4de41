"""The web page in a browser: until something is seen, how long it does not listen, what it weighs."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from local import web_page
from tests.bench.figures import Figure
from tests.e2e.api import wait_until
from tests.e2e.page.browser import WIDE, chromium
from tests.e2e.service import Service
from tests.origin import Origin

_SEARCHED = 10_000
_DOWNLOADS = 50
_WATCHED_SECONDS = 30
_SLOW = 25_000  # bytes per second: a clip of 1.9 MB is under way for longer than anybody watches
_SETTINGS = {
    "YTP_ACCESS_LOG": "false",
    "YTP_MAX_WORKERS": str(_DOWNLOADS),
    "YTP_MAX_WORKERS_PER_EXTRACTOR": str(_DOWNLOADS),
}
_VISITS = 5
_KEYS = "number 42"
_PATIENCE_SECONDS = 300
# Notes when the first row was drawn, tasks of more than 50 ms, and how long each key took until what it did was drawn.
_OBSERVE = """
window.seen = { row: 0, tasks: [], keys: [] };
new MutationObserver((_, observer) => {
  if (!document.querySelector(".row-title")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.seen.row = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
new PerformanceObserver((list) => window.seen.tasks.push(...list.getEntries().map((task) => task.duration)))
  .observe({ type: "longtask", buffered: true });
addEventListener("keydown", () => {
  const began = performance.now();
  requestAnimationFrame(() => setTimeout(() => window.seen.keys.push(performance.now() - began)));
}, { capture: true });
"""
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_ASSETS = """Object.fromEntries([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter(({ name, entryType }) => entryType === "navigation" || name.includes("/assets/"))
  .map(({ name, entryType, encodedBodySize }) => [entryType === "navigation" ? "shell" : name, encodedBodySize]))"""


def measure_page(folder: Path, origin: Origin, items: int) -> list[Figure]:
    """On a fresh service below `folder`, in the end with `items` in its history."""
    web_page.build()
    with (
        tempfile.TemporaryDirectory() as home,
        Service(folder / "page", _SETTINGS) as service,
        chromium(home) as browser,
    ):
        searched = min(_SEARCHED, items)
        _seed(service, 0, searched)
        figures = _weights(browser, service.base)
        figures += _searching(browser, service.base, searched)
        _seed(service, searched, items - searched)
        figures += _painting(browser, service.base, items)
        figures += _reporting(browser, service, origin)
        service.kill()  # downloads may still be under way
    return figures


def _seed(service: Service, first: int, count: int) -> None:
    command = [sys.executable, "-m", "tests.store.seeding", str(first), str(count)]
    subprocess.run(command, env=service.environment_of_functions(), check=True)


@contextmanager
def _visit(browser: Browser, address: str) -> Iterator[Page]:
    """A window with an empty cache."""
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]}, locale="en", bypass_csp=True)
    context.add_init_script(_OBSERVE)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def _weights(browser: Browser, base: str) -> list[Figure]:
    with _visit(browser, f"{base}/") as page:
        page.locator(".row-title").first.wait_for()
        first: Mapping[str, int] = page.evaluate(_ASSETS)
    with _visit(browser, f"{base}/watch/film.mp4") as page:
        page.wait_for_load_state("networkidle")
        player: Mapping[str, int] = page.evaluate(_ASSETS)
    more = sum(size for name, size in player.items() if name not in first)
    return [
        Figure("page: first visit, compressed", sum(first.values()) / 1000, "kB", "", "150 kB", 150),
        Figure("page: what the player adds, compressed", more / 1000, "kB"),
    ]


def _painting(browser: Browser, base: str, items: int) -> list[Figure]:
    paints, rows = [], []
    for _ in range(_VISITS):
        with _visit(browser, f"{base}/") as page:
            page.wait_for_function("window.seen.row > 0")
            paints.append(page.evaluate(_PAINT))
            rows.append(page.evaluate("window.seen.row"))
    what = f"page, history of {items:,}"
    return [
        Figure(f"{what}: first paint", statistics.median(paints), "ms", "", "1 s", 1000),
        Figure(f"{what}: first rows", statistics.median(rows), "ms", "", "1 s", 1000),
    ]


def _searching(browser: Browser, base: str, items: int) -> list[Figure]:
    with _visit(browser, f"{base}/") as page:
        page.locator(".row-title").first.wait_for()
        page.get_by_role("searchbox").click()
        began = 0.0
        for key in _KEYS:
            page.keyboard.press("Space" if key == " " else key)
            began = time.perf_counter()
            page.wait_for_timeout(60)  # as people type
        page.wait_for_function(
            "[...document.querySelectorAll('.row-title')].every((row) => row.innerText.includes('number 42'))"
        )
        seconds = time.perf_counter() - began
        slowest = max(page.evaluate("window.seen.keys"))
    return [
        Figure(f"page, search in {items:,}: slowest key until it is drawn", slowest, "ms", "", "100 ms", 100),
        Figure(f"page, search in {items:,}: last key until the rows are there", seconds * 1000, "ms"),
    ]


def _reporting(browser: Browser, service: Service, origin: Origin) -> list[Figure]:
    with _visit(browser, f"{service.base}/") as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/api/history?" in request.url else None)
        urls = [origin.url(f"slow/{_SLOW}/clip-page-{number}.mp4") for number in range(_DOWNLOADS)]
        service.api.add(*urls)
        wait_until(
            lambda: _running(service) == _DOWNLOADS, _PATIENCE_SECONDS, lambda: f"{_running(service)} are running"
        )
        asked.clear()
        page.evaluate("window.seen.tasks = []")
        page.wait_for_timeout(_WATCHED_SECONDS * 1000)
        longest = max(page.evaluate("window.seen.tasks"), default=0)
    what = f"page, {_DOWNLOADS} downloads report for {_WATCHED_SECONDS} s"
    return [
        Figure(f"{what}: longest task", longest, "ms", "", "50 ms", 50),
        Figure(f"{what}: lists asked for", len(asked), "requests"),
    ]


def _running(service: Service) -> int:
    total: int = service.api.listed("queue", per_page=1, status="downloading")["pagination"]["total"]
    return total
