"""A move of a large folder goes on after everything was killed in the middle of it; test_restart.py has a small one."""

from pathlib import Path

import pytest

from tests.e2e.moves import SETTINGS, Move
from tests.e2e.service import Service

FILES = 2000


@pytest.mark.nightly
def test_killed_moves_are_finished_and_each_object_is_at_one_place(folder: Path) -> None:
    with Service(folder, SETTINGS) as service:
        move = Move(service, FILES)
        move.begin()
        for wait_for_middle in (move.wait_for_copies, move.wait_for_deletes):
            wait_for_middle()
            service.kill()
            assert move.lost() == set()
            service.start()
        assert move.wait_for_end() == FILES
