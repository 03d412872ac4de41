"""Inside a worker process: the parts of a live recording made into one file that plays from its beginning to its end.

Parts differ in their initialisation (size of the picture, codec settings), which a transport stream repeats in band.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

_BLOCK = 1024 * 1024
_COPY = ("-map", "0:v?", "-map", "0:a?", "-c", "copy", "-f", "mpegts")
_JOINED = ("-hide_banner", "-nostdin", "-f", "concat", "-safe", "0")


def join_parts(ydl: Any, recording: Path, starts: Sequence[int]) -> None:
    """Makes one transport stream of `recording`, whose parts begin at 0 and at `starts` (bytes).

    Raises `PostProcessingError` for codecs that a transport stream cannot hold; the recording is as it was then.
    """
    ffmpeg = FFmpegPostProcessor(ydl)
    parts = cut(recording, starts)
    streams = [part.with_suffix(".ts") for part in parts]
    joined = recording.with_name(f"{recording.name}.joined.ts")
    script = recording.with_name(f"{recording.name}.concat")
    try:
        for part, stream in zip(parts, streams, strict=True):
            ffmpeg.real_run_ffmpeg([(str(part), [])], [(str(stream), list(_COPY))])
            part.unlink()
        script.write_text("".join(ffmpeg._concat_spec(list(map(str, streams)))), encoding="utf-8")  # noqa: SLF001
        ffmpeg.real_run_ffmpeg([(str(script), list(_JOINED))], [(str(joined), list(_COPY))])
        joined.replace(recording)
    finally:
        for path in (*parts, *streams, joined, script):
            path.unlink(missing_ok=True)


def cut(recording: Path, starts: Sequence[int]) -> list[Path]:
    """A file of each part, beside the recording, which stays."""
    bounds = [0, *starts, recording.stat().st_size]
    parts = [recording.with_name(f"{recording.name}.{number:03d}.mp4") for number in range(len(bounds) - 1)]
    with recording.open("rb") as source:
        for path, (start, end) in zip(parts, pairwise(bounds), strict=True):
            source.seek(start)
            with path.open("wb") as target:
                _copy(source, target, end - start)
    return parts


def _copy(source: Any, target: Any, size: int) -> None:
    while size > 0 and (block := source.read(min(_BLOCK, size))):
        target.write(block)
        size -= len(block)
