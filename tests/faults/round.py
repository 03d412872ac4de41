"""One round: items are added, the fault strikes, everything recovers, and each item is looked at."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException
from random import Random

import av

from tests.e2e.api import HISTORY, Api, Record
from tests.e2e.listener import payload
from tests.e2e.playback import decode
from tests.faults.deployments import Deployment, Ear
from tests.faults.fault import Fault, Scene
from tests.faults.figures import Figures, Kind
from tests.faults.jobs import Job, Outcome
from tests.faults.leftovers import Logs, find_leftovers
from tests.origin.media import CLIP_FRAMES, CLIP_SECONDS, media_folder

SETTLE_SECONDS = 240.0
_PAGE = 500
_STATUSES = {
    Outcome.EXACT: "finished", Outcome.WHOLE: "finished", Outcome.FAILED: "error", Outcome.CANCELLED: "cancelled",
}  # fmt: skip


@dataclass
class Round:
    """One round of `fault` in `scene`. `ears` and `logs`: of the deployment's nodes."""

    fault: Fault
    scene: Scene
    jobs: list[Job]
    random: Random
    figures: Figures
    ears: list[Ear]
    logs: list[Logs]
    accepted: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    """Ids of items whose cancelling was answered while they were in the queue."""

    @property
    def deployment(self) -> Deployment:
        """What serves."""
        return self.scene.deployment

    def play(self) -> None:
        """Adds, strikes beside it, waits, looks."""
        striker = threading.Thread(target=self.scene.strike, args=(self.random,))
        striker.start()
        try:
            for job in self.random.sample(self.jobs, len(self.jobs)):
                self._add(job)
            self._cancel()
        finally:
            striker.join()
        self._settle()
        self.scene.relieve()
        self._look()

    def _add(self, job: Job) -> None:
        """Adds a job; one in three is asked for once only, as by a client that gives up."""
        is_patient = self.random.random() < 0.7

        def post(api: Api) -> None:
            reply = api.post("/api/history", {"url": job.url, "folder": job.folder, **job.fields})
            if reply.status >= 500:
                raise OSError(f"{reply.status} {reply.body[:200]!r}")
            assert reply.status == 200, (reply.status, reply.body)
            self.accepted.add(job.url)

        try:
            self.deployment.ask(post) if is_patient else post(self.deployment.api)
        except (OSError, HTTPException):
            self.figures.unanswered_adds += 1

    def _cancel(self) -> None:
        for job in self.jobs:
            if job.outcome is not Outcome.CANCELLED:
                continue
            item = self.deployment.ask(lambda api, job=job: api.find_in_queue(job.url))  # type: ignore[misc]
            if item and self._ask_to_cancel(item["_id"]):
                self.cancelled.add(item["_id"])

    def _ask_to_cancel(self, item_id: str) -> bool:
        def cancel(api: Api) -> bool:
            reply = api.post("/api/history/cancel", {"ids": [item_id]})
            if reply.status >= 500:
                raise OSError(f"{reply.status} {reply.body[:200]!r}")
            return reply.status == 200

        return self.deployment.ask(cancel)

    def _settle(self) -> None:
        began = time.monotonic()
        while self._waits() and time.monotonic() < began + SETTLE_SECONDS:
            time.sleep(0.5)
        self.figures.slowest_seconds = max(self.figures.slowest_seconds, time.monotonic() - began)

    def _waits(self) -> bool:
        """True while something is in the queue, or an accepted item is nowhere yet: an entry of its list, say."""
        if self.deployment.ask(lambda api: api.queue()):
            return True
        ended = {item["url"] for item in self.deployment.ask(_history)}
        return any(url not in ended for job in self.jobs if job.url in self.accepted for url in job.outcomes())

    def _look(self) -> None:
        queued, ended = self.deployment.ask(lambda api: (api.queue(), _history(api)))
        urls = {url for job in self.jobs for url in (job.url, *job.outcomes())}
        listed = [item for item in (*queued, *ended) if item["url"] in urls]
        for job in self.jobs:
            for url, outcome in job.outcomes().items():
                self._judge(url, outcome, [item for item in listed if item["url"] == url], job.url in self.accepted)
        self._look_for_doubles(listed)
        for node in self.deployment.nodes[-1:]:
            for text in find_leftovers(node):
                self.figures.add(Kind.LEFT, text)
        for logs in self.logs:
            for text in logs.unexplained(self.fault.explains):
                self.figures.add(Kind.UNEXPLAINED, text)
        self.figures.rounds += 1

    def _judge(self, url: str, outcome: Outcome, items: list[Record], is_accepted: bool) -> None:
        if not items and is_accepted:
            self.figures.add(Kind.LOST, url)
        if len(items) > 1:
            self.figures.add(Kind.DOUBLED, f"{url}: {[item['status'] for item in items]}")
        for item in items[:1]:
            self.figures.ends[item["status"]] += 1
            if item["status"] not in HISTORY:
                self.figures.add(Kind.STUCK, f"{url}: {item['status']}, {item['error']}")
            elif problem := self._problem_of(item, outcome):
                self.figures.add(Kind.WRONG, f"{url}: {problem}")

    def _problem_of(self, item: Record, outcome: Outcome) -> str:
        """What is wrong with an item that has ended; empty if nothing is."""
        is_asked_to_end = outcome is not Outcome.CANCELLED or item["_id"] in self.cancelled
        if is_asked_to_end and item["status"] != _STATUSES[outcome]:
            return f"{item['status']}, not {_STATUSES[outcome]}: {item['error']}"
        if item["status"] != "finished":
            return ""
        if not item["filename"]:
            return "finished without a file"
        try:
            content = self.deployment.ask(lambda api: api.file_of(item), seconds=30)
        except AssertionError as error:
            return f"finished, and its file is not there: {str(error)[:200]}"
        return _problem_of_whole(content) if outcome is Outcome.WHOLE else _problem_of_exact(content)

    def _look_for_doubles(self, listed: list[Record]) -> None:
        names = Counter(f"{item['folder']}/{item['filename']}" for item in listed if item["filename"])
        for name, count in names.items():
            if count > 1:
                self.figures.add(Kind.DOUBLED, f"{name} is the file of {count} items")
        ids = {item["_id"] for item in listed}
        for ear in [] if self.fault.tells_again else self.ears:
            counts = Counter(
                (message["event"], payload(message).get("_id") or payload(message).get("item", {}).get("_id"))
                for message in ear.messages()
                if message["event"] in ("item_completed", "item_moved")
            )
            for (event, item_id), count in counts.items():
                if count > 1 and item_id in ids:
                    self.figures.add(Kind.DOUBLED, f"{event} of {item_id} was told {count} times")


def _history(api: Api) -> list[Record]:
    """Everything that has ended."""
    items: list[Record] = []
    page = 1
    while True:
        answer = api.listed("done", page=page, per_page=_PAGE)
        items += answer["items"]
        if not answer["pagination"]["has_next"]:
            return items
        page += 1


def _problem_of_exact(content: bytes) -> str:
    is_same = content == (media_folder() / "clip.mp4").read_bytes()
    return "" if is_same else f"{len(content)} bytes, not those of its source"


def _problem_of_whole(content: bytes) -> str:
    try:
        decoded = decode(content)
    except av.error.FFmpegError as error:
        return f"its file does not decode: {error}"
    is_whole = decoded.video_frames == CLIP_FRAMES and abs(decoded.audio_seconds - CLIP_SECONDS) <= 0.2
    return "" if is_whole else f"its file is incomplete: {decoded}"
