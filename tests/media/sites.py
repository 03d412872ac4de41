"""A site whose answers a test decides, and HLS that is made for it once."""

import http.server
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.origin.media import ffmpeg

HLS = "application/vnd.apple.mpegurl"
SEGMENT_SECONDS = 2.0
_TYPES = {".m3u8": HLS, ".ts": "video/mp2t", ".mp4": "video/mp4", ".m4s": "video/iso.segment"}
Answer = tuple[int, str, bytes]


class Site:
    """Serves `folder`. `answers`: what a path gives instead, asked with the number of requests of it so far."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.answers: dict[str, Callable[[int], Answer | None]] = {}
        self._address = f"http://127.0.0.1:{port}"

    def url(self, path: str) -> str:
        return f"{self._address}/{path}"

    def answer(self, path: str) -> Answer:
        self.asked.append(path)
        given = self.answers.get(path)
        found = given(self.asked.count(path)) if given else None
        if found is not None:
            return found
        file = self.folder / path
        if not file.is_file():
            return 404, "text/plain", b"no"
        return 200, _TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes()

    def lists(self, path: str, lines: Iterable[str], *, end: bool = True) -> None:
        text = playlist(lines, end=end)
        self.answers[path] = lambda _: (200, HLS, text)

    def refuses(self, path: str, status: int, times: int = 10**9) -> None:
        self.answers[path] = lambda number: (status, "text/plain", b"no") if number <= times else None

    def grows(self, path: str, steps: Iterable[tuple[float, bytes | int]]) -> None:
        """Until which second after the first request there is which list, or status."""
        began: list[float] = []
        known = list(steps)

        def at(_: int) -> Answer:
            began.append(time.monotonic())
            passed = time.monotonic() - began[0]
            now = next(what for until, what in known if passed < until)
            return (now, "text/plain", b"no") if isinstance(now, int) else (200, HLS, now)

        self.answers[path] = at


def playlist(lines: Iterable[str], *, end: bool = True) -> bytes:
    """Tags as they are, each other line a segment."""
    head = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
    body = "".join(f"{line}\n" if line.startswith("#") else f"#EXTINF:{SEGMENT_SECONDS},\n{line}\n" for line in lines)
    return (head + body + "#EXT-X-ENDLIST\n" * end).encode()


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = site.answer(self.path.partition("?")[0].lstrip("/"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 the name that the server calls

        def log_message(self, *_: Any) -> None:
            """The test says what matters."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(folder, server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_hls(folder: Path) -> None:
    """`t0.ts` … `t5.ts`; fragments `f0.m4s` … and `g0.m4s` … of two sizes with `finit.mp4`, `ginit.mp4`. 12 s each."""
    hls = ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod"]
    for name, size in (("t", "160x90"), ("f", "160x90"), ("g", "240x136")):
        kind = ["-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", f"{name}init.mp4"] if name != "t" else []
        ending = "ts" if name == "t" else "m4s"
        subprocess.run(
            [ffmpeg(), "-loglevel", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration=12",
             "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=12", "-c:v", "libx264", "-preset",
             "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac", "-b:a", "64k", *hls, *kind,
             "-hls_segment_filename", f"{name}%d.{ending}", f"{name}.m3u8"],
            cwd=folder, check=True,
        )  # fmt: skip


def split_tracks(folder: Path) -> None:
    """Picture `v0.ts` … and sound `a0.ts` … of `t0.ts` …, at the same times."""
    for number in range(6):
        command = [ffmpeg(), "-v", "error", "-y", "-copyts", "-i", f"t{number}.ts"]
        for track in "va":
            command += ["-map", f"0:{track}", "-c", "copy", "-muxdelay", "0", "-f", "mpegts", f"{track}{number}.ts"]
        subprocess.run(command, cwd=folder, check=True)


def played_seconds(path: Path) -> float:
    """How long a player shows pictures: every frame is decoded."""
    command = [ffmpeg(), "-v", "error", "-stats", "-i", str(path), "-map", "0:v", "-f", "null", "-"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    frames = output.replace("\r", "\n").rpartition("frame=")[2].split()[0]
    return int(frames) / 25
