"""The kill test, short (the long one: `python -m tests.e2e.kill --rounds 20`)."""

import os
from pathlib import Path

import pytest

from tests.e2e import kill

ROUNDS = int(os.environ.get("DLAMBDA_TEST_KILL_ROUNDS", "5"))
SEED = int(os.environ.get("DLAMBDA_TEST_SEED", "20260101"))


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [1, pytest.param(ROUNDS, marks=pytest.mark.nightly)])
def test_nothing_is_lost_doubled_or_broken(folder: Path, rounds: int) -> None:
    figures = kill.run(rounds, SEED, folder, quiet=True)
    print(figures.report())
    assert not figures.problems, figures.report()
