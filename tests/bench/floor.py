"""The same downloads by the service and by plain yt-dlp, in turns from the same origin: what the service adds."""

import statistics
import time
from collections.abc import Callable

from tests.bench.downloading import plain_seconds, seconds_until_finished
from tests.bench.figures import Figure
from tests.e2e.api import Api
from tests.handover.source import Source
from tests.origin import Origin

UrlsOf = Callable[[str], list[str]]
"""The URLs of a turn, by its name."""

_SEGMENTS = 500
_SEGMENT_BYTES = 256 * 1024
_UNLIMITED = 1e12  # bytes a second


def measure_floor(api: Api, origin: Origin) -> list[Figure]:
    """One clip, twenty, and streams of many segments."""
    tag = time.time_ns()

    def clips(count: int) -> UrlsOf:
        return lambda turn: [origin.url(f"clip-{tag}-{count}-{turn}-{number}.mp4") for number in range(count)]

    figures = _small(api, "2 MB mp4", clips(1), 1, turns=7) + _small(api, "20 clips", clips(20), 20)
    with Source(_SEGMENTS * _SEGMENT_BYTES, _UNLIMITED, _SEGMENT_BYTES) as source:
        figures += _large(api, f"HLS of {_SEGMENTS} segments", lambda turn: [source.url(f"stream.m3u8?{turn}")])
        figures += _large(api, f"DASH of {_SEGMENTS} segments", lambda turn: [source.url(f"stream.mpd?{turn}")])
    return figures


def _small(api: Api, what: str, urls_of: UrlsOf, count: int, turns: int = 3) -> list[Figure]:
    service, alone = _in_turns(api, what, urls_of, turns)
    added = (service - alone) / count
    return [*_both(what, service, alone), Figure(f"{what}, added to each", added, "s", "", "0.15 s", 0.15)]


def _large(api: Api, what: str, urls_of: UrlsOf) -> list[Figure]:
    service, alone = _in_turns(api, what, urls_of, turns=3)
    ratio = Figure(f"{what}, ratio to plain yt-dlp", service / alone, "x", "", "1.05 x", 1.05)
    return [*_both(what, service, alone), ratio]


def _both(what: str, service: float, alone: float) -> list[Figure]:
    return [
        Figure(f"{what}, beside yt-dlp in turns", service, "s"),
        Figure(f"{what}, plain yt-dlp", alone, "s"),
    ]


def _in_turns(api: Api, what: str, urls_of: UrlsOf, turns: int) -> tuple[float, float]:
    """Seconds of the service and of yt-dlp, medians; each URL is asked for once."""
    plain, ours = [], []
    for turn in range(turns):
        plain.append(plain_seconds(urls_of(f"plain-{turn}")))
        ours.append(seconds_until_finished(api, urls_of(f"ours-{turn}"), f"floor/{what.replace(' ', '-')}/{turn}"))
    return statistics.median(ours), statistics.median(plain)
