"""Metadata of a URL: asked of the page, and remembered."""

import statistics
import sys
import textwrap
import time
from functools import partial
from subprocess import run
from urllib.parse import quote

from tests.bench.figures import Figure
from tests.bench.timing import median_seconds, seconds_of
from tests.e2e.api import Api
from tests.origin import Origin

_TIMES = 9
_PLAIN = textwrap.dedent("""
    import statistics, sys, time
    import yt_dlp
    took = []
    options = {"quiet": True, "noprogress": True, "simulate": True, "extract_flat": "in_playlist"}
    for url in sys.argv[1:]:
        began = time.perf_counter()
        with yt_dlp.YoutubeDL(options) as ydl:
            ydl.sanitize_info(ydl.extract_info(url, download=False))
        took.append(time.perf_counter() - began)
    print(statistics.median(took[1:]))
""")


def look(api: Api, url: str) -> None:
    """Asks for the metadata of a URL."""
    assert api.get(f"/api/yt-dlp/url/info?url={quote(url, safe='')}").status == 200


def measure_looking(api: Api, origin: Origin) -> list[Figure]:
    """A first look against yt-dlp in a warm process, and a second look."""
    tag = time.time_ns()
    look(api, origin.url(f"clip-{tag}-first.mp4"))  # starts the warm process
    urls = [origin.url(f"clip-{tag}-{number}.mp4") for number in range(_TIMES)]
    ours = statistics.median(seconds_of(partial(look, api, url)) for url in urls)
    done = run([sys.executable, "-c", _PLAIN, urls[0], *urls], capture_output=True, text=True, check=True)
    plain = float(done.stdout)
    hit = median_seconds(partial(look, api, urls[0]), 30) * 1000
    return [
        Figure("url/info, first look", ours * 1000, "ms"),
        Figure("the same by yt-dlp in a warm process", plain * 1000, "ms"),
        Figure("url/info, ratio to yt-dlp in a warm process", ours / plain, "x", "", "1.1 x", 1.1),
        Figure("url/info, remembered", hit, "ms", "", "8 ms", 8),
    ]
