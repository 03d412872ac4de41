"""Inside a worker process: recording a part of a live HLS stream, segment by segment, each in a file of its own.

The folder `segments/<track>` is the state: whoever comes after a crash goes on behind the last file in it. What the
page gave (addresses of the playlists, where the recording begins) stands in `window.json`: going on needs no page.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from yt_dlp.utils import DownloadError, YoutubeDLError

from dlambda.domain.items.step_warning import StepWarning
from dlambda.media.live import recorded_segments
from dlambda.media.live.media_playlist import MediaPlaylist, Segment
from dlambda.media.live.recorded_segments import Recorded
from dlambda.media.live.segment_reader import SegmentReader
from dlambda.media.live.stream import NotReadable
from dlambda.media.workers.child import programs
from dlambda.media.workers.child.downloader import Downloader, Journal, build_params, tools_params
from dlambda.media.ytdlp.resume import read_json, write_json
from dlambda.media.ytdlp.wording import plain
from dlambda.media.ytdlp.work_layout import SEGMENTS, WINDOW
from dlambda.media.ytdlp.worker_jobs import RecordJob
from dlambda.media.ytdlp.worker_messages import Progress, Result, WorkerMessage, encode

_GIVE_UP_SECONDS = 60.0
_REPORT_SECONDS = 0.5
_SLACK_SECONDS = 0.02
_NOT_LIVE = "The source is not live."
_NOT_HLS = "Only live HLS streams can be recorded."


@dataclass
class Track:
    """A playlist of the recording; `first` is the number of the segment that it begins with."""

    url: str
    headers: dict[str, str]
    first: int | None = None


class _Recording:
    """All tracks, and what is to be said of them."""

    def __init__(self, job: RecordJob, ydl: Any, say: Callable[[Progress], None]) -> None:
        self._job = job
        self._ydl = ydl
        self._say = say
        self._workdir = job.workdir
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self._bytes: dict[int, int] = {}
        self._seconds: dict[int, float] = {}
        self._spoke_at = 0.0
        saved_state = read_json(self._workdir / WINDOW)
        self.tracks = [Track(**fields) for fields in saved_state.get("tracks", ())]
        self._lacking = float(saved_state.get("lacking", 0))

    def run(self) -> None:
        """Records to the end of the window, or of the stream."""
        if not self.tracks:
            self.tracks = find_tracks(self._ydl, self._job.url)
            self._save()
        threads = [
            threading.Thread(target=self._record, args=(number, track), name=f"track-{number}", daemon=True)
            for number, track in enumerate(self.tracks)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._lacking > 0:
            self.warn(f"The stream reaches only {self._job.start - self._lacking:.0f} s back.")

    def _record(self, number: int, track: Track) -> None:
        folder = self._workdir / SEGMENTS / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _TrackRecorder(self, number, track, folder, self._job).run()
        except (YoutubeDLError, OSError, ValueError) as error:
            self.errors.append(plain(error) or type(error).__name__)
            self._stop.set()

    def is_stopped(self) -> bool:
        return self._stop.is_set()

    def wait(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def open(self, track: Track) -> SegmentReader:
        return SegmentReader(self._ydl.urlopen, track.headers)

    def warn(self, text: str) -> None:
        with self._lock:
            if text not in self.warnings:
                self.warnings.append(text)

    def begin(self, track: Track, playlist: MediaPlaylist) -> None:
        """Decides where a track begins: beside the one that was decided first, if their numbers go together."""
        with self._lock:
            decided = [other_track.first for other_track in self.tracks if other_track.first is not None]
            numbers = [segment.sequence for segment in playlist.segments]
            if decided and numbers[0] <= decided[0] <= numbers[-1] + 2:
                track.first = decided[0]
            else:
                track.first, lacking = recorded_segments.first_segment(playlist, self._job.start)
                self._lacking = max(self._lacking, lacking)
            self._save()

    def _save(self) -> None:
        write_json(
            self._workdir / WINDOW, {"tracks": [asdict(track) for track in self.tracks], "lacking": self._lacking}
        )

    def note(self, number: int, size: int, seconds: float) -> None:
        """Reports how far it is: of several tracks the slowest counts."""
        with self._lock:
            self._bytes[number], self._seconds[number] = size, seconds
            now = time.monotonic()
            if now - self._spoke_at < _REPORT_SECONDS:
                return
            self._spoke_at = now
            share = (
                min(self._seconds.get(track_number, 0.0) for track_number in range(len(self.tracks)))
                / self._job.duration
            )
            recorded_bytes = sum(self._bytes.values())
            estimate = recorded_bytes / share if share > 0 else None
            self._say(Progress("downloading", downloaded_bytes=recorded_bytes, total_bytes_estimate=estimate))


class _TrackRecorder:
    def __init__(self, recording: _Recording, number: int, track: Track, folder: Path, job: RecordJob) -> None:
        self._recording = recording
        self._number = number
        self._track = track
        self._folder = folder
        self._job = job
        self._reader = recording.open(track)
        self._recorded = recorded_segments.read_folder(folder)
        self._bytes = sum(path.stat().st_size for path in folder.glob("*.seg"))
        self._map: str | None = None

    def run(self) -> None:
        news_at = time.monotonic()
        while not self._recording.is_stopped():
            playlist = self._playlist(news_at)
            if playlist is None:
                return self._end_early()
            if playlist.segments and self._track.first is None:
                self._recording.begin(self._track, playlist)
            if self._is_done(playlist.target_seconds):
                return self._tell_holes(playlist.target_seconds)
            era, segments = recorded_segments.fresh(playlist, self._recorded, self._track.first or 0)
            for segment in segments:
                self._take(era, segment)
                news_at = time.monotonic()
                if self._is_done(playlist.target_seconds):
                    return self._tell_holes(playlist.target_seconds)
                if self._recording.is_stopped():
                    return None
            quiet = time.monotonic() - news_at > max(_GIVE_UP_SECONDS, 5 * playlist.target_seconds)
            if playlist.ended or quiet:
                return self._end_early()
            self._recording.wait(min(2.0, max(0.2, playlist.target_seconds / 2)))
        return None

    def _is_done(self, target_seconds: float) -> bool:
        covered = recorded_segments.covered_seconds(self._recorded, self._track.first, target_seconds)
        return covered >= self._job.duration - _SLACK_SECONDS

    def _tell_holes(self, target_seconds: float) -> None:
        count = recorded_segments.missed(self._recorded, self._track.first)
        if count:
            noun = "segment is" if count == 1 else "segments are"
            self._recording.warn(
                f"{count} {noun} missing, about {count * target_seconds:.0f} s: the stream had them no more."
            )

    def _end_early(self) -> None:
        seconds = sum(segment.seconds for segment in self._recorded)
        if 0 < seconds < self._job.duration - _SLACK_SECONDS:
            self._recording.warn(f"The stream ended after {seconds:.1f} of {self._job.duration:g} s.")
        self._tell_holes(self._recorded[-1].seconds if self._recorded else 0.0)

    def _playlist(self, news_at: float) -> MediaPlaylist | None:
        """The playlist now; None when the stream is over."""
        while True:
            try:
                return self._reader.playlist(self._track.url)
            except NotReadable as error:
                tired = time.monotonic() - news_at > _GIVE_UP_SECONDS
                if self._recorded and tired:
                    return None
                if tired or (error.refused and not self._recorded):
                    raise DownloadError(f"The live stream cannot be read: {plain(error)}") from error
            self._recording.wait(1.0)
            if self._recording.is_stopped():
                return None

    def _take(self, era: int, segment: Segment) -> None:
        content = self._reader.content(segment)
        if content is None:
            return
        if segment.map_url and segment.map_url != self._map:
            try:
                beginning = self._reader.beginning(segment)
            except NotReadable:
                return
            self._write(f"{era:04d}-{segment.sequence:012d}.map", beginning)
            self._map = segment.map_url
        recorded = Recorded(era, segment.sequence, segment.seconds)
        self._write(recorded.name, content)
        self._recorded.append(recorded)
        self._bytes += len(content)
        self._recording.note(
            self._number, self._bytes, sum(recorded_segment.seconds for recorded_segment in self._recorded)
        )

    def _write(self, name: str, content: bytes) -> None:
        """All or nothing: what is there counts as recorded."""
        beside = self._folder / f"{name}.new"
        beside.write_bytes(content)
        beside.replace(self._folder / name)


def find_tracks(ydl: Any, url: str) -> list[Track]:
    """The playlists that the format selector chooses. Raises `DownloadError` when there is nothing to record."""
    info = ydl.extract_info(url, download=False)
    while info and info.get("_type") in ("playlist", "multi_video"):
        info = next((entry for entry in info.get("entries") or () if entry), None)
    if not info:
        raise DownloadError("Unable to extract info.")
    formats = info.get("requested_formats") or [info]
    hls = [str(entry.get("protocol")).startswith("m3u8") for entry in formats]
    if not info.get("is_live") and not all(hls):
        raise DownloadError(_NOT_LIVE)
    if not all(hls):
        raise DownloadError(_NOT_HLS)
    return [_track(ydl, entry) for entry in formats]


def _track(ydl: Any, format_: Mapping[str, Any]) -> Track:
    headers = dict(format_.get("http_headers") or {})
    cookies = ydl.cookiejar.get_cookie_header(format_["url"])
    return Track(str(format_["url"]), headers | ({"Cookie": cookies} if cookies else {}))


def record(job: RecordJob, say: Callable[[Progress], None]) -> Result:
    """Does the job."""
    journal = Journal(debug=job.debug)
    forced = {
        "color": {"stdout": "never", "stderr": "never"}, "ignoreerrors": False, "quiet": True, "noprogress": True,
        "simulate": True, "logger": journal, **tools_params(job.cache, job.deno),
    }  # fmt: skip
    with Downloader(build_params(job.params, forced)) as ydl:
        recording = _Recording(job, ydl, say)
        try:
            recording.run()
        except (YoutubeDLError, OSError) as error:
            recording.errors.append(plain(error) or type(error).__name__)
    empty = not any(
        recorded_segments.read_folder(job.workdir / SEGMENTS / str(number)) for number in range(len(recording.tracks))
    )
    failed = recording.errors[0] if recording.errors else "The live stream gave no data." if empty else None
    warnings = tuple(StepWarning("record", text) for text in recording.warnings)
    return Result(ok=failed is None, error=failed, warnings=warnings)


def run(job: RecordJob, connection: Connection) -> None:
    """Records and reports to the parent. It may be killed at any moment, so a stop request kills it."""
    lock = threading.Lock()

    def say(message: WorkerMessage) -> None:
        with lock:
            connection.send_bytes(json.dumps(encode(message)).encode())

    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    programs.allow_only([job.deno] if job.deno else [])
    try:
        result = record(job, say)
    except Exception as error:  # noqa: BLE001 last resort of this process: a bug in an extractor is a failed recording
        result = Result(ok=False, error=plain(error) or type(error).__name__)
    say(result)
