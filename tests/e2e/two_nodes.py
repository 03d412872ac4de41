"""Two nodes that share tables, queues and bucket, one killed in the middle: `python -m tests.e2e.two_nodes [--items 200]`.

Films of several speeds are added at both nodes, whose gateways have two processes, each with a WebSocket client at the
node that lives. Then the other node is killed with all its processes. Every film must end in the history once, with the
bytes of its source, and the clients of the node that lives must have heard of each.
"""

import argparse
import contextlib
import hashlib
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.api import Record
from tests.e2e.listener import Listener, payload
from tests.e2e.other_engines import ENGINES
from tests.e2e.service import Service
from tests.origin import Origin
from tests.origin.media import media_folder
from tests.patience import PATIENCE_SECONDS

SECRET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SETTLE_SECONDS = 600
_PAGE = 100


@dataclass
class Figures:
    """What came of a run."""

    items: int
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    seconds_after_kill: float = 0.0
    heard: Counter[str] = field(default_factory=Counter)

    def report(self) -> str:
        """A few lines for a person."""
        lines = [
            f"items     {self.items} in {self.seconds:.0f} s; the last ended {self.seconds_after_kill:.0f} s after the kill",
            f"heard     {dict(self.heard)}",
            f"problems  {len(self.problems)}",
        ]
        return "\n".join([*lines, *(f"  {problem}" for problem in self.problems[:20])])


@contextlib.contextmanager
def shared_services(place: Path) -> Iterator[dict[str, str]]:
    """Tables by dynoxide, media by rclone, queues by ministack: the settings of nodes that use them."""
    engines = {engine.name: engine for engine in ENGINES}
    place.mkdir(exist_ok=True)
    with (
        engines["dynoxide"].run(place / "tables") as tables,
        engines["rclone"].run(place / "media") as media,
        engines["ministack"].run(place / "queues") as queues,
    ):
        key, secret = engines["rclone"].keys
        yield {
            "AWS_ENDPOINT_URL_DYNAMODB": tables,
            "AWS_ENDPOINT_URL_SQS": queues,
            "AWS_ENDPOINT_URL_S3": media,
            "AWS_ACCESS_KEY_ID_S3": key,
            "AWS_SECRET_ACCESS_KEY_S3": secret,
            "DLAMBDA_SECRET_KEY": SECRET,
            "YTP_HTTP_WORKERS": "2",
            "YTP_MAX_WORKERS": "6",
            "YTP_MAX_WORKERS_PER_EXTRACTOR": "6",
        }


def run(items: int, place: Path) -> Figures:
    """Adds, kills, waits, looks."""
    figures = Figures(items)
    began = time.monotonic()
    with Origin() as origin, shared_services(place) as settings:
        first, second = (Service(place / name, settings | {"DLAMBDA_NODE": name}) for name in ("first", "second"))
        with second, Listener(second.base) as listener, Listener(second.base) as neighbour:
            listener.wait("connected")
            neighbour.wait("connected")
            first.start()
            urls = [_url(origin, number) for number in range(items)]
            try:
                with Listener(first.base) as other:
                    other.wait("connected")
                    for node, part in ((first, urls[::2]), (second, urls[1::2])):
                        assert node.api.add(*part).status == 200
                    _wait_for_some(second, items // 3)
                    heard = len({_id(message) for message in other.of("item_added")})
                    if heard < items:
                        figures.problems.append(f"the client of the first node heard of {heard} items")
            finally:
                first.kill()
            killed = time.monotonic()
            done = _settled(second, urls)
            figures.seconds_after_kill = time.monotonic() - killed
            _compare(second, urls, done, figures)
            for client in (listener, neighbour):
                _listen(client, done, figures)
    figures.seconds = time.monotonic() - began
    return figures


def _url(origin: Origin, number: int) -> str:
    """Every fourth takes some seconds, so that there is something to interrupt."""
    return origin.url(f"slow/150000/clip-{number}.mp4" if number % 4 == 0 else f"clip-{number}.mp4")


def _history(node: Service) -> list[Record]:
    found: list[Record] = []
    page = 1
    while True:
        answer = node.api.listed("done", page=page, per_page=_PAGE)
        found += answer["items"]
        if not answer["pagination"]["has_next"]:
            return found
        page += 1


def _wait_for_some(node: Service, count: int) -> None:
    end = time.monotonic() + SETTLE_SECONDS
    while len(_history(node)) < count and time.monotonic() < end:
        time.sleep(0.2)


def _settled(node: Service, urls: list[str]) -> list[Record]:
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        done = _history(node)
        if {item["url"] for item in done} >= set(urls) or time.monotonic() > end:
            return done
        time.sleep(0.5)


def _compare(node: Service, urls: list[str], done: list[Record], figures: Figures) -> None:
    source = hashlib.sha256((media_folder() / "clip.mp4").read_bytes()).hexdigest()
    counted = Counter(item["url"] for item in done)
    figures.problems += [f"{url} is there {counted[url]} times" for url in urls if counted[url] != 1]
    if waiting := node.api.queue():
        figures.problems.append(f"{len(waiting)} are still in the queue")
    names = Counter(item["filename"] for item in done)
    figures.problems += [f"{name} is the file of {count}" for name, count in names.items() if count > 1]
    for item in done:
        if item["status"] != "finished":
            figures.problems.append(f"{item['url']} ended as {item['status']}: {item['error']}")
        elif hashlib.sha256(node.api.file_of(item)).hexdigest() != source:
            figures.problems.append(f"{item['url']} has other bytes")


def _listen(listener: Listener, done: list[Record], figures: Figures) -> None:
    ids = {item["_id"] for item in done}
    end = time.monotonic() + PATIENCE_SECONDS  # a record is in the history a moment before its clients hear of it
    while ids - {_id(message) for message in listener.of("item_moved")} and time.monotonic() < end:
        time.sleep(0.1)
    for name in ("item_added", "item_updated", "item_moved"):
        heard = {_id(message) for message in listener.of(name)}
        figures.heard[name] = len(heard & ids)
        if name != "item_updated" and ids - heard:
            figures.problems.append(f"the client of the second node heard no {name} of {len(ids - heard)} items")


def _id(message: dict[str, object]) -> str:
    data = payload(message)
    item = data.get("item", data)
    return str(item["_id"])


def main() -> int:
    """Reads the command line; 1 when something was lost, doubled, broken or not heard of."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.two_nodes")
    parser.add_argument("--items", type=int, default=200)
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="dlambda-nodes-"))
    figures = run(options.items, place)
    if not figures.problems:
        shutil.rmtree(place, ignore_errors=True)
    else:
        print(f"kept in {place}")
    print(figures.report())
    return 1 if figures.problems else 0


if __name__ == "__main__":
    sys.exit(main())
