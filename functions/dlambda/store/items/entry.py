"""An entry of a counted list, and where in the list's tree it stands."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

LEAF_PLACES: Final = 256
TOP_LEAVES: Final = 1024
TOP_PLACES: Final = LEAF_PLACES * TOP_LEAVES
SLOT_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry at its place. `status` is any text without `~`."""

    list_name: str
    seq: int
    status: str
    id: str

    @property
    def top(self) -> int:
        return self.seq // TOP_PLACES

    @property
    def leaf(self) -> int:
        """Its number within its top."""
        return self.seq % TOP_PLACES // LEAF_PLACES

    @property
    def member(self) -> str:
        """Its name in its leaf."""
        return f"{self.seq % LEAF_PLACES:0{SLOT_DIGITS}d}{self.id}"

    @property
    def top_node(self) -> str:
        return f"{self.list_name}/{self.top}"

    @property
    def leaf_node(self) -> str:
        return f"{self.list_name}/{self.top}/{self.leaf}"


def net(changes: Iterable[tuple[Iterable[Entry], Iterable[Entry]]]) -> Mapping[Entry, int]:
    """The sum of (leave, enter) pairs, in any order: 1 for an entry that came, -1 for one that went; no zeros."""
    sums: dict[Entry, int] = defaultdict(int)
    for leave, enter in changes:
        for entry in leave:
            sums[entry] -= 1
        for entry in enter:
            sums[entry] += 1
    return {entry: number for entry, number in sums.items() if number}
