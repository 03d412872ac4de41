"""Live HLS that grows in real time. Each segment begins with a null packet that carries its media sequence."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.origin.media import LIVE_SEGMENTS

WINDOW = 6  # segments in a playlist, unless its name says otherwise
_PACKET = 188
_NULL_HEADER = bytes([0x47, 0x1F, 0xFF, 0x10])  # PID 0x1FFF: decoders skip it
_MARK = re.compile(rb"DLAMBDA-SEQ:(\d{10})")


@dataclass(frozen=True)
class Broadcast:
    """A live stream that began at `started` (seconds of any clock)."""

    started: float
    segment_seconds: float
    count: int  # segments in all; 0: without end
    window: int = WINDOW

    def published(self, now: float) -> int:
        """How many segments are complete at `now`."""
        complete = int((now - self.started) / self.segment_seconds) + 1
        return min(complete, self.count) if self.count else complete

    def playlist(self, now: float) -> str:
        """The media playlist at `now`: the last `window` segments, and the end when there is one."""
        end = self.published(now)
        first = max(0, end - self.window)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{max(1, round(self.segment_seconds))}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
        ]
        for number in range(first, end):
            lines += ["#EXTINF:1.000,", f"{number}.ts"]
        if self.count and end >= self.count:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join(lines) + "\n"


def segment(folder: Path, number: int) -> bytes:
    """Segment `number`, marked. Timestamps start again after `LIVE_SEGMENTS`."""
    mark = b"DLAMBDA-SEQ:%010d" % number
    packet = _NULL_HEADER + mark + b"\xff" * (_PACKET - len(_NULL_HEADER) - len(mark))
    return packet + (folder / "live" / f"{number % LIVE_SEGMENTS}.ts").read_bytes()


def sequence_numbers(recorded: bytes) -> list[int]:
    """The media sequence numbers found in a recording that kept the transport stream."""
    return [int(found) for found in _MARK.findall(recorded)]
