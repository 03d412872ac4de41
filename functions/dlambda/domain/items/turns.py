"""The next item for a free slot: of the user with the fewest slots, there of such a task, there the oldest."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter

from dlambda.domain.items.lane import Lane, Share

Waiting = tuple[int, str]
"""Place in the queue, and id."""


@dataclass(frozen=True, slots=True)
class FreeSlots:
    """How many more may start: in all, of an extractor, and of a user."""

    in_all: int
    of_extractor: Mapping[str, int]
    of_user: Mapping[str, int]


class _Count:
    """Counts, while items are chosen, the slots in use and how many more may start."""

    def __init__(self, free_slots: FreeSlots, taken_of: Mapping[Share, int]) -> None:
        self.in_all = free_slots.in_all
        self._of_extractor, self._of_user = Counter(free_slots.of_extractor), Counter(free_slots.of_user)
        self._taken_of_share, self._taken_of_user = Counter(taken_of), Counter[str]()
        for share, number in taken_of.items():
            self._taken_of_user[share.owner] += number

    def has_free_slot(self, lane: Lane) -> bool:
        return self._of_extractor[lane.extractor] > 0 and self._of_user[lane.share.owner] > 0

    def taken(self, share: Share) -> tuple[int, int]:
        """Slots of the share's user, and its own: the fewest have their turn."""
        return self._taken_of_user[share.owner], self._taken_of_share[share]

    def take(self, lane: Lane) -> None:
        self._taken_of_share[lane.share] += 1
        self._taken_of_user[lane.share.owner] += 1
        self._of_extractor[lane.extractor] -= 1
        self._of_user[lane.share.owner] -= 1
        self.in_all -= 1


def _by_share(lanes: Iterable[Lane]) -> dict[Share, list[Lane]]:
    lanes_of: dict[Share, list[Lane]] = {}
    for lane in lanes:
        lanes_of.setdefault(lane.share, []).append(lane)
    return lanes_of


def choose_in_turn(
    lanes: Iterable[Lane],
    free_slots: FreeSlots,
    taken_of: Mapping[Share, int],
    oldest_of: Callable[[Lane], list[Waiting]],
    random: Callable[[], float],
) -> list[str]:
    """The ids of the items that start, in turn.

    Those of one share start in the order of their places. `taken_of`: slots that shares hold. `oldest_of` answers the
    first of a lane in order, and is asked for those lanes alone whose share has its turn. `random`: between shares that
    hold as many.
    """
    lanes_of = _by_share(lanes)
    chance = {share: random() for share in lanes_of}
    count = _Count(free_slots, taken_of)
    chosen_ids: dict[str, None] = {}
    while lanes_of and count.in_all > 0:
        share = min(lanes_of, key=lambda share: (count.taken(share), chance[share]))
        candidates = _candidates(filter(count.has_free_slot, lanes_of[share]), oldest_of, chosen_ids)
        if candidates:
            (_, item_id), lane = min(candidates, key=itemgetter(0))
            chosen_ids[item_id] = None
            count.take(lane)
        else:
            del lanes_of[share]
    return list(chosen_ids)


def _candidates(
    lanes: Iterable[Lane], oldest_of: Callable[[Lane], list[Waiting]], chosen_ids: Container[str]
) -> list[tuple[Waiting, Lane]]:
    """Items of the lanes that are not chosen yet."""
    return [(row, lane) for lane in lanes for row in oldest_of(lane) if row[1] not in chosen_ids]
