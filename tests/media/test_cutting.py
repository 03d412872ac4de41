"""Media files are read in processes of their own: these crash, hang and end without harm to who asks."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dlambda.domain.files.segment import Conversion, Segment
from dlambda.errors import Invalid, NotFound, OperationFailed
from dlambda.media.av.pieces import cutting
from tests.e2e.processes import all_processes
from tests.media.samples import make
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make("h264-aac.mp4", tmp_path_factory.mktemp("films")))


@pytest.fixture
def silence() -> Iterator[str]:
    """The URL of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/film.mp4"


@pytest.fixture(autouse=True)
def _fresh(service: Path) -> Iterator[None]:
    yield
    cutting.processes().close()


def children(parent: int | None = None) -> list[int]:
    """The processes of this one, or of another, that read media."""
    wanted = parent or os.getpid()
    return [each.pid for each in all_processes() if each.parent == wanted and "cutting_child" in each.command]


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)


def kill_next(count: int) -> None:
    """Kills as many that read media, each as soon as it is there."""
    killed: set[int] = set()
    end = time.monotonic() + 60
    while len(killed) < count and time.monotonic() < end:
        for pid in set(children()) - killed:
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def _none_waits() -> None:
    """Ends what earlier tests left idle: a process that may read one place is of no use for another."""
    cutting.processes().close()


def test_a_film_is_read_and_cut(film: str, tmp_path: Path) -> None:
    timeline = cutting.read_timeline(film)
    assert timeline.duration == pytest.approx(14, abs=1)
    assert timeline.segments
    cutting.write_segment(film, timeline.segments[0], timeline.conversion, tmp_path / "0.ts")
    cutting.write_segment(film, Segment(0, 0, 2), Conversion(video=True, audio=True), tmp_path / "1.ts")
    assert (tmp_path / "0.ts").stat().st_size > 1000
    assert (tmp_path / "1.ts").stat().st_size > 1000
    assert len(children()) == 1


def test_many_are_read_at_once_by_few(film: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(cutting.read_timeline, [film] * 64))
    assert len({timeline.duration for timeline in found}) == 1
    assert 1 <= len(children()) <= 4


def test_errors_come_with_their_texts(film: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="The media file does not exist"):
        cutting.read_timeline(str(tmp_path / "none.mp4"))
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(Invalid, match="The file is no media that can be read"):
        cutting.read_timeline(str(tmp_path / "text.mp4"))
    with pytest.raises(NotFound, match="beyond the end"):
        cutting.write_segment(film, Segment(99, 594.0, 6.0), Conversion(), tmp_path / "99.ts")
    with pytest.raises(RuntimeError, match="KeyError") as raised:
        cutting._ask({"do": "segment", "location": film}, 10)
    assert film not in str(raised.value)


def test_one_that_died_while_it_waited_is_replaced(film: str) -> None:
    cutting.read_timeline(film)
    kill_next(1)
    assert cutting.read_timeline(film).duration


def test_one_that_dies_at_work_is_replaced(film: str, silence: str) -> None:
    """Once it may be anything; a file at which two die has itself to blame."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(cutting.read_timeline, silence)
        kill_next(2)
        with pytest.raises(OperationFailed, match="ended unexpectedly"):
            asked.result(PATIENCE_SECONDS)
    assert cutting.read_timeline(film).duration


def test_what_hangs_is_ended_in_time(film: str, silence: str) -> None:
    with pytest.raises(OperationFailed, match="in time"):
        cutting.read_timeline(silence, timeout_seconds=1)
    assert not children()
    assert cutting.read_timeline(film).duration


def test_none_outlives_who_asked(silence: str) -> None:
    code = "import sys; from dlambda.media.av.pieces import cutting; cutting.read_timeline(sys.argv[1])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    asker = subprocess.Popen([sys.executable, "-c", code, silence], env=environment)

    try:
        wait_until(lambda: children(asker.pid))
        (child,) = children(asker.pid)
    finally:
        asker.kill()
        asker.wait()
    wait_until(lambda: not Path(f"/proc/{child}").exists())
    assert not Path(f"/proc/{child}").exists()


def test_who_asks_loads_no_media_library(film: str) -> None:
    code = (
        "import sys; from dlambda.media.av.pieces import cutting; assert cutting.read_timeline(sys.argv[1]).duration;"
        "print('av' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code, film], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "False"


def test_it_knows_nothing_of_the_services_environment(film: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    cutting.read_timeline(film)
    environment = Path(f"/proc/{children()[0]}/environ").read_text()
    assert "a-secret" not in environment
    assert "DLAMBDA_" not in environment
