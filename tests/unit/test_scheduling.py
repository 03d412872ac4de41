"""The order of tests in several processes (tests/scheduling.py), with the real pytest."""

import subprocess
import sys
from pathlib import Path

from tests.order import next_group
from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
CONFTEST = """
from tests.scheduling import ByServices

def pytest_xdist_make_scheduler(config, log):
    return ByServices(config, log)
"""
FATAL = """
import os, signal, pytest

@pytest.mark.parametrize("number", range(3))
def test_number(number):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_dies_costs_the_test_it_died_of(tmp_path: Path) -> None:
    """The last of its file is run by another process, which is given nothing else."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_fatal.py").write_text(FATAL)
    (tmp_path / "test_other.py").write_text("def test_first(): pass\ndef test_second(): pass\n")
    options = ["-n", "2", "--dist", "loadfile", "-p", "no:schemathesis", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=tmp_path, env={"PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}"}, capture_output=True, text=True, check=False,
        timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert "1 failed, 4 passed" in done.stdout, done.stdout + done.stderr
    assert "crashed while running 'test_fatal.py::test_number[1]'" in done.stdout


def test_half_of_the_processes_begin_with_what_waits() -> None:
    groups = ["tests/e2e/page/", "tests/e2e/test_a.py", "tests/media/test_b.py", "tests/unit/test_c.py"]
    assert [next_group(groups, process) for process in range(3)] == [groups[0], groups[2], groups[0]]
    assert [next_group(groups[:1], 1), next_group(groups[2:], 2)] == [groups[0], groups[2]]
