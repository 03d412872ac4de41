"""Inside a worker process: ffmpeg as a downloader (live streams, parts of videos), guarded and with progress.

yt-dlp hands such a download to ffmpeg and then hears nothing of it: the bytes are read from the growing file.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from yt_dlp.downloader.external import FFmpegFD
from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor
from yt_dlp.utils import DownloadError

from dlambda.media.live import live, tracks
from dlambda.media.live.stream import Timing
from dlambda.media.workers.child.egress import relay_to
from dlambda.media.workers.child.ffmpeg_inputs import GuardedPopen
from dlambda.media.workers.child.fragments import Losses, lost_text
from dlambda.media.workers.child.last_words import failure_text, lost_segments
from dlambda.media.workers.child.protocols import WEB, UnsupportedStream, scheme_of

_TICK_SECONDS = 0.5
_MOST_WORDS = 1024 * 1024


def use_tool(ffmpeg: str | None) -> None:
    """Makes `ffmpeg` the one that yt-dlp finds, also where it has no options at hand."""
    if ffmpeg:
        FFmpegPostProcessor._ffmpeg_location.set(ffmpeg)  # noqa: SLF001 as yt-dlp's own command line does


def _check_sources(formats: list[dict[str, Any]]) -> None:
    """Raises `UnsupportedStream` for anything but web addresses; `-` is what this process itself pipes into ffmpeg."""
    for format_ in formats:
        scheme = scheme_of(format_["url"])
        if scheme not in WEB and format_["url"] != "-":
            raise UnsupportedStream(scheme or "Such")


def guard_ffmpeg(params: dict[str, Any]) -> None:
    """From here on ffmpeg reaches the network through a relay in this process, for the rest of its life."""
    relay_url = relay_to(params.get("proxy") or "")
    if not params.get("proxy"):
        params["proxy"] = ""  # yt-dlp itself goes directly, whatever the environment says
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        os.environ[name] = relay_url
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        os.environ.pop(name, None)
    original = FFmpegFD._call_downloader  # noqa: SLF001 the one place where its command is built

    def call(self: Any, tmpfilename: str, info: dict[str, Any]) -> Any:
        _check_sources(info.get("requested_formats") or [info])
        if tracks.are_recorded(info):
            tracks.record_tracks(
                self.ydl, info, Path(tmpfilename), float(self.params.get(live.PATIENCE) or Timing.patience)
            )
            return 0
        own = self.params
        self.params = {**own, "proxy": relay_url}
        try:
            with _listening(Path(f"{tmpfilename}.log")) as words:
                status = original(self, tmpfilename, info)
            _tell(self.ydl, status, words)
            return status
        finally:
            self.params = own

    FFmpegFD._call_downloader = call  # noqa: SLF001


@contextmanager
def _listening(log: Path) -> Iterator[list[str]]:
    """Collects what ffmpeg says in a file of its own; answers its end in the list."""
    words: list[str] = []
    with log.open("w+b") as file:
        GuardedPopen.words = file
        try:
            yield words
        finally:
            GuardedPopen.words = None
            file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_WORDS))
            words.append(file.read().decode("utf-8", "replace"))
            log.unlink()


def _tell(session: Any, status: int, words: list[str]) -> None:
    """Raises `DownloadError` with ffmpeg's reason, where yt-dlp says no more than a number."""
    text = "".join(words)
    if status:
        raise DownloadError(failure_text(text))
    lost_count = lost_segments(text)
    if lost_count and isinstance(session, Losses):
        session.note_step("download", lost_text(lost_count))


class Growth:
    """Reports how unfinished files grow while nobody else does."""

    def __init__(self, folder: Path, report: Callable[[int, float], None], quiet_seconds: Callable[[], float]) -> None:
        self._folder = folder
        self._report = report
        self._quiet_seconds = quiet_seconds
        self._last = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _size(self) -> int:
        total = 0
        for path in self._folder.rglob("*.part"):
            try:
                total += path.stat().st_size
            except OSError:
                continue
        return total

    def _watch(self) -> None:
        before = time.monotonic()
        while not self._stop.wait(_TICK_SECONDS):
            size, now = self._size(), time.monotonic()
            if size > self._last and self._quiet_seconds() > _TICK_SECONDS:
                self._report(size, (size - self._last) / (now - before))
            self._last, before = size, now
