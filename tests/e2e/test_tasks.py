"""Tasks over HTTP, run by the clock: sources are watched and nothing is fetched twice (docs/contract/tasks.md).

All sources are watched at once, from one full minute to the next, since a test that waits for the clock waits long.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.api import HISTORY, Api, Json, Record, wait_until
from tests.e2e.conftest import SETTINGS
from tests.e2e.service import Service
from tests.origin import Origin

_SEEN_SECONDS = 300  # until a wait for what is new fails: a minute's tick and some downloads, on a busy machine
_QUIET_SECONDS = 2
_EVERY_MINUTE = "* * * * *"

JSON_DEFINITION = {
    "parse": {
        "items": {
            "type": "jsonpath",
            "selector": "data.entries[?file]",
            "fields": {
                "url": {"type": "jsonpath", "expression": "file.href"},
                "title": {"type": "jsonpath", "expression": "name"},
                "year": {"type": "jsonpath", "expression": "made.year"},
            },
        }
    },
    "response": {"type": "json"},
}
PAGE_DEFINITION = {
    "parse": {
        "items": {
            "type": "css",
            "selector": ".card",
            "fields": {
                "link": {"type": "css", "expression": "a", "attribute": "href"},
                "title": {"type": "xpath", "expression": ".//h2/text()"},
                "number": {"type": "regex", "expression": 'data-number="(\\d+)"'},
            },
        }
    }
}


@dataclass(frozen=True)
class Source:
    """A source of the origin, and the task that watches it."""

    name: str
    kind: str  # of its document: rss, json, html
    task: Json
    definition: Json = None

    def path(self) -> str:
        return f"watched/{self.name}.{self.kind}"


SOURCES = {
    source.name: source
    for source in (
        Source("timer", "rss", {"timer": _EVERY_MINUTE, "handler_enabled": False}),
        Source("sweep", "rss", {}),
        Source("both", "rss", {"timer": _EVERY_MINUTE}),
        Source("api", "json", {}, JSON_DEFINITION),
        Source("page", "html", {}, PAGE_DEFINITION),
        Source("marked", "rss", {}),
    )
}
FETCHED = [name for name in SOURCES if name != "marked"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose handlers look each minute."""
    settings = SETTINGS | {
        "YTP_TASKS_HANDLER_TIMER": _EVERY_MINUTE,
        "YTP_TASK_HANDLER_RANDOM_DELAY": "1",
        "DLAMBDA_TICK_SECONDS": "5",  # so that a full minute is not seen nearly a minute later
    }
    with Service(tmp_path_factory.mktemp("tasks") / "data", settings) as running:
        yield running


class Watched:
    """What the sources' tasks do, and what the origin was asked for."""

    def __init__(self, api: Api, origin: Origin) -> None:
        self.api = api
        self.origin = origin
        self.tasks: dict[str, int] = {}

    def clips(self, name: str, count: int) -> list[str]:
        """The URLs of a source's first entries."""
        return [self.origin.url(f"clip-{name}-{number}.mp4") for number in range(1, count + 1)]

    def publish(self, count: int) -> None:
        for name in SOURCES:
            self.origin.publish(name, count)

    def define_and_inspect(self) -> dict[str, Json]:
        found = {}
        for source in SOURCES.values():
            url = self.origin.url(source.path())
            if source.definition:
                body = {"name": source.name, "match_url": [url], "definition": source.definition}
                assert self.api.post("/api/tasks/definitions/", body).status == 201
            found[source.name] = self.api.post("/api/tasks/inspect", {"url": url}).json()
        return found

    def make_tasks(self) -> None:
        urls = {source.name: (self.origin.url(source.path()), source.task) for source in SOURCES.values()}
        urls["broken"] = (self.origin.url("status/500/feed.rss"), {})
        for name, (url, fields) in urls.items():
            made = self.api.post("/api/tasks", {"name": name, "url": url, "folder": name, **fields})
            assert made.status == 200, made.body
            self.tasks[name] = made.json()["id"]

    def task(self, name: str) -> Json:
        return self.api.get(f"/api/tasks/{self.tasks[name]}").json()

    def mark(self, method: str) -> str:
        reply = self.api.request(method, f"/api/tasks/{self.tasks['marked']}/mark", timeout=60)
        assert reply.status == 200, reply.body
        text: str = reply.json()["message"]
        return text

    def wait_finished(self, urls: list[str]) -> list[Record]:
        """The items of `urls`, in their order, once all are in the history and the queue is empty."""

        def find_ended() -> list[Record] | None:
            items = {item["url"]: item for item in self.api.everything() if item["status"] in HISTORY}
            return [items[url] for url in urls] if items.keys() >= set(urls) else None

        ended = wait_until(find_ended, _SEEN_SECONDS, lambda: f"{self.api.everything()}, wanted {urls}", pause=1)
        wait_until(lambda: not self.api.queue(), 30, lambda: str(self.api.queue()))
        return ended

    def fetched(self, urls: list[str]) -> dict[str, int]:
        """How often the origin was asked for each, when nobody asks any more."""
        count = self._count(urls)
        time.sleep(_QUIET_SECONDS)
        while count != (count := self._count(urls)):
            time.sleep(_QUIET_SECONDS)
        return count

    def _count(self, urls: list[str]) -> dict[str, int]:
        counts = self.origin.counts
        paths = {url: url.removeprefix(self.origin.base) for url in urls}
        return {url: counts.get(f"GET {path}", 0) + counts.get(f"HEAD {path}", 0) for url, path in paths.items()}


@dataclass(frozen=True)
class FirstRun:
    """How all tasks came to have run once, each source with two entries."""

    inspected: dict[str, Json]
    marked: list[str]
    fetched: dict[str, int]


@pytest.fixture(scope="module")
def watched(service: Service, origin: Origin) -> Watched:
    return Watched(service.api, origin)


@pytest.fixture(scope="module")
def first(watched: Watched) -> FirstRun:
    watched.publish(2)
    inspected = watched.define_and_inspect()
    # Not at the end of a minute, where the marks could come behind the first run.
    if time.time() % 60 > 45:
        time.sleep(60 - time.time() % 60)
    watched.make_tasks()
    marked = [watched.mark("POST"), watched.mark("POST")]
    clips = [url for name in FETCHED for url in watched.clips(name, 2)]
    watched.wait_finished(clips)
    return FirstRun(inspected, marked, watched.fetched(clips))


@dataclass(frozen=True)
class SecondRun:
    """How each source got a third entry, and what was marked was unmarked."""

    task_before: Json
    fetched_before: list[Record | None]
    unmarked: list[str]
    items: dict[str, Record]


@pytest.fixture(scope="module")
def second(watched: Watched, first: FirstRun) -> SecondRun:
    assert first.fetched
    marked = watched.clips("marked", 2)
    wait_until(lambda: watched.task("marked")["last_result"], _SEEN_SECONDS, lambda: "its feed was not read")
    task_before, fetched_before = watched.task("marked"), [watched.api.find(url) for url in marked]
    unmarked = [watched.mark("DELETE"), watched.mark("DELETE")]
    watched.publish(3)
    new = {name: watched.clips(name, 3)[-1] for name in SOURCES}
    items = dict(zip(SOURCES, watched.wait_finished(list(new.values())), strict=True))
    return SecondRun(task_before, fetched_before, unmarked, items)


@pytest.mark.parametrize(
    ("name", "handler", "fields"),
    [
        ("sweep", "RssGenericHandler", {"published", "timestamp"}),
        ("api", "GenericTaskHandler", {"year"}),
        ("page", "GenericTaskHandler", {"number"}),
    ],
)
def test_an_inspection_shows_what_a_run_would_find(
    watched: Watched, first: FirstRun, name: str, handler: str, fields: set[str]
) -> None:
    found = first.inspected[name]
    assert (found["matched"], found["handler"]) == (True, handler)
    assert [item["url"] for item in found["items"]] == watched.clips(name, 2)
    assert [item["title"] for item in found["items"]] == ["Entry 1", "Entry 2"]
    ids = watched.clips(name, 2) if name == "sweep" else [f"clip-{name}-{number}" for number in (1, 2)]
    assert [item["archive_id"] for item in found["items"]] == [f"generic {id_}" for id_ in ids]
    assert all(set(item["metadata"]) == fields for item in found["items"])


def test_what_sources_have_is_downloaded(watched: Watched, first: FirstRun) -> None:
    """By a task's own timer, by the sweep of the handlers, by both at once, and through definitions."""
    for name in FETCHED:
        items = [watched.api.find(url) for url in watched.clips(name, 2)]
        assert [(item["status"], item["folder"].strip("/")) for item in items if item] == [("finished", name)] * 2
        result = watched.task(name)["last_result"]
        assert (result["status"], result["error"]) == ("ok", None)
    assert watched.task("timer")["next_run"] > watched.task("timer")["last_run"]


def test_what_is_new_is_fetched_by_the_next_run_and_nothing_twice(
    watched: Watched, first: FirstRun, second: SecondRun
) -> None:
    assert {item["status"] for item in second.items.values()} == {"finished"}
    assert watched.fetched(list(first.fetched)) == first.fetched
    clips = [url for name in FETCHED for url in watched.clips(name, 3)]
    known = [item["url"] for item in watched.api.everything()]
    assert sorted(url for url in known if url in clips) == sorted(clips)


def test_a_source_that_cannot_be_read_shows_its_error(watched: Watched, first: FirstRun) -> None:
    wait_until(lambda: watched.task("broken")["last_result"], _SEEN_SECONDS, lambda: "it never ran", pause=0.5)
    result = watched.task("broken")["last_result"]
    assert (result["status"], result["error"]) == ("failed", "Failed to fetch RSS/Atom feed.")


def test_what_is_marked_is_left_alone_until_it_is_unmarked(
    watched: Watched, first: FirstRun, second: SecondRun
) -> None:
    assert first.marked == ["Task 'marked' items marked as downloaded.", "No new items to mark as downloaded."]
    result = second.task_before["last_result"]
    assert (result["status"], result["found"], result["queued"]) == ("ok", 2, 0)
    assert second.fetched_before == [None, None]
    assert second.unmarked == ["Removed 'marked' items from archive file.", "No items to remove from archive file."]
    items = [watched.api.wait_for(url, seconds=_SEEN_SECONDS) for url in watched.clips("marked", 2)]
    assert {item["status"] for item in items} == {"finished"}


def test_files_for_media_centres_can_be_downloaded(api: Api, origin: Origin) -> None:
    task = {"name": "Harbour", "url": origin.url("channel.smil"), "folder": "tv/harbour", "handler_enabled": False}
    made = api.post("/api/tasks", task).json()
    reply = api.post(f"/api/tasks/{made['id']}/metadata", timeout=60)
    assert reply.status == 200, reply.body
    written = reply.json()
    assert (written["title"], written["description"]) == ("Harbour & Sea", "Boats, and their people.")
    assert set(written["thumbnails"]) == {"icon", "poster", "landscape"}  # and no banner: its address is missing
    nfo = _read(api, written["nfo_file"]).decode()
    assert "<title>Harbour &amp; Sea</title>" in nfo
    assert b'"Harbour & Sea"' in _read(api, written["json_file"])
    picture = origin.media("thumbnail.jpg").read_bytes()
    assert all(_read(api, path) == picture for path in written["thumbnails"].values())


def _read(api: Api, path: str) -> bytes:
    assert path.startswith("tv/harbour/")
    reply = api.follow("GET", "/api/download/" + path.replace(" ", "%20").replace("[", "%5B").replace("]", "%5D"))
    assert reply.status == 200, (path, reply.status)
    return reply.body
