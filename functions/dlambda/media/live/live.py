"""Inside a worker process: live HLS recorded segment by segment (`recorder`), instead of by ffmpeg.

A stop request finishes the file.
"""

import os
import time
from pathlib import Path
from typing import Any

import yt_dlp.downloader
from yt_dlp.downloader.fragment import FragmentFD
from yt_dlp.utils import DownloadError, PostProcessingError

from dlambda.media.live.joining import cut, join_parts
from dlambda.media.live.recorder import Recorder
from dlambda.media.live.segment_reader import SegmentReader
from dlambda.media.live.stream import StreamAway, Timing
from dlambda.media.machine.disk import is_disk_full

# Among yt-dlp's parameters: `Timing.patience`, and whether finished streams are recorded this way, too.
PATIENCE = "live_patience_seconds"
RECORDS_ALL = "record_all_hls"


class LiveHlsFD(FragmentFD):  # type: ignore[misc]
    """yt-dlp's interface of a downloader; one format of one live stream."""

    FD_NAME = "hlsnative"  # what yt-dlp repairs after a download depends on it

    def real_download(self, filename: str, info: dict[str, Any]) -> bool:
        """Records until the stream ends or a stop is asked for. Raises `DownloadError` when nothing can be recorded."""
        self.report_destination(filename)
        part = Path(self.temp_name(filename))
        recorder = self._recorder(part, filename, info)
        try:
            recorder.record()
        except StreamAway as error:
            raise DownloadError(f"unable to read the live stream: {error}") from error
        except KeyboardInterrupt:
            if not recorder.state.bytes:
                raise
        recorder.close()
        if not recorder.state.bytes:
            self.report_error("The live stream gave no data")
            return False
        self.ydl.make_whole(part)
        self._finish(recorder, part, Path(filename))
        size = Path(filename).stat().st_size
        status = {"status": "finished", "filename": filename, "downloaded_bytes": size, "total_bytes": size}
        self._hook_progress(status, info)
        return True

    def _recorder(self, part: Path, filename: str, info: dict[str, Any]) -> Recorder:
        began = time.monotonic()
        size_before = part.stat().st_size if part.is_file() else 0

        def tell(size: int) -> None:
            speed = (size - size_before) / max(time.monotonic() - began, 0.001)
            status = {"status": "downloading", "filename": filename, "tmpfilename": str(part), "downloaded_bytes": size}
            self._hook_progress({**status, "speed": speed}, info)

        timing = Timing(time.monotonic, time.sleep, float(self.params.get(PATIENCE) or Timing.patience))
        reader = SegmentReader(self.ydl.urlopen, info.get("http_headers") or {})
        return Recorder(part, info["url"], reader, timing, warn=self.report_warning, tell=tell)

    def _finish(self, recorder: Recorder, part: Path, target: Path) -> None:
        """Makes a file of the parts, gives it its name, and says what it lacks."""
        if recorder.state.parts:
            try:
                join_parts(self.ydl, part, recorder.state.parts)
            except PostProcessingError as error:
                if is_disk_full(error):
                    raise
                self._separate(part, recorder.state.parts, target)
                self.ydl.note_step(
                    "recording", f"Its parts are files of their own, as they cannot be joined: {error.msg}"
                )
        self.try_rename(str(part), str(target))
        recorder.state_path.unlink(missing_ok=True)
        if missing := recorder.state.missing_text:
            self.ydl.note_step("recording", missing)

    def _separate(self, part: Path, starts: list[int], target: Path) -> None:
        """Leaves the first part in `part`, and the others beside the item's file."""
        first, *later_parts = cut(part, starts)
        first.replace(part)
        below = os.path.relpath(target, self.ydl.get_output_path("temp"))
        name = Path(self.ydl.get_output_path("home", below))
        name.parent.mkdir(parents=True, exist_ok=True)
        for number, part_file in enumerate(later_parts, start=2):
            part_file.replace(name.with_name(f"{name.stem} (part {number}){name.suffix}"))


def install() -> None:
    """Lets yt-dlp choose this recorder for live HLS of one format; other live streams stay ffmpeg's."""
    choose = yt_dlp.downloader._get_suitable_downloader  # noqa: SLF001 the one place of the choice

    def suitable(info: dict[str, Any], protocol: str, params: dict[str, Any], default: Any) -> Any:
        single = not info.get("requested_formats") and "+" not in str(info.get("protocol"))
        bounded = info.get("section_start") or info.get("section_end")
        is_recorded = info.get("is_live") or params.get(RECORDS_ALL)
        if protocol in ("m3u8", "m3u8_native") and is_recorded and single and not bounded:
            return LiveHlsFD
        return choose(info, protocol, params, default)

    yt_dlp.downloader._get_suitable_downloader = suitable  # noqa: SLF001
