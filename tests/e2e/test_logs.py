"""The log of a running service: an item's whole way, the stream, and no secret in any file (system.md 6)."""

import base64
import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e import credentials
from tests.e2e.api import Api, Json, Reply, wait_until
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
USER = "me"
PAIR = base64.b64encode(f"{USER}:{SECRETS['password']}".encode()).decode()
FORWARDED = "203.0.113.1"
GUESSES = 60


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


@dataclass(frozen=True)
class Guarded:
    """What a service with a password said and wrote, which was stopped since."""

    guesses: list[Reply]
    """The answers to wrong passwords."""
    right: list[Reply]
    """The answers to the right password, after each of the guesses."""
    lines_of_guesses: list[Json]
    """The lines that the guesses wrote to the log."""
    texts: dict[str, str]
    """Of all files of the log, and what it printed, by their names."""


@pytest.fixture(scope="module")
def guarded_log(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Guarded:
    """A service of its own, since guesses count for everybody who asks from this address."""
    settings = {
        "YTP_AUTH_USERNAME": USER,
        "YTP_AUTH_PASSWORD": SECRETS["password"],
        "YTP_LOG_LEVEL": "debug",
        "YTP_YTDLP_DEBUG": "true",
        "YTP_RETRIES": "1",  # one is logged like three, which take half a minute
    }
    folder = tmp_path_factory.mktemp("guarded-log") / "data"
    with Service(folder, settings) as service:
        api = Api(service.base, {"Authorization": f"Basic {PAIR}"})
        _use_all_secrets(api, origin)
        before = len(_lines_of_log(folder))
        wrong = {"Authorization": credentials.basic(USER, "guess"), "X-Forwarded-For": FORWARDED}
        answers = [(service.api.get("/api/ping", headers=wrong), api.get("/api/ping")) for _ in range(GUESSES)]
        lines = [json.loads(line) for line in _lines_of_log(folder)[before:]]
    guesses, right = (list(replies) for replies in zip(*answers, strict=True))
    files = [*(folder / "logs").iterdir(), service.log_file]
    return Guarded(guesses, right, lines, {file.name: file.read_text(errors="replace") for file in files})


def _lines_of_log(folder: Path) -> list[str]:
    return "".join(file.read_text() for file in (folder / "logs").glob("*.jsonl")).splitlines()


def _use_all_secrets(api: Api, origin: Origin) -> None:
    """Sends each of `SECRETS` in its place, and waits for what comes of it."""
    secret = SECRETS
    cookies = f"# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\t{secret['cookie']}\n"
    api.post("/api/presets", {"name": "secret one", "cookies": cookies.replace(secret["cookie"], secret["preset"])})
    headers = [{"key": "X-Thing", "value": secret["target"]}]
    request = {"type": "json", "method": "POST", "url": origin.url("status/500/hook"), "headers": headers}
    api.post("/api/notifications", {"name": "t", "request": request})
    url = origin.url("clip-secret.mp4") + f"?token={secret['token']}"
    item = {"cookies": cookies.replace(secret["cookie"], secret["item-cookie"]), "preset": "secret one"}
    api.add(url, **item, cli=f"--add-headers X-Thing:{secret['header']} --verbose")
    api.add(origin.url("status/404/x.mp4"), cli=f"--proxy http://me:{secret['proxy']}@127.0.0.1:1")
    api.get(f"/api/history?apikey={PAIR}")
    api.post("/api/history", raw=b'{"url": "' + secret["cookie"].encode())  # broken JSON
    api.get("/api/yt-dlp/url/info?url=" + quote(url, safe=""))
    Api(api.base, {"Authorization": f"Basic {PAIR[:-4]}"}).get("/api/ping")
    wait_until(lambda: not api.queue(), 60, lambda: str(api.queue()))
    done = api.find(url)
    assert done
    if done["filename"]:
        api.follow("GET", api.download_path(done))


def test_no_secret_is_in_any_log(guarded_log: Guarded) -> None:
    secrets = {**SECRETS, "pair": PAIR, "pair without padding": PAIR.rstrip("=")}
    assert {"dlambda.jsonl", "gateway.log", "worker.log"} <= guarded_log.texts.keys()
    for file, text in guarded_log.texts.items():
        named = [name for name, value in secrets.items() if value in text]
        lines = [line[:600] for line in text.splitlines() if any(secrets[name] in line for name in named)]
        assert not named, (file, named, lines[:2])
        assert "X-Amz-Signature=" not in text.replace("X-Amz-Signature=********", "")


def test_guesses_are_slowed_down_and_told_of_while_the_password_works(guarded_log: Guarded) -> None:
    assert {reply.status for reply in guarded_log.right} == {200}
    assert {reply.status for reply in guarded_log.guesses} <= {401, 429}
    last = guarded_log.guesses[-1]
    assert last.status == 429
    assert int(last.headers["Retry-After"]) > 0
    lines = [line for line in guarded_log.lines_of_guesses if line["message"] == "Wrong password from 127.0.0.1"]
    assert len(lines) == GUESSES
    assert {line["level"] for line in lines} == {"WARNING"}
    assert not [file for file, text in guarded_log.texts.items() if FORWARDED in text]
