"""Workers that give no sign are ended; those that work or wait as they were told are not."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlambda.domain.items.failure import FailureKind
from dlambda.media.workers.quiet import QuietLimit, longest_sleep
from dlambda.media.ytdlp.callables import RetrySleep
from dlambda.settings import get_settings
from tests.media.conftest import Start, finish, processes_of_group
from tests.origin import Origin

BOMB = "(a+)+$"
TITLE = "/names/" + "a" * 40 + "!.mp4"


@pytest.fixture
def impatient(service: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("YTP_WORKER_BUSY_TIMEOUT", "3")
    monkeypatch.setenv("YTP_WORKER_QUIET_TIMEOUT", "6")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


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


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("option", ENDLESS)
def test_a_regular_expression_that_never_ends_is_ended(origin: Origin, start: Start, option: str) -> None:
    running = start(origin.url(TITLE), params=ENDLESS[option])
    pid = running.pid
    result = finish(running)
    assert "regular expression among the options" in (result.error or "")
    assert result.failure is not None
    assert result.failure.kind is FailureKind.OPTIONS
    assert not result.failure.retryable
    assert processes_of_group(pid) == []


@pytest.mark.usefixtures("impatient")
def test_a_site_that_hangs_is_ended(origin: Origin, start: Start) -> None:
    result = finish(start(origin.url("/hang/x.mp4"), params={"socket_timeout": 600}))
    assert "nothing has come for" in (result.error or "")
    assert result.failure is not None
    assert not result.failure.retryable


@pytest.mark.usefixtures("impatient")
def test_a_slow_download_and_a_wait_that_was_asked_for_go_on(origin: Origin, start: Start) -> None:
    rate = (origin.media("clip.mp4").stat().st_size) // 9
    assert finish(start(origin.url(f"/slow/{rate}/clip-1.mp4"))).ok
    assert finish(start(origin.url("/short.mp4"), item_id="b", params={"sleep_interval": 8})).ok


WRITER = "import time,sys\nf = open(sys.argv[1], 'ab', 0)\nend = time.time() + 60\nwhile time.time() < end: {work}"


@pytest.mark.parametrize(
    ("work", "ends"),
    [
        ("f.write(b'x'); [x * x for x in range(2000000)]", False),  # as ffmpeg does
        ("f.seek(0); f.truncate(0); f.write(b'x'); time.sleep(.2)", False),  # in place, no longer than before
        ("pass", True),
        ("time.sleep(.1)", True),
    ],
)
def test_what_counts_is_a_change_of_its_files(tmp_path: Path, work: str, ends: bool) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER.format(work=work), str(tmp_path / "file")], start_new_session=True
    )
    limit = QuietLimit(process.pid, tmp_path, busy_seconds=2, idle_seconds=4)
    end = time.monotonic() + 8
    problem = None
    while problem is None and time.monotonic() < end:
        problem = limit.find_problem()
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert (problem is not None) == ends


def test_work_of_its_children_is_seen(tmp_path: Path) -> None:
    """A program that it started computes, and so it is not waiting."""
    code = "import subprocess,sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    limit = QuietLimit(process.pid, tmp_path, busy_seconds=2, idle_seconds=60)
    end = time.monotonic() + 30
    problem = None
    while problem is None and time.monotonic() < end:
        problem = limit.find_problem()
        time.sleep(0.1)
    os.killpg(process.pid, 9)
    process.wait()
    assert problem is not None
    assert "computed for 2 s" in problem


def test_waits_that_options_ask_for() -> None:
    assert longest_sleep({}) == 0
    assert longest_sleep({"sleep_interval": 5, "max_sleep_interval": 900.0}) == 900
    assert longest_sleep({"retry_sleep_functions": {"http": RetrySleep("exp=1:600")}}) == 600
    assert longest_sleep({"retry_sleep_functions": {"http": RetrySleep("exp=1")}}) == 1024
    assert longest_sleep({"sleep_interval": 1e9}) == 86400
