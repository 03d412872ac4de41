"""Transport streams that were joined: their time stamps begin anew in the middle, or leave a gap."""

from fractions import Fraction

from dlambda.media.pieces.packets import Packet, to_damage
from dlambda.media.pieces.source import MPEG, Source, open_source

# All of a file is read for this, and no index helps.
_MOST_BYTES = 512 * 1024 * 1024
_LONGEST_STEP_BACK = Fraction(1)
# As FFmpeg's programs count (`-dts_delta_threshold`); pictures alone may be this far apart and more.
_LONGEST_GAP = Fraction(10)
_LONGEST_STILL = Fraction(60)


def has_jumps(source: Source) -> bool:
    """Whether the time stamps of an MPEG stream do not simply ascend."""
    if source.container.format.name not in MPEG or source.container.size > _MOST_BYTES:
        return False
    with open_source(source.location, is_damaged=True) as anew:  # the one at hand would stand at its end
        anew.rewind()
        times = _Times(_LONGEST_STILL if source.audio is None else _LONGEST_GAP)
        return any(times.jump_to(packet) for packet in to_damage(anew, anew.container.demux()))


class _Times:
    """The decode times of what was read, in seconds, by stream."""

    def __init__(self, longest_gap: Fraction) -> None:
        self._longest_gap = longest_gap
        self._last: dict[int, Fraction] = {}

    def jump_to(self, packet: Packet) -> bool:
        """Whether `packet` lies before its predecessor, or far behind all that was read: one stream may pause."""
        if packet.dts is None or packet.stream.type not in ("audio", "video"):
            return False
        time = packet.dts * packet.time_base
        before = self._last.get(packet.stream_index, time)
        latest = max(self._last.values(), default=time)
        self._last[packet.stream_index] = time
        return time < before - _LONGEST_STEP_BACK or time > latest + self._longest_gap
