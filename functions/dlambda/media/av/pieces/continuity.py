"""Makes MPEG-TS pieces that were written one by one join as if one writer had made them.

Every packet with a payload counts up by one, modulo 16, for each stream; a writer begins at 0, so where pieces join the
counts jump, and readers report a lost packet. Each piece therefore begins with a packet for each stream that carries
nothing and says so: its count may jump here (the discontinuity indicator, ISO/IEC 13818-1 2.4.3.5).
"""

from collections.abc import Iterable
from itertools import chain, repeat
from pathlib import Path

_SIZE = 188
_SYNC = 0x47
_NOTHING_BUT_ADAPTATION = 0x20
_DISCONTINUITY = 0x80
_HAS_CLOCK = 0x10
_NO_FRACTION = 0x3F << 9  # reserved bits, and no 27 MHz ticks
_TABLES = (0, 17, 4096)  # where FFmpeg's writer puts programs, services, the program's map


def _announcement(identity: int, clock: int | None = None) -> bytes:
    """A packet without payload, counted so that a 0 follows: the next count of this stream is no loss."""
    flags = _DISCONTINUITY if clock is None else _DISCONTINUITY | _HAS_CLOCK
    head = bytes((_SYNC, identity >> 8, identity & 0xFF, _NOTHING_BUT_ADAPTATION | 0x0F, _SIZE - 5, flags))
    time = b"" if clock is None else (clock % 2**33 << 15 | _NO_FRACTION).to_bytes(6, "big")
    return (head + time).ljust(_SIZE, b"\xff")


def announce_new_counts(path: Path, streams: Iterable[int], clock: int | None = None) -> None:
    """Puts in front of the MPEG-TS file at `path`, of streams with these ids, that its counts begin anew.

    `clock` (in 1/90,000 s) is for a piece without pictures: these carry the clock, which players may wait for.
    """
    clocks = chain((clock,), repeat(None))  # the first stream is that of the pictures
    announced = [*map(_announcement, _TABLES), *map(_announcement, streams, clocks)]
    piece = path.read_bytes()
    path.write_bytes(b"".join(announced) + piece)
