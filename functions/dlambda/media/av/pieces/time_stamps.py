"""Files whose times cannot be relied on: transport streams that were joined, AVI files without an index."""

from fractions import Fraction

from dlambda.media.av.pieces.packets import Packet, to_damage
from dlambda.media.av.pieces.source import MPEG, Source, open_source

# All of a file is read for this, and no index helps.
_MOST_BYTES = 512 * 1024 * 1024
_LONGEST_STEP_BACK = Fraction(1)
# As FFmpeg's programs count (`-dts_delta_threshold`); pictures alone may be this far apart and more.
_LONGEST_GAP = Fraction(10)
_LONGEST_STILL = Fraction(60)


def has_jumps(source: Source) -> bool:
    """True if the time stamps of an MPEG stream do not simply ascend."""
    if source.container.format.name not in MPEG or source.container.size > _MOST_BYTES:
        return False
    with open_source(source.location, is_damaged=True) as anew:  # the one at hand would stand at its end
        anew.rewind()
        times = _Times(_LONGEST_STILL if source.audio is None else _LONGEST_GAP)
        return any(times.jump_to(packet) for packet in to_damage(anew, anew.container.demux()))


def lacks_index(source: Source) -> bool:
    """True if an AVI file, in which an index names every picture, names none near its end: one that was written into a
    pipe says a length that nobody knew, and no place in it can be found.
    """
    video = source.video
    if source.container.format.name != "avi" or video is None or not video.time_base:
        return False
    last = max((entry.timestamp for entry in video.index_entries), default=0) * video.time_base
    return (source.duration or 0) - last > _LONGEST_GAP


class _Times:
    """The decode times of what was read, in seconds, by stream."""

    def __init__(self, longest_gap: Fraction) -> None:
        self._longest_gap = longest_gap
        self._last: dict[int, Fraction] = {}

    def jump_to(self, packet: Packet) -> bool:
        """True if `packet` lies before its predecessor, or far behind all that was read: one stream may pause."""
        if packet.dts is None or packet.stream.type not in ("audio", "video"):
            return False
        time = packet.dts * packet.time_base
        before = self._last.get(packet.stream_index, time)
        latest = max(self._last.values(), default=time)
        self._last[packet.stream_index] = time
        return time < before - _LONGEST_STEP_BACK or time > latest + self._longest_gap
