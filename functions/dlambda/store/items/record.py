"""A record of the journal (`journal.py`): its place, and what it says."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from dlambda.domain.items.stage import Shelf
from dlambda.store.items.entry import Entry

RING: Final = 16_384
PLAIN_STREAMS: Final = ("0", "1", "2")
STREAMS: Final = (*(shelf.value for shelf in Shelf), *PLAIN_STREAMS)
MOST_SUPPLY: Final = 8
"""Numbers that a process takes at once, at the most."""


@dataclass(frozen=True, slots=True)
class Address:
    """The place of a record in the journal."""

    stream: str
    number: int

    @property
    def node(self) -> str:
        return f"journal/{self.stream}/{self.number % RING}"


@dataclass(frozen=True, slots=True)
class Record:
    """The changes of a transaction: entries that leave and enter lists, and by how much the numbers of lanes change."""

    leave: Sequence[Entry] = ()
    enter: Sequence[Entry] = ()
    lanes: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.leave or self.enter or self.lanes)

    def encode(self) -> bytes:
        leave, enter = (
            [(entry.list_name, entry.seq, entry.status, entry.id) for entry in entries]
            for entries in (self.leave, self.enter)
        )
        return zlib.compress(json.dumps([leave, enter, dict(self.lanes)], separators=(",", ":")).encode(), 1)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        leave, enter, lanes = json.loads(zlib.decompress(data))
        return cls([Entry(*values) for values in leave], [Entry(*values) for values in enter], lanes)


def counter_of(stream: str) -> str:
    """The row that counts the records of a stream."""
    return f"counter/{stream}"
