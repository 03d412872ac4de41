"""The log of a running service: an item's whole way, the stream, and no secret in any file (system.md 6)."""

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.api import Api, wait_until
from tests.e2e.service import Service
from tests.origin import Origin

SECRETS = {
    "password": "Pa55word-of-the-service",
    "cookie": "cookie-value-topsecret",
    "item-cookie": "item-cookie-topsecret",
    "header": "header-value-topsecret",
    "token": "query-token-topsecret",
    "proxy": "proxy-password-topsecret",
    "preset": "preset-cookie-topsecret",
    "target": "target-header-topsecret",
}


def test_a_search_for_an_item_finds_its_whole_way(api: Api, origin: Origin) -> None:
    item = api.fetch(origin.url("clip-log-way.mp4"))
    lines = [entry["message"] for entry in api.get(f"/api/logs?item_id={item['_id']}&limit=150").json()["logs"]]
    steps = (
        "added http",
        "reading the page",
        "read: clip-log-way",
        "downloading",
        "downloaded 100 %",
        "uploaded clip-log-way",
        "in the history as finished",
    )
    places = [next((number for number, line in enumerate(lines) if line.startswith(step)), None) for step in steps]
    assert None not in places, lines
    assert places == sorted(places), lines  # type: ignore[type-var]
    assert len(lines) < 15


@pytest.mark.parametrize(
    ("query", "limit"),
    [("", 100), ("?limit=0", 50), ("?limit=151", 50), ("?limit=150", 150), ("?limit=-5", 50), ("?limit=3", 3)],
)
def test_how_many_entries_a_page_has(api: Api, query: str, limit: int) -> None:
    found = api.get(f"/api/logs{query}").json()
    assert found["limit"] == limit
    assert len(found["logs"]) <= limit


@pytest.mark.parametrize("query", ["?offset=x", "?limit=many", "?level=loud"])
def test_values_that_mean_nothing_are_refused(api: Api, query: str) -> None:
    assert api.get(f"/api/logs{query}").status == 400


def test_pages_follow_each_other(api: Api) -> None:
    for _ in range(8):
        api.get("/api/history?type=queue")
    first = api.get("/api/logs?limit=3").json()
    assert (first["offset"], first["next_offset"], first["end_is_reached"]) == (0, 3, False)
    assert [entry["datetime"] for entry in first["logs"]] == sorted(entry["datetime"] for entry in first["logs"])
    end = api.get("/api/logs?offset=100000").json()
    assert (end["logs"], end["next_offset"], end["end_is_reached"]) == ([], None, True)


def test_the_stream_tells_what_is_written_from_now_on(api: Api) -> None:
    connection = http.client.HTTPConnection(api.base.removeprefix("http://"), timeout=60)
    connection.request("GET", "/api/logs/stream")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    time.sleep(0.3)
    api.get("/api/history/mark-of-the-stream")
    line = next(each for each in _lines(answer) if each.startswith("data: ") and "mark-of-the-stream" in each)
    assert {"id", "line", "datetime"} <= set(json.loads(line.removeprefix("data: ")))
    connection.close()


def _lines(answer: http.client.HTTPResponse) -> Iterator[str]:
    while line := answer.readline():
        yield line.decode().rstrip("\n")


def test_no_secret_is_in_any_log(folder: Path, origin: Origin) -> None:
    secret = SECRETS
    settings = {
        "YTP_AUTH_USERNAME": "me",
        "YTP_AUTH_PASSWORD": secret["password"],
        "YTP_LOG_LEVEL": "debug",
        "YTP_YTDLP_DEBUG": "true",
        "YTP_RETRIES": "1",  # one is logged like three, which take half a minute
    }
    import base64

    pair = base64.b64encode(f"me:{secret['password']}".encode()).decode()
    with Service(folder, settings) as service:
        api = Api(service.base, {"Authorization": f"Basic {pair}"})
        cookies = f"# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\t{secret['cookie']}\n"
        api.post("/api/presets", {"name": "secret one", "cookies": cookies.replace(secret["cookie"], secret["preset"])})
        headers = [{"key": "X-Thing", "value": secret["target"]}]
        target = {
            "name": "t",
            "request": {"type": "json", "method": "POST", "url": origin.url("status/500/hook"), "headers": headers},
        }
        api.post("/api/notifications", target)
        url = origin.url("clip-secret.mp4") + f"?token={secret['token']}"
        item = {"cookies": cookies.replace(secret["cookie"], secret["item-cookie"]), "preset": "secret one"}
        api.add(url, **item, cli=f"--add-headers X-Thing:{secret['header']} --verbose")
        api.add(origin.url("status/404/x.mp4"), cli=f"--proxy http://me:{secret['proxy']}@127.0.0.1:1")
        api.get(f"/api/history?apikey={pair}")
        api.post("/api/history", raw=b'{"url": "' + secret["cookie"].encode())  # broken JSON
        api.get("/api/yt-dlp/url/info?url=" + quote(url, safe=""))
        Api(service.base, {"Authorization": f"Basic {pair[:-4]}"}).get("/api/ping")
        wait_until(lambda: not api.queue(), 60, lambda: str(api.queue()))
        done = api.find(url)
        assert done
        if done["filename"]:
            api.follow("GET", api.download_path(done))
    for file in (*(folder / "logs").iterdir(), service.log_file):
        text = file.read_text(errors="replace")
        found = [
            name
            for name, value in {**secret, "pair": pair, "pair without padding": pair.rstrip("=")}.items()
            if value in text
        ]
        assert not found, (
            file.name,
            found,
            [line[:600] for line in text.splitlines() if any(secret[name] in line for name in found if name in secret)][
                :2
            ],
        )
        assert "X-Amz-Signature=" not in text.replace("X-Amz-Signature=********", "")
