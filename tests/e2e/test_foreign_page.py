"""A page of another origin, in a real browser, and what it gets done: docs/decisions/cross-origin.md."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.api import Api, wait_until
from tests.e2e.browser.chromium import Chromium
from tests.e2e.browser.player import page_server
from tests.e2e.service import Service

COOKIES = "# Netscape HTTP Cookie File\n.video.example\tTRUE\t/\tTRUE\t0\tsession\tsecret-cookie\n"
# What the page runs: an answer's status and text; `opaque` where the browser hides both; `failed` where it gives none.
ASK = """
(async (path, options) => {
  try {
    const answer = await fetch(SERVICE + path, options);
    return answer.type === "opaque" ? "opaque" : [answer.status, await answer.text()];
  } catch (error) { return "failed"; }
})
"""
IMAGE = """
(path) => new Promise((resolve) => {
  const image = new Image();
  image.onload = image.onerror = () => resolve("done");
  image.src = SERVICE + path;
})
"""
FRAME = """
(path, body) => new Promise((resolve) => {
  const frame = document.createElement("iframe"), form = document.createElement("form"), field = document.createElement("input");
  frame.name = "frame" + Math.random(); frame.onload = () => resolve("done");
  document.body.append(frame); form.append(field); document.body.append(form);
  field.name = body; form.target = frame.name; form.action = SERVICE + path; form.method = "post"; form.enctype = "text/plain";
  form.submit();
})
"""
SOCKET = """
() => new Promise((resolve) => {
  const socket = new WebSocket(SERVICE.replace("http", "ws") + "/ws");
  socket.onmessage = () => resolve("heard");
  socket.onerror = socket.onclose = () => resolve("closed");
})
"""


@pytest.fixture(scope="module")
def foreign_page() -> Iterator[str]:
    """The address of a page of another port of this machine."""
    with page_server() as address:
        yield address


@pytest.fixture(scope="module")
def running_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def browser(running_browser: Chromium, foreign_page: str) -> Chromium:
    """At the foreign page."""
    running_browser.open(foreign_page, "window.player !== undefined")
    return running_browser


def run(browser: Chromium, service: Service, function: str, *arguments: Any) -> Any:
    call = f"({function.strip()})({', '.join(json.dumps(each) for each in arguments)})"
    return browser.evaluate(call.replace("SERVICE", json.dumps(service.base)))


def is_paused(api: Api) -> bool:
    paused: bool = api.get("/api/system/configuration").json()["paused"]
    return paused


def urls(api: Api) -> set[str]:
    return {item["url"] for item in api.everything()}


def test_it_changes_nothing(browser: Chromium, service: Service, api: Api) -> None:
    plain = {"method": "POST", "headers": {"Content-Type": "text/plain"}, "body": "{}"}
    preset = api.post("/api/presets", {"name": "own", "cookies": COOKIES}).json()["id"]
    for options in (
        {"method": "POST"}, plain, {**plain, "mode": "no-cors"}, {**plain, "mode": "no-cors", "credentials": "include"},
        {**plain, "headers": {"Content-Type": "application/json"}}, {**plain, "headers": {"X-Forwarded-Host": service.base}},
        {**plain, "headers": {"Sec-Fetch-Site": "same-origin"}}, {**plain, "referrerPolicy": "no-referrer"},
    ):  # fmt: skip
        answer = run(browser, service, ASK, "/api/system/pause", options)
        assert answer in ("opaque", "failed"), (options, answer)
    assert run(browser, service, FRAME, "/api/system/pause", "{}") == "done"
    assert not is_paused(api)
    action = json.dumps([{"action": "directory", "path": "", "new_dir": "made-by-a-page"}])
    for options in ({**plain, "body": action}, {**plain, "body": action, "mode": "no-cors"}):
        run(browser, service, ASK, "/api/file/actions", options)
    assert "made-by-a-page" not in api.get("/api/file/browser/").body.decode()
    for method in ("DELETE", "PATCH", "PUT"):
        assert run(browser, service, ASK, f"/api/presets/{preset}", {"method": method, "body": "{}"}) == "failed"
    assert api.get(f"/api/presets/{preset}").json()["name"] == "own"


def test_it_reads_nothing(browser: Chromium, service: Service, api: Api) -> None:
    preset = api.post("/api/presets", {"name": "secret", "cookies": COOKIES}).json()["id"]
    for path in (f"/api/presets/{preset}", "/api/presets", "/api/presets?filter=name,cookies", "/api/history", "/api/logs",
                 "/api/system/configuration", "/api/ping", "/api/file/browser/"):  # fmt: skip
        assert run(browser, service, ASK, path, {}) == "failed", path
        assert run(browser, service, ASK, path, {"credentials": "include"}) == "failed", path
        assert run(browser, service, ASK, path, {"mode": "no-cors"}) == "opaque", path
        assert run(browser, service, IMAGE, path) == "done"
    assert run(browser, service, SOCKET) == "closed"


def test_it_adds_and_reads_the_names_of_presets(browser: Chromium, service: Service, api: Api) -> None:
    """As bookmarklets and extensions do."""
    places = [f"http://127.0.0.1:1/{number}" for number in range(5)]
    body = [json.dumps({"url": place}) for place in places]
    as_json = {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": body[0]}
    assert run(browser, service, ASK, "/api/history", as_json)[0] == 200
    assert (
        run(browser, service, ASK, "/api/history", {"method": "POST", "mode": "no-cors", "body": body[1]}) == "opaque"
    )
    assert run(browser, service, ASK, f"/api/history/add?url={places[2]}", {})[0] == 200
    assert run(browser, service, IMAGE, f"/api/history/add?url={places[3]}") == "done"
    wait_until(lambda: set(places[:4]) <= urls(api), 10, lambda: f"{urls(api)}")
    names = json.loads(run(browser, service, ASK, "/api/presets?filter=name", {})[1])
    assert {"name": "default"} in names
    assert all(each.keys() == {"name"} for each in names)


def test_pages_of_the_service_itself_do_everything(running_browser: Chromium, service: Service, api: Api) -> None:
    running_browser.open(f"{service.base}/api/docs", "document.readyState === 'complete'")
    assert run(running_browser, service, SOCKET) == "heard"
    assert run(running_browser, service, ASK, "/api/system/pause", {"method": "POST"})[0] == 200
    assert is_paused(api)
    hidden = {"method": "POST", "referrerPolicy": "no-referrer"}
    assert run(running_browser, service, ASK, "/api/system/resume", hidden)[0] == 200
    assert not is_paused(api)
