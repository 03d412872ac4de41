"""Inside a worker process: our post-processors, and yt-dlp's made safe."""

import os
from pathlib import Path
from typing import Any

from yt_dlp.globals import postprocessors
from yt_dlp.postprocessor import ffmpeg
from yt_dlp.postprocessor.common import PostProcessor
from yt_dlp.postprocessor.metadataparser import MetadataParserPP
from yt_dlp.utils import Popen, PostProcessingError

from dlambda.domain.files.nfo import nfo_text, read_nfo_type
from dlambda.errors import Invalid

# Fields that say where files lie or hold more than a text: an option may not write into them.
_LOCKED = frozenset(
    {
        "filepath", "filename", "infojson_filename", "requested_formats", "requested_downloads",
        "requested_subtitles", "formats", "thumbnails", "subtitles", "automatic_captions", "chapters", "entries",
        "heatmap", "comments", "http_headers", "fragments", "downloader_options",
    }
)  # fmt: skip


def _is_locked(key: str) -> bool:
    return key.startswith("_") or key in _LOCKED


class GuardedMetadataParserPP(MetadataParserPP):  # type: ignore[misc]
    """`--parse-metadata` and `--replace-in-metadata`; actions come as `["replace", ...]` or `["interpret", ...]`."""

    def __init__(self, downloader: Any, actions: list[list[str]]) -> None:
        known = {"replace": MetadataParserPP.Actions.REPLACE, "interpret": MetadataParserPP.Actions.INTERPRET}
        super().__init__(downloader, [(known[kind], *rest) for kind, *rest in actions])

    @classmethod
    def pp_key(cls) -> str:
        return "MetadataParser"

    def run(self, info: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
        before = {key: value for key, value in info.items() if _is_locked(key)}
        super().run(info)
        for key in [key for key in info if _is_locked(key)]:
            if key in before:
                info[key] = before[key]
            else:
                del info[key]
        return [], info


def _flag(value: object) -> bool:
    return str(value).strip().lower() not in ("false", "0", "no", "off", "")


class NFOMakerPP(PostProcessor):  # type: ignore[misc]
    """Writes an NFO beside the finished file (docs/contract/downloads.md 7). `mode`: tv or movie."""

    def __init__(self, downloader: Any = None, mode: str = "tv", prefix: object = "true", **_unknown: object) -> None:
        super().__init__(downloader)
        self._mode = mode
        self._prefix = _flag(prefix)

    def run(self, info: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
        media = Path(info["filepath"])
        try:
            text = nfo_text(read_nfo_type(self._mode), info, media.stem, prefix=self._prefix)
        except Invalid as error:
            self.report_warning(f"No NFO file was written: {error.message}")
            return [], info
        path = media.with_suffix(".nfo")
        path.write_text(text, encoding="utf-8")
        modified = media.stat().st_mtime
        os.utime(path, (modified, modified))
        return [], info


class _Popen(Popen):  # type: ignore[misc]
    """Tells a program that was ended from outside (by the kernel, for want of memory) from one that refused its input.

    yt-dlp makes an error of the last line that it wrote, which then says nothing; this one is known to pass.
    """

    @classmethod
    def run(cls, *arguments: Any, **options: Any) -> tuple[Any, Any, int]:
        stdout, stderr, status = super().run(*arguments, **options)
        if status < 0:
            raise PostProcessingError(f"ffmpeg ended unexpectedly (signal {-status}).")
        return stdout, stderr, status


def install() -> None:
    """Makes them known to yt-dlp, for this process."""
    ffmpeg.Popen = _Popen
    postprocessors.value["MetadataParserPP"] = GuardedMetadataParserPP
    postprocessors.value["NFOMakerPP"] = NFOMakerPP
