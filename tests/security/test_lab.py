"""The lab itself: what it records, what it keeps apart, and that nothing of it stays behind."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.api import wait_until
from tests.e2e.service import Service
from tests.security.attempts import INTERNAL, Attempt, Batch, Redirect
from tests.security.decoys import METADATA, NEIGHBOUR
from tests.security.films import make_film
from tests.security.lab import Lab
from tests.security.nameserver import ATTACKER

_READ = """
import sys
from dlambda.media.workers.extract import extract
print(extract(sys.argv[1], {}, allow_internal=False).error)
extract(sys.argv[2], {}, allow_internal=True)
"""


def test_a_worker_without_its_guard_reaches_a_decoy(lab: Lab, service: Service, tmp_path: Path) -> None:
    """The same attempt that others see refused: a lab that records nothing would prove nothing."""
    attempt = Attempt("a page redirects to loopback", {"@KEY@.html": Redirect("@DECOY@.mp4")})
    batch = Batch(lab, service, "lab")
    urls = [batch.plant(attempt, key)["url"] for key in ("refused0", "reached0")]
    done = _run(lab, _READ, *urls, DLAMBDA_WORK_DIR=str(tmp_path))
    assert INTERNAL in done
    assert lab.decoys.hits("refused0") == []
    assert lab.decoys.hits("reached0") != []


def _run(lab: Lab, code: str, *arguments: str, **environment: str) -> str:
    """What Python code prints that runs in the lab."""
    enter = [sys.executable, "-m", "tests.security.enter", str(lab.first_process), sys.executable, "-c", code]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    done = subprocess.run([*enter, *arguments], capture_output=True, text=True, check=False, env=variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(("address", "port"), [("127.0.0.1", 9997), ("::1", 9998), (METADATA, 80), (NEIGHBOUR, 80)])
def test_a_decoy_records_who_connects(lab: Lab, address: str, port: int) -> None:
    with socket.create_connection((address, port), timeout=60) as connection:
        connection.sendall(f"lab-{port}.".encode())
        connection.recv(1)
    wait_until(lambda: lab.decoys.hits(f"lab-{port}"), 5, lambda: "no hit")


def _address(lab: Lab, name: str) -> str:
    return _run(lab, "import socket, sys; print(socket.gethostbyname(sys.argv[1]))", name)


def test_a_name_changes_after_its_look_ups(lab: Lab) -> None:
    assert [_address(lab, "rb2-lab.test") for _ in range(3)] == [ATTACKER, ATTACKER, "127.0.0.1"]


def test_a_film_is_found_in_every_container(lab: Lab, tmp_path: Path) -> None:
    film = make_film(tmp_path, "other", "128x72", 9)
    assert film.is_in(film.mp4.read_bytes())
    assert not lab.secret.is_in(film.mp4.read_bytes())
    assert lab.secret.is_in(lab.secret.mp4.read_bytes())


def test_two_labs_run_at_once_and_leave_nothing(lab: Lab, tmp_path: Path) -> None:
    with Lab(tmp_path) as other:
        first = other.first_process
        with other.inside(), socket.create_connection((ATTACKER, 80), timeout=60):
            assert lab.first_process != first
    assert not Path(f"/proc/{first}").exists()


_KILLED = """
import os, sys, time
from pathlib import Path
from tests.security.lab import Lab
lab = Lab(Path(sys.argv[1])); lab.__enter__()
print(lab.first_process, flush=True)
time.sleep(60)
"""


def test_a_killed_run_leaves_no_process(tmp_path: Path) -> None:
    run = subprocess.Popen([sys.executable, "-c", _KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert run.stdout
    first = int(run.stdout.readline())
    assert Path(f"/proc/{first}").exists()
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    run.stdout.close()
    wait_until(lambda: not Path(f"/proc/{first}").exists(), 10, lambda: f"{first} lives on")
