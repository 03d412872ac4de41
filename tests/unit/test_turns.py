"""Who starts next: docs/contract/downloads.md 5.7."""

from collections.abc import Mapping, Sequence

import pytest

from dlambda.domain.items.lane import Lane, Share
from dlambda.domain.items.turns import FreeSlots, Waiting, choose_in_turn

ADMINS, ANNA, BEN = Share(), Share("anna"), Share("ben")
TASK, OTHER_TASK = Share("anna", "1"), Share("anna", "2")
Queue = Mapping[Lane, Sequence[Waiting]]


def rows(first: int, count: int, name: str) -> list[Waiting]:
    return [(place, f"{name}{place}") for place in range(first, first + count)]


def choose(queue: Queue, taken: Mapping[Share, int], free_slots: FreeSlots) -> list[str]:
    asked: list[Lane] = []

    def oldest_of(lane: Lane) -> list[Waiting]:
        asked.append(lane)
        return list(queue[lane])

    chosen = choose_in_turn(queue, free_slots, taken, oldest_of, lambda: 0.5)
    assert len(set(asked)) <= max(1, len(chosen)) + len(queue) - 1
    return chosen


def free_slots(in_all: int, of_extractor: int = 99, of_user: int = 99) -> FreeSlots:
    extractors, users = ("site", "other"), ("", "anna", "ben")
    return FreeSlots(in_all, dict.fromkeys(extractors, of_extractor), dict.fromkeys(users, of_user))


@pytest.mark.parametrize(
    ("queue", "taken", "place", "expected"),
    [
        pytest.param({Lane("site"): rows(0, 5, "a")}, {}, free_slots(3), ["a0", "a1", "a2"], id="one user, in order"),
        pytest.param(
            {Lane("site"): rows(0, 3, "a"), Lane("other"): rows(1, 3, "o")},
            {},
            free_slots(9, of_extractor=2),
            ["a0", "a1", "o1", "o2"],
            id="limits of extractors",
        ),
        pytest.param(
            {Lane("site", ANNA): rows(0, 5000, "a"), Lane("site", BEN): rows(5000, 1, "b")},
            {ANNA: 19},
            free_slots(1),
            ["b5000"],
            id="who holds none is next",
        ),
        pytest.param(
            {Lane("site", ANNA): rows(0, 9, "a"), Lane("other", BEN): rows(9, 9, "b")},
            {ANNA: 2},
            free_slots(4),
            ["b9", "b10", "a0", "b11"],
            id="until they hold as many",
        ),
        pytest.param(
            {Lane("site", TASK): rows(0, 9, "t"), Lane("site", OTHER_TASK): rows(9, 1, "u"), Lane("site", ANNA): rows(10, 1, "a")},
            {TASK: 5},
            free_slots(3),
            ["u9", "a10", "t0"],
            id="tasks of one user",
        ),
        pytest.param(
            {Lane("site", TASK): rows(0, 9, "t"), Lane("site", OTHER_TASK): rows(9, 9, "u"), Lane("site", BEN): rows(99, 9, "b")},
            {},
            free_slots(4),
            ["t0", "b99", "u9", "b100"],
            id="many tasks bring no more",
        ),
        pytest.param(
            {Lane("site", ANNA): rows(0, 9, "a"), Lane("site"): rows(9, 9, "o")},
            {},
            free_slots(9, of_user=1),
            ["a0", "o9"],
            id="limit of users",
        ),
        pytest.param({Lane("site", ANNA): [], Lane("site"): rows(0, 1, "o")}, {}, free_slots(1), ["o0"], id="index is behind"),
        pytest.param({Lane("site"): rows(0, 1, "o")}, {}, free_slots(0), [], id="no slot"),
    ],
)  # fmt: skip
def test_who_is_next(queue: Queue, taken: Mapping[Share, int], place: FreeSlots, expected: list[str]) -> None:
    assert choose(queue, taken, place) == expected


@pytest.mark.parametrize(
    ("lane", "text"),
    [
        (Lane("site"), "site"),
        (Lane("site", ANNA), "@anna@site"),
        (Lane("a@b#c", TASK), "@anna#1@a@b#c"),
        (Lane("site", Share("", "7")), "@#7@site"),
    ],
)
def test_a_lane_is_read_as_it_is_written(lane: Lane, text: str) -> None:
    assert str(lane) == text
    assert Lane.parse(text) == lane
    assert Share.parse(str(lane.share)) == lane.share
