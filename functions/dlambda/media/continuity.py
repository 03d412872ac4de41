"""Makes MPEG-TS pieces that were written one by one join as if one writer had made them.

Every packet with a payload counts up by one, modulo 16, for each stream; a writer begins at 0, so a piece that ends
anywhere but at 15 leaves a gap that readers report as a lost packet. The counts are filled up with packets that carry
nothing: a table is repeated, of a stream zeros follow its last frame (legal there: ISO/IEC 13818-1 and H.264 annex B).
"""

from pathlib import Path

_SIZE = 188
_SYNC = 0x47
_PAYLOAD = 0x10
_PES_START = b"\x00\x00\x01"


def _identity(packet: memoryview) -> int:
    return ((packet[1] & 0x1F) << 8) | packet[2]


def _is_stream(packet: memoryview) -> bool:
    """Whether the payload begins with a PES header; tables begin otherwise."""
    begins_at = 4 + (packet[4] + 1 if packet[3] & 0x20 else 0)
    return bool(packet[1] & 0x40) and bytes(packet[begins_at : begins_at + 3]) == _PES_START


def _filler(packet: bytes, count: int, *, is_stream: bool) -> bytes:
    """`packet`'s successor: a repeated table, or zeros."""
    header = bytes((_SYNC, packet[1], packet[2], (packet[3] & 0xF0) | count))
    if not is_stream:
        return header + packet[4:]
    # No start of a unit, no adaptation field: nothing but the count.
    return bytes((_SYNC, packet[1] & 0x1F, packet[2], _PAYLOAD | count)) + bytes(_SIZE - 4)


def complete_counts(path: Path) -> None:
    """Appends to the MPEG-TS file at `path` what brings every stream's count to 15."""
    data = memoryview(path.read_bytes())
    last: dict[int, bytes] = {}
    streams: set[int] = set()
    for begin in range(0, len(data) - _SIZE + 1, _SIZE):
        packet = data[begin : begin + _SIZE]
        if packet[3] & _PAYLOAD:
            identity = _identity(packet)
            last[identity] = bytes(packet)
            if identity not in streams and _is_stream(packet):
                streams.add(identity)
    with path.open("ab") as output:
        for identity, final in last.items():
            for count in range((final[3] & 0x0F) + 1, 16):
                output.write(_filler(final, count, is_stream=identity in streams))
