"""The same downloads by the service and by plain yt-dlp, in turns from the same origin: what the service adds."""

import statistics
import time
from collections.abc import Callable

from tests.bench.downloading import plain_seconds, seconds_until_finished
from tests.bench.figures import Figure
from tests.e2e.api import Api
from tests.handover.source import Source
from tests.origin import Origin

_SEGMENTS = 500
_SEGMENT_BYTES = 256 * 1024
_UNLIMITED = 1e12  # bytes a second


def measure_floor(api: Api, origin: Origin) -> list[Figure]:
    """One clip, twenty, and streams of many segments."""
    tag = time.time_ns()

    def clips(count: int) -> Callable[[str], list[str]]:
        return lambda turn: [origin.url(f"clip-{tag}-{count}-{turn}-{number}.mp4") for number in range(count)]

    figures = _in_turns(api, "2 MB mp4", clips(1), turns=7) + _in_turns(api, "20 clips", clips(20))
    with Source(_SEGMENTS * _SEGMENT_BYTES, _UNLIMITED, _SEGMENT_BYTES) as source:
        figures += _in_turns(api, f"HLS of {_SEGMENTS} segments", lambda turn: [source.url(f"stream.m3u8?{turn}")])
        figures += _in_turns(api, f"DASH of {_SEGMENTS} segments", lambda turn: [source.url(f"stream.mpd?{turn}")])
    return figures


def _in_turns(api: Api, what: str, urls_of: Callable[[str], list[str]], turns: int = 3) -> list[Figure]:
    """`urls_of` the name of a turn; each is asked for once."""
    plain, ours = [], []
    for turn in range(turns):
        plain.append(plain_seconds(urls_of(f"plain-{turn}")))
        ours.append(seconds_until_finished(api, urls_of(f"ours-{turn}"), f"floor/{what.replace(' ', '-')}/{turn}"))
    service, alone = statistics.median(ours), statistics.median(plain)
    return [
        Figure(f"{what}, beside yt-dlp in turns", service, "s"),
        Figure(f"{what}, plain yt-dlp", alone, "s"),
        Figure(f"{what}, ratio to plain yt-dlp", service / alone, "x", "", "1.05 x", 1.05),
    ]
