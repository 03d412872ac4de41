"""Files: segments for players, ZIPs, folders of many files."""

import re
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.timing import seconds_of
from tests.e2e.api import Api, wait_until
from tests.origin.media import ffmpeg

_MB = 1_000_000
_FILM_SECONDS = 600
_SEGMENT_SECONDS = 6
_ZIPPED_BYTES = 541 * _MB
_MANY = 10_000


def measure_playing(api: Api, files: Path) -> list[Figure]:
    """A film that browsers play as it is, cut; a ZIP; a folder of 10,000 files. `files` is where the service keeps them."""
    files.mkdir(parents=True, exist_ok=True)
    _make_film(files / "film.mp4")
    urls = re.findall(r"^/api/player/segments/.*$", _playlist(api), re.MULTILINE)

    def fetch(url: str) -> Callable[[], None]:
        def ask() -> None:
            assert api.follow("GET", url).status == 200

        return ask

    first = seconds_of(fetch(urls[0]))
    again = statistics.median(seconds_of(fetch(urls[0])) for _ in range(9))
    sought, alone = [], []
    for place in (61, 17, 83, 44, 29):
        alone.append(_cut_seconds(files / "film.mp4", place * _SEGMENT_SECONDS))
        sought.append(seconds_of(fetch(urls[place])))
    seek, plain = statistics.median(sought), statistics.median(alone)
    return [
        Figure("first segment of an H.264/AAC film", first * 1000, "ms", "3,300 ms", "250 ms", 250),
        Figure("a segment that is made already", again * 1000, "ms", "6,000 ms", "30 ms", 30),
        Figure("a seek into a film of 10 minutes", seek * 1000, "ms", "", "300 ms", 300),
        Figure("the same span cut by ffmpeg alone", plain * 1000, "ms"),
        Figure("a seek, ratio to ffmpeg alone", seek / plain, "x"),
        _zipping(api, files),
        _browsing(api, files),
    ]


def _cut_seconds(film: Path, start: int) -> float:
    """How long ffmpeg takes to cut one segment, its start included."""
    command = [
        ffmpeg(), "-v", "error", "-ss", str(start), "-i", str(film), "-t", str(_SEGMENT_SECONDS), "-c", "copy", "-f", "mpegts", "-",
    ]  # fmt: skip
    return seconds_of(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def _make_film(path: Path) -> None:
    """640x360, cut by key frames every 5 s, as large as such films are."""
    command = [
        ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc=size=640x360:rate=25:duration={_FILM_SECONDS}",
        "-f", "lavfi", "-i", f"sine=440:duration={_FILM_SECONDS}", "-c:v", "libx264", "-preset", "ultrafast", "-g", "125",
        "-pix_fmt", "yuv420p", "-c:a", "aac", str(path),
    ]  # fmt: skip
    subprocess.run(command, check=True)


def _playlist(api: Api) -> str:
    reply = api.get("/api/player/m3u8/video/film.mp4.m3u8")
    assert reply.status == 200, reply.body
    return reply.body.decode()


def _zipping(api: Api, files: Path) -> Figure:
    with (files / "large.mp4").open("wb") as file:
        file.truncate(_ZIPPED_BYTES)
    # The media engine looks a second later for what was put below it by hand.
    wait_until(lambda: api.request("HEAD", "/api/download/large.mp4").status == 200, 10, lambda: "no large.mp4")
    token = api.post("/api/file/download", ["large.mp4"]).json()["token"]
    took = seconds_of(lambda: api.follow("GET", f"/api/file/download/{token}", timeout=120))
    return Figure(
        "ZIP of 541 MB, POST until its last byte", _ZIPPED_BYTES / _MB / took, "MB/s", "386 MB/s", "150 MB/s", 150, True
    )


def _browsing(api: Api, files: Path) -> Figure:
    folder = files / "many"
    folder.mkdir()
    for number in range(_MANY):
        (folder / f"file {number:05d}.mp4").write_bytes(b"x")

    def ask(query: str) -> Callable[[], None]:
        def browse() -> None:
            reply = api.get(f"/api/file/browser/many?per_page=50&page=7&{query}", timeout=60)
            assert reply.json()["pagination"]["total"] == _MANY

        return browse

    ask("")()  # the index follows the bucket at the first look
    sorts = ("sort_by=name", "sort_by=size&sort_order=desc", "sort_by=date", "sort_by=type")
    slowest = max(statistics.median(seconds_of(ask(sort)) for _ in range(5)) for sort in sorts)
    return Figure(
        f"a page of a folder of {_MANY:,} files, the slowest way to sort", slowest * 1000, "ms", "", "100 ms", 100
    )
