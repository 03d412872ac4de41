"""Podcasts as sources: each episode comes once, by sweep, by timer and by hand (docs/contract/tasks.md 5, 6).

An episode has an address of its own at each look, as those of many hosts do.
"""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.domain.items.item import Item, Shelf, Status
from dlambda.domain.messages.queue_messages import SweepTask
from dlambda.domain.tasks.task_input import read_tasks
from dlambda.store.items import archive, items
from dlambda.usecases.tasks.sweep_task import sweep_task
from dlambda.usecases.tasks.tasks import make_tasks
from tests.functions.permissions import acting_as
from tests.functions.working import work
from tests.origin import Origin
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("permitted")

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"


class Podcast:
    """A feed on a site of its own; answers `304` to who has it already."""

    def __init__(self) -> None:
        self.episodes: list[str] = []
        self.asked: list[tuple[int, str]] = []  # status, encodings that the client takes
        podcast = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = podcast.body
                tag = f'"{hash(body)}"'
                status = 304 if self.headers.get("If-None-Match") == tag else 200
                podcast.asked.append((status, str(self.headers.get("Accept-Encoding"))))
                self.send_response(status)
                self.send_header("ETag", tag)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", "0" if status == 304 else str(len(body)))
                self.end_headers()
                self.wfile.write(b"" if status == 304 else body)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/podcast.rss"

    @property
    def body(self) -> bytes:
        inside = "".join(f"<item>{episode}</item>" for episode in self.episodes)
        return f'<rss version="2.0" xmlns:itunes="{ITUNES}"><channel><title>Garden Talk</title>{inside}</channel></rss>'.encode()

    def has(self, *addresses: str, guids: tuple[str, ...] = ()) -> None:
        self.episodes = [
            f"<title>Episode {number}: Salt &amp; Pepper</title><link>{self.url}/notes</link>"
            f"<description>What {number} is about</description><pubDate>Thu, 01 Jan 2026 10:00:00 +0000</pubDate>"
            f"<itunes:season>2</itunes:season><itunes:episode>{number}</itunes:episode>"
            + (f'<guid isPermaLink="false">{guids[number - 1]}</guid>' if guids else "")
            + f'<enclosure url="{address}" type="video/mp4" length="1"/>'
            for number, address in enumerate(addresses, start=1)
        ]


@pytest.fixture
def podcast() -> Iterator[Podcast]:
    made = Podcast()
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


Look = Callable[[], None]


@pytest.fixture
def by_sweep(stack: Stack, podcast: Podcast) -> Look:
    """Looks once into the feed as the handlers' sweep does, and downloads what it has found."""
    (task,) = make_tasks(read_tasks([{"name": "Garden", "url": podcast.url, "template": TEMPLATE}]))
    dues = iter(range(60, 9999, 60))

    def look() -> None:
        with acting_as("on_sweep"):
            assert sweep_task(SweepTask(task.id, next(dues)), lambda: 900.0) is None
        work(stack)

    return look


TEMPLATE = "%(upload_date)s %(season_number)sx%(episode_number)s %(title)s [%(id)s].%(ext)s"


@pytest.fixture
def by_timer(stack: Stack, history: Any, podcast: Podcast) -> Look:
    """The same as a timer does: it adds the feed itself."""

    def look() -> None:
        history.post("/api/history", {"url": podcast.url, "template": TEMPLATE, "extras": {"source_handler": "Tasks"}})
        work(stack)

    return look


@pytest.fixture(params=["by_sweep", "by_timer"])
def look(request: pytest.FixtureRequest) -> Look:
    found: Look = request.getfixturevalue(request.param)
    return found


def finished() -> list[Item]:
    done = [item for item in items.iterate(Shelf.DONE) if item.status is Status.FINISHED]
    return sorted(done, key=lambda item: str(item.filename))


def test_an_episode_has_the_fields_of_its_feed(look: Look, podcast: Podcast, origin: Origin) -> None:
    podcast.has(origin.url("/ep/1/clip-media.mp4"), guids=("garden-1",))
    look()
    (item,) = finished()
    assert item.filename == "20260101 2x1 Episode 1： Salt & Pepper [garden-1].mp4"
    assert (item.title, item.description) == ("Episode 1: Salt & Pepper", "What 1 is about")
    assert (item.archive_id, item.is_archived) == ("generic garden-1", True)
    assert archive.find_present(current().settings.archive_file, ["generic garden-1"])


@pytest.mark.parametrize(
    ("before", "after", "guids"),
    [
        (("/1/clip-m.mp4?u=1", "/2/clip-m.mp4?u=1"), ("/1/clip-m.mp4?u=2", "/2/clip-m.mp4?u=2"), ("m1", "m2")),
        (("/1/clip-m.mp4", "/2/clip-m.mp4"), ("/x/1/clip-n.mp4", "/x/2/clip-n.mp4"), ("m1", "m2")),
        (("/1/clip-m.mp4?u=1", "/2/clip-m.mp4?u=1"), ("/1/clip-m.mp4?u=2", "/2/clip-m.mp4?u=2"), ()),
    ],
    ids=["another query", "another path", "without a guid"],
)
def test_an_episode_comes_once(
    by_sweep: Look, by_timer: Look, podcast: Podcast, origin: Origin,
    before: tuple[str, ...], after: tuple[str, ...], guids: tuple[str, ...],
) -> None:  # fmt: skip
    podcast.has(*map(origin.url, before), guids=guids)
    by_sweep()
    assert len(finished()) == 2
    podcast.has(*map(origin.url, after), guids=guids)
    by_timer()
    by_sweep()
    assert len(finished()) == len(list(items.iterate(Shelf.DONE))) == 2
    assert not list(items.iterate(Shelf.QUEUE))


def test_also_when_the_timer_is_first(by_sweep: Look, by_timer: Look, podcast: Podcast, origin: Origin) -> None:
    podcast.has(origin.url("/1/clip-m.mp4?u=1"), origin.url("/2/clip-m.mp4?u=1"))
    by_timer()
    podcast.has(origin.url("/1/clip-m.mp4?u=2"), origin.url("/2/clip-m.mp4?u=2"))
    by_timer()
    by_sweep()
    assert len(finished()) == 2


def test_an_unchanged_feed_is_not_sent_again(by_sweep: Look, podcast: Podcast, origin: Origin) -> None:
    podcast.has(origin.url("/1/clip-a.mp4"))
    by_sweep()
    by_sweep()
    podcast.has(origin.url("/1/clip-a.mp4"), origin.url("/2/clip-b.mp4"))
    by_sweep()
    assert [status for status, _ in podcast.asked] == [200, 304, 200]
    assert podcast.asked[0][1] == "gzip, deflate, br"
    assert len(finished()) == 2
