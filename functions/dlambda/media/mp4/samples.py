"""The samples of a track: where they lie, and when they are decoded and shown.

Times are in units of the track's timescale.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain

from dlambda.media.mp4.boxes import NotUnderstood, find

MOST_SAMPLES = 4_000_000  # a day of sound; a sample takes 32 bytes here
_ENCRYPTION = (b"senc", b"saiz", b"saio")  # what belongs to encrypted samples, and lies apart from them


@dataclass
class Samples:
    """Where samples lie in their file, and when they are decoded and shown; entry by entry."""

    positions: "array[int]" = field(default_factory=lambda: array("Q"))
    sizes: "array[int]" = field(default_factory=lambda: array("I"))
    times: "array[int]" = field(default_factory=lambda: array("q"))
    offsets: "array[int]" = field(default_factory=lambda: array("i"))  # from decoding to showing
    keys: bytearray = field(default_factory=bytearray)
    end: int = 0  # where the last one ends in time

    def __len__(self) -> int:
        return len(self.sizes)

    def place(self, position: int, sizes: Sequence[int]) -> int:
        """Adds samples that lie one behind the other; answers where they end."""
        if len(self.sizes) + len(sizes) > MOST_SAMPLES:
            raise NotUnderstood("too many samples")
        *positions, end = accumulate(sizes, initial=position)
        self.positions.extend(positions)
        self.sizes.extend(sizes)
        return end

    @property
    def durations(self) -> Iterator[int]:
        """How long each lasts: until the next one is decoded."""
        return (after - time for time, after in zip(self.times, chain(self.times[1:], [self.end]), strict=True))


def is_encrypted(boxes: memoryview) -> bool:
    """True if what belongs to encrypted samples is among the boxes of a track or fragment."""
    return any(find(boxes, kind) is not None for kind in _ENCRYPTION)
