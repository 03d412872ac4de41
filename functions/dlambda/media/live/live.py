"""Inside a worker process: live HLS recorded segment by segment, instead of by ffmpeg.

Every segment has a number; what is recorded up to which number stands beside the `.part`. So a recording may be killed
at any moment and goes on, here or elsewhere, without a gap and without a segment twice, as long as the site still
offers the next one. A stop request finishes the file.
"""

import time
from pathlib import Path
from typing import Any, BinaryIO

import yt_dlp.downloader
from yt_dlp.downloader.fragment import FragmentFD
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import DownloadError

from dlambda.media.live.media_playlist import MediaPlaylist, Segment
from dlambda.media.live.segment_reader import SegmentReader
from dlambda.media.resume import read_json, write_json

STATE_SUFFIX = ".live.json"
_GIVE_UP_SECONDS = 60.0  # without an answer, or without a new segment
_GONE = (404, 410)


class LiveHlsFD(FragmentFD):  # type: ignore[misc]
    """yt-dlp's interface of a downloader; one format of one live stream."""

    FD_NAME = "livehls"

    def real_download(self, filename: str, info: dict[str, Any]) -> bool:
        """Records until the stream ends or a stop is asked for. Raises `DownloadError` when nothing can be recorded."""
        self.report_destination(filename)
        part = Path(self.temp_name(filename))
        recorder = _Recorder(self, part, info)
        try:
            recorder.record(filename)
        except KeyboardInterrupt:
            if not recorder.bytes:
                raise
        recorder.close()
        if not recorder.bytes:
            self.report_error("The live stream gave no data")
            return False
        self.try_rename(str(part), filename)
        recorder.state_path.unlink(missing_ok=True)
        size = Path(filename).stat().st_size
        self._hook_progress(
            {"status": "finished", "filename": filename, "downloaded_bytes": size, "total_bytes": size}, info
        )
        return True


class _Recorder:
    def __init__(self, fd: Any, part: Path, info: dict[str, Any]) -> None:
        self._fd = fd
        self._info = info
        self._url = info["url"]
        self._reader = SegmentReader(fd.ydl.urlopen, info.get("http_headers") or {})
        self._began = time.monotonic()
        self.state_path = part.with_name(part.name + STATE_SUFFIX)
        known = read_json(self.state_path)
        self.bytes = int(known.get("bytes", 0)) if part.is_file() else 0
        self._next: int | None = known.get("next") if self.bytes else None
        self._map: str | None = known.get("map") if self.bytes else None
        self._at_start = self.bytes
        self._file: BinaryIO = part.open("r+b" if self.bytes else "wb")
        # What was being written when the last run ended.
        self._file.truncate(self.bytes)
        self._file.seek(self.bytes)

    def close(self) -> None:
        self._file.truncate(self.bytes)
        self._file.close()

    def record(self, filename: str) -> None:
        news_at = time.monotonic()
        while True:
            playlist = self._playlist(news_at)
            if playlist is None:
                return
            for segment in self._fresh(playlist):
                self._take(segment, filename)
                news_at = time.monotonic()
            if playlist.ended:
                return
            if time.monotonic() - news_at > max(_GIVE_UP_SECONDS, 5 * playlist.target_seconds):
                self._fd.report_warning("The live stream has brought nothing new for long; it counts as ended")
                return
            time.sleep(min(2.0, max(0.2, playlist.target_seconds / 2)))

    def _playlist(self, news_at: float) -> MediaPlaylist | None:
        """The playlist now; None when the stream is over. Raises when it cannot be had and nothing is recorded."""
        while True:
            try:
                return self._reader.playlist(self._url)
            except (HTTPError, TransportError, ValueError) as error:
                gone = isinstance(error, HTTPError) and error.status in _GONE
                tired = time.monotonic() - news_at > _GIVE_UP_SECONDS
                if self.bytes and (gone or tired):
                    self._fd.report_warning(f"The live stream ended: {error}")
                    return None
                if gone or tired or (isinstance(error, HTTPError) and error.status < 500 and not self.bytes):
                    raise DownloadError(f"unable to read the live stream: {error}") from error
            time.sleep(1.0)

    def _fresh(self, playlist: MediaPlaylist) -> list[Segment]:
        """The segments that are not recorded yet."""
        if not playlist.segments:
            return []
        first, last = playlist.segments[0].sequence, playlist.segments[-1].sequence
        if self._next is None or self._next > last + 1 + len(playlist.segments):
            self._next = first  # the beginning, or a stream whose numbers began again
        elif first > self._next:
            self._fd.report_warning(f"{first - self._next} segments of the live stream were missed")
        return [segment for segment in playlist.segments if segment.sequence >= (self._next or 0)]

    def _take(self, segment: Segment, filename: str) -> None:
        content = self._content(segment)
        if content is not None:
            if segment.map_url and segment.map_url != self._map:
                content = self._reader.read(segment.map_url, segment.map_range) + content
                self._map = segment.map_url
            self._file.write(content)
            self._file.flush()
            self.bytes += len(content)
        self._next = segment.sequence + 1
        write_json(self.state_path, {"next": self._next, "bytes": self.bytes, "map": self._map})
        seconds = max(time.monotonic() - self._began, 0.001)
        status = {"status": "downloading", "filename": filename, "tmpfilename": self._file.name,
                  "downloaded_bytes": self.bytes, "speed": (self.bytes - self._at_start) / seconds}  # fmt: skip
        self._fd._hook_progress(status, self._info)  # noqa: SLF001

    def _content(self, segment: Segment) -> bytes | None:
        """The plain bytes of a segment; None, with a warning, when the site has it no more."""
        content = self._reader.content(segment)
        if content is None:
            self._fd.report_warning(f"Segment {segment.sequence} of the live stream is lost")
        return content


def install() -> None:
    """Lets yt-dlp choose this recorder for live HLS of one format; other live streams stay ffmpeg's."""
    choose = yt_dlp.downloader._get_suitable_downloader  # noqa: SLF001 the one place of the choice

    def suitable(info: dict[str, Any], protocol: str, params: dict[str, Any], default: Any) -> Any:
        single = not info.get("requested_formats") and "+" not in str(info.get("protocol"))
        bounded = info.get("section_start") or info.get("section_end")
        if protocol in ("m3u8", "m3u8_native") and info.get("is_live") and single and not bounded:
            return LiveHlsFD
        return choose(info, protocol, params, default)

    yt_dlp.downloader._get_suitable_downloader = suitable  # noqa: SLF001
