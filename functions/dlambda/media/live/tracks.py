"""Inside a worker process: a live stream whose picture and sound are lists of their own, recorded side by side.

ffmpeg, which would read both, ends at the first list that it cannot have for a moment.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor
from yt_dlp.utils import DownloadError

from dlambda.media.live.joining import join_parts
from dlambda.media.live.recorder import Recorder
from dlambda.media.live.segment_reader import SegmentReader
from dlambda.media.live.stream import StreamAway, Timing
from dlambda.media.machine.disk import is_disk_full
from dlambda.media.ytdlp.wording import plain

_LOOK_SECONDS = 0.5
_COPY = ("-c", "copy", "-f", "mpegts")


def are_recorded(info: Mapping[str, Any]) -> bool:
    """True if the formats of `info` are live HLS that is to be recorded whole."""
    formats = info.get("requested_formats") or ()
    bounded = info.get("section_start") or info.get("section_end")
    is_hls = all(str(format_.get("protocol")).startswith("m3u8") for format_ in formats)
    return bool(info.get("is_live") and len(formats) > 1 and is_hls and not bounded)


@dataclass
class _Recording:
    ydl: Any
    patience: float
    stop: threading.Event = field(default_factory=threading.Event)
    errors: list[Exception] = field(default_factory=list)

    def record(self, format_: Mapping[str, Any], part: Path) -> Recorder:
        timing = Timing(time.monotonic, self._pause, self.patience, self.stop.is_set)
        reader = SegmentReader(self.ydl.urlopen, format_.get("http_headers") or {})
        warn = self.ydl.report_warning
        return Recorder(part, format_["url"], reader, timing, warn=warn, tell=lambda _: None)

    def _pause(self, seconds: float) -> None:
        self.stop.wait(seconds)

    def run(self, recorder: Recorder) -> None:
        try:
            recorder.record()
        except StreamAway as error:  # nothing of this track came: the other one alone is no film
            self.errors.append(DownloadError(f"unable to read the live stream: {error}"))
            self.stop.set()
        except Exception as error:  # noqa: BLE001 last resort of this thread: whoever waits for it tells it
            self.errors.append(error)
        finally:
            recorder.close()


def record_tracks(ydl: Any, info: Mapping[str, Any], target: Path, patience: float) -> None:
    """Records until the stream ends or a stop is asked for, and writes both as one transport stream.

    Raises `YoutubeDLError` when nothing of a track can be recorded.
    """
    recording = _Recording(ydl, patience)
    formats = info["requested_formats"]
    parts = [target.with_name(f"{target.name}.track{number}.part") for number in range(len(formats))]
    recorders = [recording.record(track, part) for track, part in zip(formats, parts, strict=True)]
    threads = [threading.Thread(target=recording.run, args=(track,), daemon=True) for track in recorders]
    for thread in threads:
        thread.start()
    _wait(threads, recording.stop)
    if full := next((error for error in recording.errors if is_disk_full(error)), None):
        raise full
    if not all(recorder.state.bytes for recorder in recorders):
        raise recording.errors[0] if recording.errors else DownloadError("The live stream gave no data")
    _merge(ydl, recorders, parts, target)
    for recorder, part in zip(recorders, parts, strict=True):
        part.unlink()
        recorder.state_path.unlink(missing_ok=True)
    for error in recording.errors:
        ydl.note_step("recording", f"Picture or sound ends early: {plain(error)}")
    if missing := max((track.state for track in recorders), key=lambda state: state.lost_seconds).missing_text:
        ydl.note_step("recording", missing)


def _wait(threads: Sequence[threading.Thread], stop: threading.Event) -> None:
    """A stop request lets each track finish the segment that it reads."""
    while any(thread.is_alive() for thread in threads):
        try:
            for thread in threads:
                thread.join(_LOOK_SECONDS)
        except KeyboardInterrupt:
            stop.set()


def _merge(ydl: Any, recorders: Sequence[Recorder], parts: Sequence[Path], target: Path) -> None:
    for recorder, part in zip(recorders, parts, strict=True):
        if recorder.state.parts:
            join_parts(ydl, part, recorder.state.parts)
    # Tracks may begin at different segments; their times tell how they belong together, unless they jump.
    keeps_times = not any(recorder.state.jumps for recorder in recorders)
    inputs = [(str(part), ["-copyts"] if keeps_times and not number else []) for number, part in enumerate(parts)]
    # Pictures and sound alone: what ffmpeg cannot name cannot be copied.
    maps = [word for number in range(len(parts)) for kind in "va" for word in ("-map", f"{number}:{kind}?")]
    FFmpegPostProcessor(ydl).real_run_ffmpeg(inputs, [(str(target), [*maps, *_COPY])])
