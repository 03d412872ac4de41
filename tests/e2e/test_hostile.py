"""Hostile clients take nothing from a good one. `python -m tests.e2e.hostile` tells how long it waits meanwhile."""

from pathlib import Path

import pytest

from tests.e2e.hostile import ATTACKS, SETTINGS, Plan, besiege, report
from tests.e2e.service import Service


@pytest.mark.parametrize("seconds", [4, pytest.param(20, marks=pytest.mark.nightly)])
def test_a_good_client_is_answered_beside_hostile_ones(folder: Path, seconds: int) -> None:
    with Service(folder, SETTINGS) as service:
        outcome = besiege(service.base, Plan(seconds=seconds, clients=60))
        print(report(outcome))
        assert outcome.statuses["200"] > 0
        assert outcome.failures == {}
        assert outcome.unexpected == {}
        assert set(outcome.hostile) == set(ATTACKS)
