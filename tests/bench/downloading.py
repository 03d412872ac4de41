"""From the POST to a finished file."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.rate import CLIENTS
from tests.bench.timing import seconds_of
from tests.e2e.api import Api, wait_until
from tests.origin import Origin
from tests.origin.media import BIG_BYTES, big_file, ffmpeg

_MB = 1_000_000
_FILES = 400
_POLL_SECONDS = 0.025  # a finer poll would compete with what it measures


def seconds_until_finished(api: Api, urls: list[str], folder: str, patience: float = 120) -> float:
    """From the POST of all `urls` until the history holds all of them as finished."""
    known = _finished(api)
    began = time.perf_counter()
    reply = api.post("/api/history", [{"url": url, "folder": folder} for url in urls])
    assert reply.status in (200, 202), reply.body
    while time.perf_counter() - began < patience:
        if _finished(api) >= known + len(urls):
            return time.perf_counter() - began
        time.sleep(_POLL_SECONDS)
    raise AssertionError(f"not finished after {patience} s: {[api.find(url) for url in urls][:3]}")


def _finished(api: Api) -> int:
    total: int = api.listed("done", status="finished", per_page=1)["pagination"]["total"]
    return total


def measure_clips(api: Api, origin: Origin, tag: str) -> list[Figure]:
    """One clip at a time, then twenty at once."""
    single = statistics.median(
        seconds_until_finished(api, [origin.url(f"clip-{tag}-{number}.mp4")], "bench") for number in range(7)
    )
    twenty = [origin.url(f"clip-{tag}-many-{number}.mp4") for number in range(20)]
    return [
        Figure("2 MB mp4, POST until finished", single, "s", "0.81 s", "0.5 s", 0.5),
        Figure("20 clips in one POST", seconds_until_finished(api, twenty, "bench"), "s", "8.1 s", "4 s", 4),
    ]


def measure_big(api: Api, origin: Origin) -> list[Figure]:
    """The big file: by the service, and by yt-dlp alone, in turns from the same origin."""
    big_file()
    ours, plain = [], []
    for number in range(3):
        plain.append(plain_seconds([origin.url(f"big.mp4?plain-{number}")]))
        ours.append(seconds_until_finished(api, [origin.url(f"big.mp4?ours-{number}")], f"bench/big-{number}"))
    service, alone = statistics.median(ours), statistics.median(plain)
    return [
        Figure("522 MB mp4, POST until finished", service, "s", "1.55 s", "1.29 s", 1.29),
        Figure("522 MB mp4, plain yt-dlp", alone, "s"),
        Figure("522 MB mp4, ratio to plain yt-dlp", service / alone, "x", "", "1.5 x", 1.5),
    ]


def plain_seconds(urls: list[str]) -> float:
    """How long yt-dlp takes as a command, its start included."""
    place = Path(tempfile.mkdtemp(prefix="dlambda-plain-"))
    options = ["-q", "--no-warnings", "--ffmpeg-location", ffmpeg(), "-o", "%(id)s.%(ext)s"]
    command = [sys.executable, "-m", "yt_dlp", *options, *urls]
    try:
        return seconds_of(lambda: subprocess.run(command, cwd=place, check=True))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def measure_serving(api: Api, origin: Origin) -> list[Figure]:
    """Files through the redirect, to clients that throw the bytes away: the big one, a small one often, a ZIP."""
    url = origin.url("big.mp4?ours-0")
    item = api.find(url)
    if not item or item["status"] != "finished":
        item = api.fetch(url, folder="bench/serving", seconds=120)
    clip = api.fetch(origin.url("clip-serving.mp4"), folder="bench/serving")
    address = api.base + api.download_path(item)
    speed = BIG_BYTES / _MB / statistics.median(seconds_to_read(address) for _ in range(3))
    path = f"{item['folder']}/{item['filename']}"
    zip_speed = BIG_BYTES / _MB / statistics.median(seconds_to_zip(api, path) for _ in range(3))
    rate = files_per_second(api.base + api.download_path(clip))
    return [
        Figure("/api/download of 522 MB", speed, "MB/s", "2,920 MB/s", "3,500 MB/s", 3500, at_least=True),
        Figure(f"/api/download of 2 MB, {CLIENTS} clients", rate, "files/s", "513/s", "616/s", 616, at_least=True),
        Figure("ZIP of 522 MB, POST to last byte", zip_speed, "MB/s", "968 MB/s", "1,160 MB/s", 1160, at_least=True),
    ]


def seconds_to_zip(api: Api, path: str) -> float:
    """The large file in a ZIP, from the POST that orders it to its last byte."""

    def order_and_read() -> None:
        token = api.post("/api/file/download", [path]).json()["token"]
        _read(f"{api.base}/api/file/download/{token}")

    return seconds_of(order_and_read)


def files_per_second(address: str) -> float:
    """By curl, whose own work is small beside the service's."""
    addresses = "".join(f'url = "{address}"\noutput = /dev/null\n' for _ in range(_FILES))
    command = ["curl", "-sfL", "--parallel", "--parallel-max", str(CLIENTS), "--config", "-"]
    silent = partial(subprocess.run, command, input=addresses, text=True, check=True, stderr=subprocess.DEVNULL)
    return _FILES / seconds_of(silent)


def seconds_to_read(address: str) -> float:
    """The big file, by curl."""
    return seconds_of(lambda: _read(address))


def _read(address: str) -> None:
    """Raises `AssertionError` when less than the big file comes."""
    command = ["curl", "-sfL", "-o", "/dev/null", "-w", "%{size_download}", address]
    size = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert int(size) >= BIG_BYTES, size


def wait_idle(api: Api) -> None:
    """Waits until nothing is queued."""
    wait_until(lambda: not api.queue(), 60, lambda: "the queue does not empty")
