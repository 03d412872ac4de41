"""Inside a worker process: a step behind the download that fails leaves the media as it is.

Each such failure is noted as a step and a text (docs/contract/downloads.md 2.2, `warnings`); the file is what the last
step that worked made of it.
"""

import copy
import os
from pathlib import Path
from typing import Any

from yt_dlp.postprocessor import FFmpegMergerPP, MoveFilesAfterDownloadPP
from yt_dlp.postprocessor.ffmpeg import (
    FFmpegEmbedSubtitlePP,
    FFmpegFixupPostProcessor,
    FFmpegSplitChaptersPP,
    FFmpegSubtitlesConvertorPP,
)
from yt_dlp.utils import (
    DownloadCancelled,
    PostProcessingError,
    replace_extension,
)

from dlambda.domain.files.content import find_container, find_picture
from dlambda.media.machine.disk import is_disk_full
from dlambda.media.workers.child.file_heads import read_head
from dlambda.media.workers.child.files_beside import FilesBeside
from dlambda.media.workers.child.merging import MergerElsewherePP
from dlambda.media.ytdlp.wording import plain

# Post-processors whose warnings say what they left out; others warn of a way that they try before the next one.
_TELLING = frozenset({"EmbedSubtitle", "ModifyChapters", "NFOMaker", "SplitChapters", "XAttrMetadata"})


class Keeping(FilesBeside):
    """`YoutubeDL` that ends with the media, whatever fails beside it."""

    merges_elsewhere = False
    """True if the formats under way may be put together by the parent."""

    def run_pp(self, pp: Any, infodict: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(pp, (FFmpegMergerPP, FFmpegFixupPostProcessor)):
            self._fit_extension(infodict)
        if isinstance(pp, FFmpegMergerPP):
            return self._merge(pp, infodict)
        if isinstance(pp, MoveFilesAfterDownloadPP):
            return self._move(pp, infodict)
        if isinstance(pp, FFmpegSubtitlesConvertorPP):
            return self._convert_subtitles(pp, infodict)
        if isinstance(pp, FFmpegEmbedSubtitlePP):
            self._leave_unreadable(pp, infodict)
        with self._during(pp.pp_key() if pp.pp_key() in _TELLING else None):
            return self._attempt(pp, infodict)

    def _attempt(self, pp: Any, info: dict[str, Any]) -> dict[str, Any]:
        """The step, or everything as it was before."""
        before, files = _copy(info), self._files()
        try:
            after: dict[str, Any] = super().run_pp(pp, info)
        except DownloadCancelled:
            raise
        except Exception as error:  # a bug in a post-processor is no reason to throw the film away
            if is_disk_full(error):
                raise
            self._note(pp.pp_key(), error)
            for path in self._files() - files:
                path.unlink(missing_ok=True)
            info.clear()
            info.update(before)
            return info
        return after

    def _convert_subtitles(self, pp: Any, info: dict[str, Any]) -> dict[str, Any]:
        """A language after the other."""
        for language, subtitle in list((info.get("requested_subtitles") or {}).items()):
            after = self._attempt(pp, {**info, "requested_subtitles": {language: subtitle}})
            info["__files_to_move"] = after["__files_to_move"]
            info["requested_subtitles"][language] = after["requested_subtitles"][language]
        return info

    def _leave_unreadable(self, pp: Any, info: dict[str, Any]) -> None:
        """Subtitles that ffmpeg cannot read would keep the others from being embedded; they stay beside the file."""
        subtitles = info.get("requested_subtitles") or {}
        for language, subtitle in list(subtitles.items()):
            path = subtitle.get("filepath")
            problem = _find_problem(pp, path) if path and Path(path).is_file() else None
            if problem is not None:
                self._note(pp.pp_key(), f"{language}: {problem}")
                del subtitles[language]

    def _merge(self, pp: Any, info: dict[str, Any]) -> dict[str, Any]:
        """In Matroska, which takes nearly everything, when the container asked for does not take these formats."""
        if self.merges_elsewhere:
            merger = MergerElsewherePP(self)
            info = dict(super().run_pp(merger, info))
            if merger.is_done:
                return info
        before = _copy(info)
        try:
            return dict(super().run_pp(pp, info))
        except PostProcessingError as error:
            if is_disk_full(error) or info["ext"] == "mkv":
                raise
            info.clear()
            info.update(before, filepath=replace_extension(before["filepath"], "mkv", before["ext"]), ext="mkv")
            merged = dict(super().run_pp(pp, info))
            self._note(pp.pp_key(), f"{plain(error)} It was written as mkv.")
            return merged

    def _move(self, pp: Any, info: dict[str, Any]) -> dict[str, Any]:
        before = _copy(info)
        try:
            return dict(super().run_pp(pp, info))
        except (PostProcessingError, OSError) as error:
            if is_disk_full(error):
                raise
            info.clear()
            info.update(before, __files_to_move={})
            new_info = dict(super().run_pp(pp, info))
            self._note(pp.pp_key(), error)
            return new_info

    def _files(self) -> set[Path]:
        return {path for folder in self._folders for path in folder.rglob("*") if path.is_file()}

    def _fit_extension(self, info: dict[str, Any]) -> None:
        """Before a step reads the file by its extension: the one that fits what it holds."""
        path = Path(str(info.get("filepath") or ""))
        extension = str(info.get("ext"))
        if not info.get("filepath") or path.suffix != f".{extension}" or not path.is_file():
            return
        head = read_head(path)
        container = find_container(head) or find_picture(head)
        if container is None or container.fits(extension):
            return
        fitting = path.with_suffix(f".{container.extension}")
        if fitting.exists():
            return
        path.rename(fitting)
        info["filepath"], info["ext"] = str(fitting), container.extension


def _find_problem(pp: Any, path: str) -> str | None:
    """The complaint of ffmpeg about a subtitle file; None when it reads it."""
    trial = f"{path}.trial.srt"
    try:
        pp.run_ffmpeg(path, trial, ["-f", "srt"])
    except (PostProcessingError, OSError) as error:
        return None if is_disk_full(error) else plain(error)
    finally:
        Path(trial).unlink(missing_ok=True)
    return None


def _copy(info: dict[str, Any]) -> dict[str, Any]:
    """`info` with copies of what post-processors change inside it."""
    changing = ("__files_to_move", "requested_subtitles", "thumbnails", "chapters")
    return info | {key: copy.deepcopy(info[key]) for key in changing if info.get(key)}


class KeepingSplitChaptersPP(FFmpegSplitChaptersPP):  # type: ignore[misc]
    """`--split-chapters`, chapter by chapter: one that cannot be cut is left out."""

    def real_run_ffmpeg(self, input_path_opts: Any, output_path_opts: Any, **options: Any) -> Any:
        try:
            return super().real_run_ffmpeg(input_path_opts, output_path_opts, **options)
        except PostProcessingError as error:
            is_chapter = any("-ss" in options for _, options in input_path_opts)
            if not is_chapter or is_disk_full(error):
                raise
            path = output_path_opts[0][0]
            Path(path).unlink(missing_ok=True)
            self.report_warning(f"The chapter '{os.path.basename(path)}' was left out: {error}")  # noqa: PTH119 as text
            return ""

    @classmethod
    def pp_key(cls) -> str:
        return "SplitChapters"
