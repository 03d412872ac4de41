"""Makes MPEG-TS pieces that were written one by one join as if one writer had made them.

Every packet with a payload counts up by one, modulo 16, for each stream; a writer begins at 0, so where pieces join the
counts jump, and readers report a lost packet. Each piece therefore begins with a packet for each stream that carries
nothing and says so: its count may jump here (the discontinuity indicator, ISO/IEC 13818-1 2.4.3.5).
"""

from collections.abc import Iterable
from pathlib import Path

_SIZE = 188
_SYNC = 0x47
_NOTHING_BUT_ADAPTATION = 0x20
_DISCONTINUITY = 0x80
_TABLES = (0, 17, 4096)  # where FFmpeg's writer puts programs, services, the program's map


def _announcement(identity: int) -> bytes:
    """A packet without payload, counted so that a 0 follows: the next count of this stream is no loss."""
    head = bytes((_SYNC, identity >> 8, identity & 0xFF, _NOTHING_BUT_ADAPTATION | 0x0F, _SIZE - 5, _DISCONTINUITY))
    return head.ljust(_SIZE, b"\xff")


def announce_new_counts(path: Path, streams: Iterable[int]) -> None:
    """Puts in front of the MPEG-TS file at `path`, of streams with these ids, that its counts begin anew."""
    piece = path.read_bytes()
    path.write_bytes(b"".join(map(_announcement, (*_TABLES, *streams))) + piece)
