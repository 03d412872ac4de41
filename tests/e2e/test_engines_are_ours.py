"""Tables and queues are of use to the service alone: not to another user, a page, or whoever tries ports."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import m3u8
import pytest

from tests.e2e.processes import Process
from tests.e2e.service import Service
from tests.e2e.store import Store
from tests.listening import ATTEMPTS, Attempt, ports_of, try_port
from tests.media.samples import make
from tests.origin import Origin

NOBODY = 65534
SOCKET_PATH_BYTES = 108  # the most that Linux takes
# From its folder, since the whole path is too long.
_DIAL = "import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).connect(sys.argv[2])"


@pytest.fixture(scope="module")
def reachable() -> Iterator[Path]:
    """A folder that every user may enter, as most are; those of pytest nobody else may."""
    folder = Path(tempfile.mkdtemp(prefix="dlambda-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shared(reachable: Path) -> Iterator[Service]:
    """A service with data in a place that other users see, deeper than the path of a socket may be long."""
    deep = reachable / ("d" * 60) / ("e" * 60) / "data"
    deep.parent.mkdir(parents=True)
    with Service(deep) as running:
        yield running


def named(service: Service, word: str) -> list[Process]:
    return [process for process in service.processes() if word in process.command]


def test_no_engine_but_the_media_engine_has_a_port(service: Service) -> None:
    for engine in ("dynoxide", "queue_engine"):
        pids = [process.pid for process in named(service, engine)]
        assert pids
        assert ports_of(pids) == set()
    service.wake_media_engine()
    assert len(ports_of(process.pid for process in named(service, "rclone"))) == 1


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_every_port_refuses_calls_without_the_secret(service: Service, attempt: Attempt) -> None:
    # The warm process serves itself on a port for a moment, and may be done when it is asked.
    ports = ports_of(process.pid for process in service.processes() if "child.warm" not in process.command)
    assert service.port in ports
    for port in ports:
        reply = try_port(port, attempt)
        assert attempt.taken not in reply.text, (port, reply)
        is_web_page = port == service.port and attempt.method == "GET"
        assert reply.status >= 400 or attempt.method == "OPTIONS" or is_web_page, (port, reply)


def test_the_data_folder_is_closed_to_others(shared: Service) -> None:
    assert shared.api.get("/api/ping").status == 200
    for path in [shared.folder, *shared.folder.rglob("*")]:
        mode = path.lstat().st_mode
        assert stat.S_ISLNK(mode) or not mode & 0o077, (path, oct(mode))


def test_the_media_engine_starts_when_somebody_asks_for_it(shared: Service, tmp_path: Path) -> None:
    Store(shared).copy(make("vp9-opus.webm", tmp_path), "film.webm")  # each segment is converted
    playlist = m3u8.loads(shared.api.get("/api/player/m3u8/video/film.webm.m3u8").body.decode())
    assert shared.api.follow("GET", urljoin("/", playlist.segments[0].uri)).status == 200
    assert shared.api.get("/api/file/ffprobe/film.webm").status == 200
    assert not named(shared, "rclone")
    shared.wake_media_engine()
    assert named(shared, "rclone")


def test_another_user_reaches_no_socket(shared: Service) -> None:
    if os.geteuid():
        pytest.skip("only root can act as another user")
    sockets = [path for path in (shared.folder / "run").rglob("*") if path.is_socket()]
    assert {path.name for path in sockets} == {"tables", "queues", "nudge", "warm"}
    python = Path("/usr/bin/python3")
    if not python.exists():
        pytest.skip("no Python that every user may run")
    for path in sockets:
        words = [str(python), "-c", _DIAL, str(path.parent), path.name]
        done = subprocess.run(words, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, check=False)
        assert b"PermissionError" in done.stderr, (path, done)


def test_another_user_reads_no_file(shared: Service) -> None:
    if os.geteuid():
        pytest.skip("only root can act as another user")
    for name in ("tables/tables.db", "secret.key", "logs/dlambda.jsonl", "media/dlambda"):
        words = ["/bin/ls", str(shared.folder / name)]
        done = subprocess.run(words, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, check=False)
        assert b"Permission denied" in done.stderr, (name, done)


def test_no_command_line_tells_the_folder_of_the_sockets(shared: Service) -> None:
    (folder,) = (shared.folder / "run").iterdir()
    assert not [process for process in shared.processes() if folder.name in process.command]


def test_a_data_folder_deeper_than_a_socket_s_path_may_be_long(shared: Service, origin: Origin) -> None:
    assert len(str(shared.folder)) > SOCKET_PATH_BYTES
    assert shared.api.fetch(origin.url("clip-deep.mp4"))["status"] == "finished"


def test_an_engine_that_is_killed_is_replaced(shared: Service, origin: Origin) -> None:
    for number, word in enumerate(("bin/dynoxide --db-path", "local.dynoxide", "local.queue_engine")):
        for process in named(shared, word):
            if word == "bin/dynoxide --db-path" and sys.executable in process.command:
                continue
            os.kill(process.pid, 9)
        assert shared.api.fetch(origin.url(f"clip-killed-{number}.mp4"))["status"] == "finished"
