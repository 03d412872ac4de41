"""Workers that give no sign are ended; those that work or wait as they were told are not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dlambda.domain.items.failure import FailureKind
from dlambda.media.workers.download import Running
from dlambda.media.workers.quiet import QuietLimit, longest_sleep
from dlambda.media.ytdlp.callables import RetrySleep
from tests.media.conftest import Start, finish, processes_of_group
from tests.origin import Origin
from tests.patience import PATIENCE_SECONDS, must_end
from tests.stack import forget_settings

BOMB = "(a+)+$"
TITLE = "/names/" + "a" * 40 + "!.mp4"


@pytest.fixture
def impatient(service: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("YTP_WORKER_BUSY_TIMEOUT", "3")
    monkeypatch.setenv("YTP_WORKER_QUIET_TIMEOUT", "6")
    forget_settings()
    yield
    forget_settings()


def follow_all(*downloads: Running) -> None:
    """Until all have ended."""
    with must_end():
        while any(running.alive for running in downloads):
            for running in downloads:
                running.messages(0.05)


def parser(*action: str, when: str = "pre_process") -> dict[str, Any]:
    return {"postprocessors": [{"key": "MetadataParser", "actions": [list(action)], "when": when}]}


ENDLESS = {
    "match-title": {"matchtitle": f"^{BOMB}"},
    "reject-title": {"rejecttitle": f"^{BOMB}"},
    "replace": parser("replace", "title", f"^{BOMB}", "x"),
    "parse": parser("interpret", "title", f"^(?P<x>{BOMB})"),
    "replace after": parser("replace", "title", f"^{BOMB}", "x", when="post_process"),
    "replace the id": parser("replace", "id", f"^{BOMB}", "x", when="before_dl"),
}


def test_regular_expressions_that_never_end_are_ended(
    origin: Origin, start: Start, service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All at once: each computes until it is ended."""
    monkeypatch.setenv("YTP_WORKER_BUSY_TIMEOUT", "1")
    forget_settings()
    downloads = {option: start(origin.url(TITLE), item_id=option, params=ENDLESS[option]) for option in ENDLESS}
    follow_all(*downloads.values())
    for option, running in downloads.items():
        result = running.result
        assert result is not None
        assert "regular expression among the options" in (result.error or ""), option
        assert result.failure is not None
        assert result.failure.kind is FailureKind.OPTIONS
        assert not result.failure.retryable
        assert processes_of_group(running.pid) == []


@pytest.mark.usefixtures("impatient")
def test_a_site_that_hangs_is_ended(origin: Origin, start: Start) -> None:
    result = finish(start(origin.url("/hang/x.mp4"), params={"socket_timeout": 600}))
    assert "nothing has come for" in (result.error or "")
    assert result.failure is not None
    assert not result.failure.retryable


@pytest.mark.usefixtures("impatient")
def test_a_slow_download_and_a_wait_that_was_asked_for_go_on(origin: Origin, start: Start) -> None:
    rate = (origin.media("clip.mp4").stat().st_size) // 9
    slow = start(origin.url(f"/slow/{rate}/clip-1.mp4"))
    asleep = start(origin.url("/short.mp4"), item_id="b", params={"sleep_interval": 8})
    follow_all(slow, asleep)
    assert [running.result and running.result.ok for running in (slow, asleep)] == [True, True]


# A process that has begun when its file is there; it ends with the test at the latest.
WRITER = "import time,sys\nf = open(sys.argv[1], 'ab', 0)\nwhile True: {work}"
BUSY_SECONDS, IDLE_SECONDS = 5, 10


class Watch:
    """A limit whose clock goes on by a second at each look, so that no test waits for seconds to pass."""

    def __init__(self, pid: int, folder: Path) -> None:
        self._now = 0.0
        self._limit = QuietLimit(
            pid, folder, busy_seconds=BUSY_SECONDS, idle_seconds=IDLE_SECONDS, clock=lambda: self._now
        )

    def look(self) -> str | None:
        """What the limit says a second later."""
        self._now += 1
        time.sleep(0.02)
        return self._limit.find_problem()

    def look_often(self) -> str | None:
        """The first problem within three times the limits."""
        return next(filter(None, (self.look() for _ in range(3 * IDLE_SECONDS))), None)


@contextmanager
def writing(work: str, file: Path) -> Iterator[int]:
    """The id of a process that does `work` again and again, once it has begun."""
    command = [sys.executable, "-c", WRITER.format(work=work), str(file)]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        until(file.exists)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], object]) -> None:
    """Waits."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize(
    "work",
    [
        "f.write(b'x'); [x * x for x in range(100000)]",  # as ffmpeg does
        "f.seek(0); f.truncate(0); f.write(b'x'); time.sleep(.01)",  # in place, no longer than before
    ],
)
def test_a_change_of_its_files_is_a_sign(tmp_path: Path, work: str) -> None:
    file = tmp_path / "file"
    with writing(work, file) as pid:
        watch = Watch(pid, tmp_path)
        for _ in range(3 * IDLE_SECONDS):
            before = file.stat()
            until(lambda before=before: file.stat().st_mtime_ns != before.st_mtime_ns)  # type: ignore[misc]
            assert watch.look() is None


@pytest.mark.parametrize(
    ("work", "problem"), [("pass", f"computed for {BUSY_SECONDS} s"), ("time.sleep(1)", "nothing has come for")]
)
def test_work_without_a_change_of_its_files_is_none(tmp_path: Path, work: str, problem: str) -> None:
    with writing(work, tmp_path / "file") as pid:
        assert problem in (Watch(pid, tmp_path).look_often() or "")


def test_work_of_its_children_is_seen(tmp_path: Path) -> None:
    """A program that it started computes, and so it is not waiting."""
    child = "print(flush=True)\nwhile True: pass"
    code = f"import subprocess,sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        problem = Watch(process.pid, tmp_path).look_often()
        os.killpg(process.pid, signal.SIGKILL)
    assert f"computed for {BUSY_SECONDS} s" in (problem or "")


def test_waits_that_options_ask_for() -> None:
    assert longest_sleep({}) == 0
    assert longest_sleep({"sleep_interval": 5, "max_sleep_interval": 900.0}) == 900
    assert longest_sleep({"retry_sleep_functions": {"http": RetrySleep("exp=1:600")}}) == 600
    assert longest_sleep({"retry_sleep_functions": {"http": RetrySleep("exp=1")}}) == 1024
    assert longest_sleep({"sleep_interval": 1e9}) == 86400
