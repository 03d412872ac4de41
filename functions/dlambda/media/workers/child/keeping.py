"""Inside a worker process: what fails beside the media (a picture, a subtitle, a conversion) leaves the media as it is.

Each such failure is noted as a step and a text (docs/contract/downloads.md 2.2, `warnings`); the file is what the last
step that worked made of it.
"""

import copy
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from yt_dlp.networking.exceptions import TransportError, network_exceptions
from yt_dlp.postprocessor import FFmpegMergerPP, MoveFilesAfterDownloadPP
from yt_dlp.postprocessor.ffmpeg import (
    FFmpegEmbedSubtitlePP,
    FFmpegFixupPostProcessor,
    FFmpegSplitChaptersPP,
    FFmpegSubtitlesConvertorPP,
)
from yt_dlp.utils import (
    MEDIA_EXTENSIONS,
    DownloadCancelled,
    DownloadError,
    PostProcessingError,
    determine_ext,
    replace_extension,
)

from dlambda.domain.files.content import HEAD_BYTES, find_container, find_foreign, find_no_subtitle, find_picture
from dlambda.domain.items.step_warning import StepWarning
from dlambda.media.machine.disk import is_disk_full
from dlambda.media.workers.child.downloader import Downloader
from dlambda.media.ytdlp.wording import plain

_PICTURE, _SUBTITLES, _DESCRIPTION, _INFO_JSON = "thumbnail", "subtitles", "description", "infojson"
# Post-processors whose warnings say what they left out; others warn of a way that they try before the next one.
_TELLING = frozenset({"EmbedSubtitle", "ModifyChapters", "NFOMaker", "SplitChapters", "XAttrMetadata"})
_INNER_ERROR = re.compile(r"ERROR:\s*(\[download\] Got error:\s*)?")  # where one message of yt-dlp holds another
_NO_PICTURE = "The site sent {} in place of the picture."
_NO_SUBTITLES = "The site sent {} in place of the subtitles ({})."
_NO_MEDIA = "The site sent {} in place of the media."


class NotMedia(DownloadError):  # type: ignore[misc]
    """The site sent something else as media."""


def read_head(path: Path) -> bytes:
    """The first bytes of a file; none when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def check_media(path: Path, extension: str) -> None:
    """Raises `NotMedia` for a page, a text, an archive ... under the name of a film, and removes it."""
    foreign = find_foreign(read_head(path), extension)
    if foreign is not None:
        path.unlink(missing_ok=True)
        raise NotMedia(_NO_MEDIA.format(foreign))


class Keeping(Downloader):
    """`YoutubeDL` that ends with the media, whatever fails beside it."""

    def __init__(self, params: dict[str, Any], **options: Any) -> None:
        self.failed_steps: list[StepWarning] = []
        self._step: str | None = None
        self._picture_failures: list[str] | None = None
        super().__init__(params, **options)

    def _note(self, step: str, text: object) -> None:
        note = StepWarning(step, _INNER_ERROR.sub("", plain(text)) or type(text).__name__)
        if note not in self.failed_steps:
            self.failed_steps.append(note)

    @contextmanager
    def _during(self, step: str | None) -> Iterator[None]:
        """Counts warnings meanwhile as a failure of the step, if one is named."""
        before, self._step = self._step, step
        try:
            yield
        finally:
            self._step = before

    def report_warning(self, message: Any, *arguments: Any, **options: Any) -> None:
        if self._step is not None:
            self._note(self._step, message)
        super().report_warning(message, *arguments, **options)

    # Post-processors

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

    # Files beside

    def urlopen(self, req: Any) -> Any:
        if self._picture_failures is None:
            return super().urlopen(req)
        return self._open_picture(req, self._picture_failures)

    def _open_picture(self, request: Any, failures: list[str]) -> io.BytesIO:
        """A picture, read whole. yt-dlp goes on with the next one when this fails as the network does."""
        try:
            data: bytes = super().urlopen(request).read()
            if find_picture(data[:HEAD_BYTES]) is None:
                phrase = find_foreign(data[:HEAD_BYTES]) or "something else"
                raise TransportError(_NO_PICTURE.format(phrase))
        except Exception as error:
            failures.append(plain(error))
            if isinstance(error, network_exceptions):
                raise
            raise TransportError(plain(error)) from error
        return io.BytesIO(data)

    def _write_thumbnails(
        self, label: str, info_dict: dict[str, Any], filename: str, thumb_filename_base: str | None = None
    ) -> Any:
        failures: list[str] = []
        for picture in info_dict.get("thumbnails") or ():
            if (picture.get("ext") or determine_ext(picture["url"], "jpg")) not in MEDIA_EXTENSIONS.thumbnails:
                picture["ext"] = "jpg"  # an address such as `cover.php`: what it holds is looked at when it is there
        base = thumb_filename_base
        self._picture_failures = failures
        try:
            files = self._beside(
                _PICTURE, lambda: super(Keeping, self)._write_thumbnails(label, info_dict, filename, base)
            )
        finally:
            self._picture_failures = None
        if files and not self.params.get("write_all_thumbnails"):
            failures = []  # the next best one took their place
        for failure in failures:
            self._note(_PICTURE, failure)
        return [self._fit_picture(info_dict, Path(path), Path(final)) for path, final in files or ()]

    def _fit_picture(self, info: dict[str, Any], path: Path, final: Path) -> tuple[str, str]:
        kind = find_picture(read_head(path))
        if kind is None or kind.fits(path.suffix[1:]):
            return str(path), str(final)
        fitting = path.with_suffix(f".{kind.extension}")
        path.replace(fitting)
        for picture in info.get("thumbnails") or ():
            if picture.get("filepath") == str(path):
                picture["filepath"] = str(fitting)
        return str(fitting), str(final.with_suffix(f".{kind.extension}"))

    def _write_subtitles(self, info_dict: dict[str, Any], filename: str) -> Any:
        """A language after the other: what one of them lacks is no concern of the others."""
        languages = info_dict.get("requested_subtitles")
        if not languages or not (self.params.get("writesubtitles") or self.params.get("writeautomaticsub")):
            return super()._write_subtitles(info_dict, filename)
        files: list[tuple[str, str]] = []
        for language, subtitle in list(languages.items()):
            subtitle_files = self._write_one_subtitle(
                {**info_dict, "requested_subtitles": {language: subtitle}}, filename
            )
            if not subtitle_files:
                del languages[language]
            files += subtitle_files
        return files

    def _write_one_subtitle(self, info: dict[str, Any], filename: str) -> list[tuple[str, str]]:
        """Its file now and at the end; none when there is no subtitle in it."""
        [(language, subtitle)] = info["requested_subtitles"].items()
        with self._during(_SUBTITLES):
            subtitle_files = (
                self._beside(_SUBTITLES, lambda: super(Keeping, self)._write_subtitles(info, filename)) or []
            )
        for path, _ in subtitle_files:
            foreign = find_no_subtitle(read_head(Path(path)), subtitle["ext"])
            if foreign is not None:
                self._note(_SUBTITLES, _NO_SUBTITLES.format(foreign, language))
                Path(path).unlink(missing_ok=True)
                return []
        return list(subtitle_files)

    def _write_description(self, label: str, ie_result: Any, descfn: Any) -> Any:
        return self._beside(_DESCRIPTION, lambda: super(Keeping, self)._write_description(label, ie_result, descfn))

    def _write_info_json(self, label: str, ie_result: Any, infofn: Any, overwrite: Any = None) -> Any:
        return self._beside(
            _INFO_JSON, lambda: super(Keeping, self)._write_info_json(label, ie_result, infofn, overwrite)
        )

    def _beside(self, step: str, write: Callable[[], Any]) -> Any:
        """Answers what `write` answers; false, with a note, when it fails."""
        try:
            return write() or False
        except DownloadCancelled:
            raise
        except Exception as error:
            if is_disk_full(error):
                raise
            self._note(step, error)
            return False


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
