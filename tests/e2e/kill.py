"""Processes die at random moments, and nothing is lost: `python -m tests.e2e.kill --rounds 20 [--seed N]`.

Each round adds ten downloads of different kinds and speeds, kills single processes (engines, gateway, workers, children,
the supervisor) or all of them at once, starts what was stopped, waits until everything has ended, and looks for items
that are lost, doubled or broken.
"""

import argparse
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import TypeVar

import av

from tests.e2e.api import HISTORY, Api, Record
from tests.e2e.playback import decode
from tests.e2e.processes import Process, kill_all
from tests.e2e.service import Service
from tests.origin import Origin
from tests.origin.media import CLIP_FRAMES, media_folder

SETTINGS = {"YTP_MAX_WORKERS": "10", "YTP_MAX_WORKERS_PER_EXTRACTOR": "10", "YTP_EXTRACT_INFO_TIMEOUT": "30"}
SETTLE_SECONDS = 240
_ROLES = ("dynoxide", "rclone", "queue_engine", "ffmpeg", "forkserver", "resource_tracker", "uvicorn")
T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """One URL and what must come of it."""

    url: str
    folder: str
    exact: bool = False  # the bytes of the clip; else a file that decodes fully
    broken: bool = False  # a source that must fail
    cancel: bool = False


@dataclass
class Figures:
    """What the rounds found."""

    kills: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)  # errors of sources that are fine
    settle_seconds: list[float] = field(default_factory=list)  # from the last kill until everything had ended

    def report(self) -> str:
        """A few lines for a person."""
        slowest = max(self.settle_seconds, default=0)
        lines = [
            f"kills     {sum(self.kills.values())}: {dict(self.kills.most_common())}",
            f"items     {sum(self.ends.values())}: {dict(self.ends.most_common())}",
            f"settled   {slowest:.1f} s after the last kill at most",
            f"problems  {len(self.problems)}",
        ]
        lines += [f"  {problem}" for problem in self.problems]
        lines += [f"  good source failed {count} x: {reason}" for reason, count in self.reasons.items()]
        return "\n".join(lines)


def jobs_of(origin: Origin, round_number: int, rng: random.Random) -> list[Job]:
    """Ten downloads that take from one second to fifteen."""
    tag = f"{round_number}-{rng.randrange(1 << 32):08x}"
    speed = [rng.randrange(200_000, 900_000) for _ in range(10)]
    plans = [
        Job(f"slow/{speed[0]}/clip-{tag}-0.mp4", "0", exact=True),
        Job(f"slow/{speed[1]}/clip-{tag}-1.mp4", "1", exact=True),
        Job(f"slow/{speed[2]}/no-range/clip-{tag}-2.mp4", "2", exact=True),
        Job(f"slow/{speed[3]}/hls/high/index.m3u8?{tag}", "3"),
        Job(f"slow/{speed[4]}/hls/aes/index.m3u8?{tag}", "4"),
        Job(f"slow/{speed[5]}/dash/manifest.mpd?{tag}", "5"),
        Job(f"slow/{speed[6]}/dash/manifest.mpd?{tag}-b", "6"),
        Job(f"clip-{tag}-7.mp4", "7", exact=True),
        Job(f"status/404/{tag}.mp4", "8", broken=True),
        Job(f"slow/100000/clip-{tag}-9.mp4", "9", exact=True, cancel=True),
    ]
    return [
        Job(origin.url(plan.url), f"kill/{tag}/{plan.folder}", plan.exact, plan.broken, plan.cancel) for plan in plans
    ]


def patiently(ask: Callable[[], T], service: Service, seconds: float = 90) -> T:
    """The answer of `ask`, asked again while the service is down or being restarted."""
    end = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except (OSError, HTTPException, ValueError, KeyError) as error:
            if time.monotonic() > end:
                raise AssertionError(f"no answer for {seconds} s ({error}):\n{service.log_tail()}") from error
            service.restart_if_ended()
            time.sleep(0.1)


class Round:
    """One round against a running service."""

    def __init__(self, service: Service, jobs: list[Job], rng: random.Random, figures: Figures) -> None:
        self.service = service
        self.jobs = jobs
        self.rng = rng
        self.figures = figures
        self.accepted: set[str] = set()
        self.last_kill = time.monotonic()

    @property
    def api(self) -> Api:
        """A client of the service."""
        return self.service.api

    def play(self, kills: int) -> None:
        """Adds, kills, waits, looks."""
        late = set(self.rng.sample(range(len(self.jobs)), 2))
        for number, job in enumerate(self.jobs):
            if number not in late:
                patiently(lambda job=job: self._add(job), self.service)  # type: ignore[misc]
        for number in range(kills):
            time.sleep(self.rng.uniform(0.05, 2.5))
            self._kill_something()
            if number < len(late):
                self._try_add(self.jobs[sorted(late)[number]])
            if number == 1:
                self._cancel()
        self._settle()
        self._look()

    def _add(self, job: Job) -> None:
        reply = self.api.post("/api/history", {"url": job.url, "folder": job.folder})
        if reply.status >= 500:
            raise OSError(f"{reply.status} {reply.body[:200]!r}")
        assert reply.status == 200, (reply.status, reply.body)
        self.accepted.add(job.url)

    def _try_add(self, job: Job) -> None:
        """An add into a dying service: refused or lost on the way, it may be there or not, but not twice."""
        try:
            self._add(job)
        except (OSError, HTTPException):
            self.figures.ends["(add not answered)"] += 1

    def _cancel(self) -> None:
        for job in self.jobs:
            item = patiently(lambda job=job: self.api.find(job.url), self.service) if job.cancel else None  # type: ignore[misc]
            if item:
                ids = {"ids": [item["_id"]]}
                patiently(lambda ids=ids: self.api.post("/api/history/cancel", ids).json(), self.service)  # type: ignore[misc]

    def _kill_something(self) -> None:
        processes = self.service.processes()
        if self.rng.random() < 0.2 or not processes:
            self.service.kill()
            self._count("everything")
            self.service.launch()
            return
        victim = self.rng.choice(sorted(processes, key=lambda process: process.pid))
        kill_all([victim])
        self._count("supervisor" if victim.pid == self.service.supervisor else role_of(victim))
        if victim.pid == self.service.supervisor:
            self.service.relaunch()

    def _count(self, role: str) -> None:
        self.figures.kills[role] += 1
        self.last_kill = time.monotonic()

    def _settle(self) -> None:
        urls = {job.url for job in self.jobs}
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end:
            waiting = patiently(self.api.queue, self.service)
            found = patiently(self.api.everything, self.service)
            if not [item for item in [*waiting, *found] if item["url"] in urls and item["status"] not in HISTORY]:
                self.figures.settle_seconds.append(time.monotonic() - self.last_kill)
                return
            time.sleep(0.3)

    def _look(self) -> None:
        everything = patiently(self.api.everything, self.service)
        for job in self.jobs:
            mine = [item for item in everything if item["url"] == job.url]
            if len(mine) > 1 or (not mine and job.url in self.accepted):
                self._problem(job, f"is there {len(mine)} times: {[item['status'] for item in mine]}")
            for item in mine[:1]:
                self.figures.ends[item["status"]] += 1
                self._judge(job, item)

    def _judge(self, job: Job, item: Record) -> None:
        status = item["status"]
        if status not in HISTORY:
            self._problem(job, f"never ended: {status}")
        elif status == "finished" and job.broken:
            self._problem(job, "a broken source is finished")
        elif status == "finished":
            self._compare(job, item)
        elif status == "error" and not job.broken:
            self.figures.reasons[str(item["error"])[:200]] += 1

    def _compare(self, job: Job, item: Record) -> None:
        if not item["filename"]:
            self._problem(job, "finished without a file")
            return
        try:
            content = patiently(lambda: self.api.file_of(item), self.service, 30)
        except AssertionError as error:
            self._problem(job, f"finished, and the file is not there: {str(error)[:200]}")
            return
        if job.exact:
            if content != clip_bytes():
                self._problem(job, f"{len(content)} bytes, not those of the source")
            return
        try:
            found = decode(content)
        except av.error.FFmpegError as error:
            self._problem(job, f"does not decode: {error}")
            return
        if found.video_frames != CLIP_FRAMES or abs(found.audio_seconds - 10) > 0.2:
            self._problem(job, f"is incomplete: {found}")

    def _problem(self, job: Job, text: str) -> None:
        self.figures.problems.append(f"{job.url} {text}")


def role_of(process: Process) -> str:
    """A short name for a process."""
    for role in _ROLES:
        if role in process.command:
            return role
    words = [word.rpartition("/")[2] for word in process.command.split()]
    return " ".join(words[:3])[:40]


def clip_bytes() -> bytes:
    """The clip as the origin serves it."""
    return (media_folder() / "clip.mp4").read_bytes()


def run(rounds: int, seed: int, folder: Path, *, kills: int = 4, quiet: bool = False) -> Figures:
    """Plays `rounds` rounds on one data folder."""
    rng = random.Random(seed)
    figures = Figures()
    service = Service(folder, SETTINGS)
    with Origin() as origin, service:
        for number in range(1, rounds + 1):
            began = time.monotonic()
            Round(service, jobs_of(origin, number, rng), rng, figures).play(kills)
            if not quiet:
                took = time.monotonic() - began
                print(f"round {number}/{rounds}: {took:.0f} s, problems so far: {len(figures.problems)}", flush=True)
    return figures


def main() -> int:
    """Reads the command line; 1 when something was lost, doubled or broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.kill")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--kills", type=int, default=4, help="in each round")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--keep", action="store_true", help="keep the data folder, and say where it is")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    place = Path(tempfile.mkdtemp(prefix="dlambda-kill-"))
    try:
        figures = run(options.rounds, options.seed, place / "data", kills=options.kills)
    finally:
        if options.keep:
            print(f"kept in {place}")
        else:
            shutil.rmtree(place, ignore_errors=True)
    print(figures.report())
    return 1 if figures.problems else 0


if __name__ == "__main__":
    sys.exit(main())
