"""Segments of a live playlist that a recording consists of, and its holes (docs/contract/hostapi.md, live).

A recorded segment is a file that carries its number and length in its name, so a folder says all that a recorder must
know to go on after it was killed. Pure but for `read_folder`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from dlambda.media.live.media_playlist import MediaPlaylist, Segment

_NAME = re.compile(r"(\d{4})-(\d{12})-(\d+\.\d{3})\.seg")
_EPSILON = 0.05


@dataclass(frozen=True, order=True)
class Recorded:
    """`era` grows when a stream's numbers begin again; `sequence` is the segment's number in the stream."""

    era: int
    sequence: int
    seconds: float

    @property
    def name(self) -> str:
        return f"{self.era:04d}-{self.sequence:012d}-{self.seconds:.3f}.seg"


def read_name(name: str) -> Recorded | None:
    match = _NAME.fullmatch(name)
    return Recorded(int(match[1]), int(match[2]), float(match[3])) if match else None


def read_folder(folder: Path) -> list[Recorded]:
    """Lists the recorded segments, in order."""
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(recorded_segment for name in names if (recorded_segment := read_name(name)))


def first_segment(playlist: MediaPlaylist, seconds_back: float) -> tuple[int, float]:
    """The number of the segment in which the moment `seconds_back` before the end lies, and the seconds lacking.

    0 seconds back means the newest segment. Raises ValueError for a playlist without segments.
    """
    back = 0.0
    for segment in reversed(playlist.segments):
        back += segment.seconds
        if back >= seconds_back - _EPSILON:
            return segment.sequence, 0.0
    if not playlist.segments:
        raise ValueError("a playlist without segments")
    return playlist.segments[0].sequence, seconds_back - back


def fresh(playlist: MediaPlaylist, recorded: Sequence[Recorded], first: int) -> tuple[int, list[Segment]]:
    """The era of the playlist, and its segments that are still to be recorded."""
    if not recorded:
        return 0, [segment for segment in playlist.segments if segment.sequence >= first]
    last = recorded[-1]
    era, beyond = last.era, last.sequence + 1
    if playlist.segments and beyond > playlist.segments[-1].sequence + 1 + len(playlist.segments):
        era, beyond = era + 1, 0
    return era, [segment for segment in playlist.segments if segment.sequence >= beyond]


def missed(recorded: Sequence[Recorded], first: int | None = None) -> int:
    """How many segments are lacking in between, or before the first one (wanted: number `first`)."""
    count = recorded[0].sequence - first if recorded and first is not None else 0
    for before, after in pairwise(recorded):
        if before.era == after.era:
            count += after.sequence - before.sequence - 1
    return max(0, count)


def covered_seconds(recorded: Sequence[Recorded], first: int | None, target_seconds: float) -> float:
    """How much of the stream's time has gone by, holes included."""
    return sum(segment.seconds for segment in recorded) + missed(recorded, first) * target_seconds
