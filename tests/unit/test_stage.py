"""The table of an item's stages, the documentation made from it, and the transitions that it allows."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from dlambda.domain.items.item import Item
from dlambda.domain.items.stage import ACTIVE, STAGES, Shelf, Stage, Status, check_transition, stage_of
from tests.store.samples import item, waiting

_PAGE = Path(__file__).parents[2] / "docs" / "item-life.md"


def _row(stage: Stage) -> str:
    rules = STAGES[stage]
    statuses = ", ".join(f"`{status}`" for status in Status if status in rules.statuses)
    following = ", ".join(name for name in Stage if name in rules.following) or "-"
    lane = f"`{rules.lane}`" if rules.lane else "-"
    return f"| {stage} | {rules.meaning} | {statuses} | {rules.shelf} | {lane} | {following} |"


def test_the_documentation_shows_the_table() -> None:
    rows = [line for line in _PAGE.read_text().partition("## Events")[0].splitlines() if line.startswith("| ")]
    assert rows[2:] == [_row(stage) for stage in Stage]


@pytest.mark.parametrize(
    ("fields", "stage"),
    [
        ({"extracted": False}, Stage.AWAITING_EXTRACTION),
        ({"extracted": False, "auto_start": False}, Stage.AWAITING_EXTRACTION),
        ({"extracted": False, "entries": 3}, Stage.EXPANDING),
        ({"extracted": False, "retry_at": 1.0}, Stage.AWAITING_RETRY),
        ({"retry_at": 1.0, "auto_start": False}, Stage.AWAITING_RETRY),
        ({"auto_start": False}, Stage.HELD),
        ({}, Stage.AWAITING_SLOT),
        ({"status": Status.DOWNLOADING}, Stage.RUNNING),
        ({"status": Status.NOT_LIVE, "extracted": False, "retry_at": 1.0}, Stage.UPCOMING),
    ],
)
def test_the_fields_decide_the_stage(fields: dict[str, Any], stage: Stage) -> None:
    assert waiting("a", **fields).stage is stage


@pytest.mark.parametrize("stage", Stage)
def test_a_status_belongs_to_the_list_of_each_of_its_stages(stage: Stage) -> None:
    lists = {rules.shelf for rules in STAGES.values() if rules.statuses & STAGES[stage].statuses}
    assert lists == {STAGES[stage].shelf}


def test_every_combination_of_fields_has_a_status_of_its_stage() -> None:
    for status, extracted, auto_start, entries, retry_at in product(Status, (0, 1), (0, 1), (0, 2), (0.0, 1.0)):
        stage = stage_of(
            status, extracted=bool(extracted), auto_start=bool(auto_start), entries=entries, retry_at=retry_at
        )
        assert status in STAGES[stage].statuses


@pytest.mark.parametrize(
    ("fields", "lane"),
    [
        ({"extracted": False}, "~intake"),
        ({"retry_at": 1.0}, "~retry"),
        ({}, "site"),
        ({"is_live": True}, "~live"),
        ({"auto_start": False}, None),
        ({"status": Status.PREPARING}, None),
        ({"status": Status.FINISHED}, None),
    ],
)
def test_the_lane_in_which_an_item_waits(fields: dict[str, Any], lane: str | None) -> None:
    assert waiting("a", **fields).waiting_lane == lane


@pytest.mark.parametrize("stage", [stage for stage in Stage if STAGES[stage].shelf is Shelf.DONE])
def test_nothing_leaves_the_history_but_by_removal(stage: Stage) -> None:
    assert not STAGES[stage].following


def test_an_item_may_stay_in_each_stage() -> None:
    for stage in Stage:
        check_transition(stage, stage)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (item("a"), waiting("a", status=Status.PREPARING)),
        (waiting("a", auto_start=False), waiting("a", status=Status.PREPARING)),
        (waiting("a"), waiting("a", status=Status.FINISHED)),
        (waiting("a", status=Status.FINISHED), waiting("a")),
        (waiting("a", status=Status.FINISHED), waiting("a", status=Status.ERROR)),
    ],
)
def test_other_transitions_are_refused(before: Item, after: Item) -> None:
    with pytest.raises(ValueError, match="no item goes from"):
        check_transition(before.stage, after.stage)


def test_a_running_item_has_each_active_status() -> None:
    assert STAGES[Stage.RUNNING].statuses == ACTIVE
