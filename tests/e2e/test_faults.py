"""Downloads under faults, in short (the long run: `python -m tests.faults`, docs/faults.md)."""

import os
from pathlib import Path

import pytest

from tests.faults.play import play
from tests.faults.registry import FAULTS

SEED = int(os.environ.get("DLAMBDA_TEST_SEED", "20260101"))
_ROUNDS = 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rounds"),
    [
        ("kills", 1),
        ("tables-refuse", 1),
        *(pytest.param(fault.name, _ROUNDS, marks=pytest.mark.nightly) for fault in FAULTS),
    ],
)
def test_nothing_is_lost_doubled_stuck_or_wrong(tmp_path: Path, name: str, rounds: int) -> None:
    [fault] = [fault for fault in FAULTS if fault.name == name]
    figures = play(fault, rounds, SEED, tmp_path)
    print(figures.report())
    assert figures.is_good, figures.report()
