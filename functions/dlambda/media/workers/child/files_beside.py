"""Inside a worker process: a picture, a subtitle or a description that fails leaves the media as it is.

Each such failure is noted as a step and a text (docs/contract/downloads.md 2.2, `warnings`).
"""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from yt_dlp.networking.exceptions import TransportError, network_exceptions
from yt_dlp.utils import MEDIA_EXTENSIONS, DownloadCancelled, determine_ext

from dlambda.domain.files.content import HEAD_BYTES, find_foreign, find_no_subtitle, find_picture
from dlambda.domain.items.step_warning import StepWarning
from dlambda.media.machine.disk import is_disk_full
from dlambda.media.workers.child.downloader import Downloader
from dlambda.media.workers.child.file_heads import read_head
from dlambda.media.ytdlp.wording import plain

_PICTURE, _SUBTITLES, _DESCRIPTION, _INFO_JSON = "thumbnail", "subtitles", "description", "infojson"
_INNER_ERROR = re.compile(r"ERROR:\s*(\[download\] Got error:\s*)?")  # where one message of yt-dlp holds another
_NO_PICTURE = "The site sent {} in place of the picture."
_NO_SUBTITLES = "The site sent {} in place of the subtitles ({})."


class FilesBeside(Downloader):
    """`YoutubeDL` that notes what fails beside the media, and goes on."""

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
                _PICTURE, lambda: super(FilesBeside, self)._write_thumbnails(label, info_dict, filename, base)
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
                self._beside(_SUBTITLES, lambda: super(FilesBeside, self)._write_subtitles(info, filename)) or []
            )
        for path, _ in subtitle_files:
            foreign = find_no_subtitle(read_head(Path(path)), subtitle["ext"])
            if foreign is not None:
                self._note(_SUBTITLES, _NO_SUBTITLES.format(foreign, language))
                Path(path).unlink(missing_ok=True)
                return []
        return list(subtitle_files)

    def _write_description(self, label: str, ie_result: Any, descfn: Any) -> Any:
        return self._beside(_DESCRIPTION, lambda: super(FilesBeside, self)._write_description(label, ie_result, descfn))

    def _write_info_json(self, label: str, ie_result: Any, infofn: Any, overwrite: Any = None) -> Any:
        return self._beside(
            _INFO_JSON, lambda: super(FilesBeside, self)._write_info_json(label, ie_result, infofn, overwrite)
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
