"""Inside a worker process: `--recode-video` in spans, which stay when the worker dies (docs/decisions/conversions.md).

Each span is a file that the state of the work folder counts as finished. Whoever goes on, here or elsewhere, converts
the spans that are not there, and joins all of them without converting again. The sound is converted as one.
"""

import hashlib
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import yt_dlp.postprocessor.ffmpeg
from yt_dlp.postprocessor.ffmpeg import FFmpegVideoConvertorPP

from dlambda.media.av.spans import Pace, Source, Span, is_whole, list_text

_SOUND = "sound"
_NOT_WHOLE = "The spans are not as long as the source: it is converted as one."


class Parts(Protocol):
    """A session that keeps the parts of a conversion."""

    @property
    def keeps_parts(self) -> bool:
        """True if an invocation may end before a conversion does."""

    def note_part(self, path: Path, kind: str) -> None:
        """Keeps a file. `kind` tells parts of one conversion from those of others."""

    def has_part(self, path: Path, kind: str) -> bool: ...


class SpannedVideoConvertorPP(FFmpegVideoConvertorPP):  # type: ignore[misc]
    """Converts in spans where that is of use; else as yt-dlp does."""

    @classmethod
    def pp_key(cls) -> str:
        return "VideoConvertor"

    def run_ffmpeg(self, path: str, out_path: str, opts: Iterable[str], **options: Any) -> None:
        source = self._source_of(path, Path(out_path).suffix.removeprefix("."))
        if source is None or not _Conversion(self, Path(path), Path(out_path), source, self._downloader).run():
            super().run_ffmpeg(path, out_path, opts, **options)

    def _source_of(self, path: str, extension: str) -> Source | None:
        session: Parts | None = self._downloader
        if session is None or not session.keeps_parts or not self.probe_available:
            return None
        return Source.read(self.get_metadata_object(path), extension)

    def list_key_frames(self, path: Path) -> str:
        """When the key frames of its video are shown, among its other packets."""
        command = [
            self.probe_executable, "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags",
            "-of", "csv=p=0", f"file:{path}",
        ]  # fmt: skip
        text, _, _ = yt_dlp.postprocessor.ffmpeg.Popen.run(
            command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return str(text)


class _Conversion:
    """A conversion of one file. `tool` runs ffmpeg."""

    def __init__(self, tool: SpannedVideoConvertorPP, path: Path, target: Path, source: Source, session: Parts) -> None:
        self._tool = tool
        self._path = path
        self._target = target
        self._source = source
        self._session = session
        identity = f"{path.name} {path.stat().st_size} {source.seconds} {target.suffix}"
        self._kind = hashlib.sha256(identity.encode()).hexdigest()[:16]
        self._folder = path.parent / f"spans-{self._kind}"

    def run(self) -> bool:
        """Converts; False, and nothing is left, when the result is not as long as the source."""
        self._folder.mkdir(exist_ok=True)
        sound = self._convert_sound() if self._source.sounds else None
        self._join([*self._convert_spans()], sound)
        self._remove_parts()
        if is_whole(self._source, self._tool.get_metadata_object(str(self._target))):
            return True
        self._tool.report_warning(_NOT_WHOLE)
        self._target.unlink()
        return False

    def _convert_sound(self) -> Path:
        """Converts all sounds that there are."""
        path = self._file(_SOUND)
        self._convert(path, [], ["-map", "0:a"])
        return path

    def _convert_spans(self) -> Iterable[tuple[Span, str]]:
        key_frames = self._source.read_key_frames(self._tool.list_key_frames(self._path))
        pace, start = Pace(), self._source.first
        while True:
            span = self._finished_span(start) or pace.next_span(start, key_frames)
            path = self._file(span.name)
            began = time.monotonic()
            if self._convert(path, span.cut(self._source), ["-map", "0:V:0"]):
                pace.note(span, self._source.seconds, time.monotonic() - began)
            yield span, path.name
            if span.end is None:
                return
            start = span.end

    def _finished_span(self, start: int) -> Span | None:
        """The span from `start` on that was converted before."""
        for path in self._folder.glob(f"{start}-*{self._target.suffix}"):
            if self._session.has_part(path, self._kind):
                return Span.parse(path.stem)
        return None

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}{self._target.suffix}"

    def _convert(self, path: Path, cut: Sequence[str], options: Sequence[str]) -> bool:
        """Converts a part of the source; False when it is there already."""
        if self._session.has_part(path, self._kind):
            return False
        self._tool.real_run_ffmpeg([(str(self._path), list(cut))], [(str(path), list(options))])
        self._session.note_part(path, self._kind)
        return True

    def _remove_parts(self) -> None:
        """By whole paths: this process may remove nothing elsewhere, and a name alone does not say where it lies."""
        for path in self._folder.iterdir():
            path.unlink()
        self._folder.rmdir()

    def _join(self, spans: Sequence[tuple[Span, str]], sound: Path | None) -> None:
        """Puts all together at their times, with what the source says of itself and of its chapters."""
        script = self._folder / "list.txt"
        script.write_text(list_text([(span, str(self._folder / name)) for span, name in spans]), encoding="utf-8")
        video_offset = ["-itsoffset", f"{self._source.video_start:.6f}"]
        inputs = [(str(script), ["-f", "concat", "-safe", "0", *video_offset]), (str(self._path), [])]
        maps = ["-map", "0:v", "-map_metadata", "1", "-map_metadata:s:v", "1:s:v", "-map_chapters", "1"]
        if sound is not None:
            inputs.append((str(sound), []))
            maps += ["-map", "2:a"]
            for number in range(self._source.sounds):
                maps += [f"-map_metadata:s:a:{number}", f"2:s:a:{number}"]
        self._tool.real_run_ffmpeg(inputs, [(str(self._target), [*maps, "-c", "copy", "-copyts"])])
