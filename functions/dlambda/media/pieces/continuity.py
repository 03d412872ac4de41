"""Makes MPEG-TS pieces that were written one by one join as if one writer had made them.

Every packet with a payload counts up by one, modulo 16, for each stream; a writer begins at 0, so a piece that ends
anywhere but at 15 leaves a gap that readers report as a lost packet. The counts are filled up with packets that carry
nothing: a table is repeated, of a stream zeros follow its last frame (legal there: ISO/IEC 13818-1 and H.264 annex B).
"""

import mmap
from pathlib import Path

_SIZE = 188
_SYNC = 0x47
_PAYLOAD = 0x10
# Where FFmpeg's writer puts them: the tables (programs, services, the program's map), then the streams.
_TABLES = frozenset({0, 17, 4096})
_FIRST_STREAM = 256


def _last_packets(data: mmap.mmap, wanted: set[int]) -> dict[int, bytes]:
    """The last packet with a payload of each wanted stream; read from the end, so that little is read."""
    found: dict[int, bytes] = {}
    for begin in range(len(data) - _SIZE, -1, -_SIZE):
        identity = ((data[begin + 1] & 0x1F) << 8) | data[begin + 2]
        if identity in wanted and identity not in found and data[begin + 3] & _PAYLOAD:
            found[identity] = data[begin : begin + _SIZE]
            if len(found) == len(wanted):
                break
    return found


def _filler(last: bytes, count: int, *, is_table: bool) -> bytes:
    """The successor of `last` with this count: a repeated table, or zeros."""
    if is_table:
        return bytes((_SYNC, last[1], last[2], (last[3] & 0xF0) | count)) + last[4:]
    # No start of a unit, no adaptation field: nothing but the count.
    return bytes((_SYNC, last[1] & 0x1F, last[2], _PAYLOAD | count)) + bytes(_SIZE - 4)


def complete_counts(path: Path, streams: int) -> None:
    """Appends to the MPEG-TS file at `path`, of so many streams, what brings every count to 15."""
    wanted = _TABLES | {_FIRST_STREAM + number for number in range(streams)}
    with path.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
        last = _last_packets(data, set(wanted))
    with path.open("ab") as output:
        for identity, packet in last.items():
            for count in range((packet[3] & 0x0F) + 1, 16):
                output.write(_filler(packet, count, is_table=identity in _TABLES))
