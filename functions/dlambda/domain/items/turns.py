"""Which item is next when a slot is free: of the user with the fewest slots, there of such a task, there the oldest."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dlambda.domain.items.lane import Lane, Share

Waiting = tuple[int, str]
"""Place in the queue, and id."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many more may start: in all, of an extractor, and of a user."""

    in_all: int
    of_extractor: Mapping[str, int]
    of_user: Mapping[str, int]


def choose_in_turn(
    lanes: Iterable[Lane],
    room: Room,
    taken_of: Mapping[Share, int],
    oldest_of: Callable[[Lane], list[Waiting]],
    random: Callable[[], float],
) -> list[str]:
    """The ids of the items that start, in turn.

    Those of one share start in the order of their places. `taken_of`: slots that shares hold. `oldest_of` answers the
    first of a lane in order, and is asked for those lanes alone whose share has its turn. `random`: between shares that
    hold as many.
    """
    chance: dict[Share, float] = {}
    lanes_of: dict[Share, list[Lane]] = {}
    for lane in lanes:
        lanes_of.setdefault(lane.share, []).append(lane)
        chance.setdefault(lane.share, random())
    slots_of_share, slots_of_user = Counter(taken_of), Counter[str]()
    for share, number in taken_of.items():
        slots_of_user[share.owner] += number
    of_extractor, of_user, in_all = Counter(room.of_extractor), Counter(room.of_user), room.in_all
    chosen_ids: dict[str, None] = {}
    while lanes_of and in_all > 0:
        share = min(lanes_of, key=lambda share: (slots_of_user[share.owner], slots_of_share[share], chance[share]))
        rows = [
            (row, lane.extractor)
            for lane in lanes_of[share]
            if of_extractor[lane.extractor] > 0 and of_user[share.owner] > 0
            for row in oldest_of(lane)
            if row[1] not in chosen_ids
        ]
        if not rows:
            del lanes_of[share]
            continue
        (_, item_id), extractor = min(rows)
        chosen_ids[item_id] = None
        slots_of_share[share] += 1
        slots_of_user[share.owner] += 1
        of_extractor[extractor] -= 1
        of_user[share.owner] -= 1
        in_all -= 1
    return list(chosen_ids)
