"""Inside a worker process: our post-processors, and yt-dlp's made safe."""

import os
import re
from pathlib import Path
from typing import Any

from yt_dlp.globals import postprocessors
from yt_dlp.postprocessor.common import PostProcessor
from yt_dlp.postprocessor.metadataparser import MetadataParserPP

from dlambda.domain.files.nfo import nfo_text, read_nfo_type
from dlambda.errors import Invalid
from dlambda.media.workers.child import ffmpeg_inputs
from dlambda.media.workers.child.converting import SpannedVideoConvertorPP
from dlambda.media.workers.child.keeping import KeepingSplitChaptersPP

# Fields that an option may not write into: they say what is fetched (addresses, protocols, headers, parts of a media
# file), by what, in which format it is written, and where; or they hold more than a text.
_LOCKED = frozenset(
    {
        # lists and mappings
        "additional_entries", "automatic_captions", "chapters", "comments", "entries", "formats", "fragments",
        "heatmap", "requested_downloads", "requested_entries", "requested_formats", "requested_subtitles", "segments",
        "sponsorblock_chapters", "subtitles", "thumbnails",
        # what is fetched, by what, and as what it is written
        "acodec", "container", "cookies", "ext", "extractor_key", "format_id", "has_drm", "ie_key", "impersonate",
        "is_dash_periods", "is_from_start", "is_live", "live_status", "no_resume", "protocol", "request_data",
        "stretched_ratio", "thumbnail", "vcodec", "was_live", "ws",
        # where files lie
        "filename", "filepath", "filetime",
    }
)  # fmt: skip
_LOCKED_KIND = re.compile(
    r"_.*|(.*_)?(url|urls|uri|path|filename|filepath|headers|cookies|args|options|protocol|proxy)"
    r"|(section|fragment|hls|dash|rtmp|manifest|downloader|extra_param|frag)_.*"
)
# Addresses that are shown and never opened.
_SHOWN = frozenset({"uploader_url", "channel_url"})


def _is_locked(key: str) -> bool:
    return key in _LOCKED or (key not in _SHOWN and _LOCKED_KIND.fullmatch(key) is not None)


class GuardedMetadataParserPP(MetadataParserPP):  # type: ignore[misc]
    """`--parse-metadata` and `--replace-in-metadata`; actions come as `["replace", ...]` or `["interpret", ...]`."""

    def __init__(self, downloader: Any, actions: list[list[str]]) -> None:
        kinds = {"replace": MetadataParserPP.Actions.REPLACE, "interpret": MetadataParserPP.Actions.INTERPRET}
        super().__init__(downloader, [(kinds[kind], *arguments) for kind, *arguments in actions])

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

    def __init__(
        self,
        downloader: Any = None,
        mode: str = "tv",
        prefix: object = "true",
        xml_declaration: object = "true",
        **_unknown: object,
    ) -> None:
        super().__init__(downloader)
        self._mode = mode
        self._prefix = _flag(prefix)
        self._declaration = _flag(xml_declaration)

    def run(self, info: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
        media = Path(info["filepath"])
        try:
            kind = read_nfo_type(self._mode)
            text = nfo_text(kind, info, media.stem, prefix=self._prefix, declaration=self._declaration)
        except Invalid as error:
            self.report_warning(f"No NFO file was written: {error.message}")
            return [], info
        path = media.with_suffix(".nfo")
        path.write_text(text, encoding="utf-8")
        modified = media.stat().st_mtime
        os.utime(path, (modified, modified))
        return [], info


def install() -> None:
    """Makes them known to yt-dlp, for this process."""
    ffmpeg_inputs.install()
    postprocessors.value["MetadataParserPP"] = GuardedMetadataParserPP
    postprocessors.value["FFmpegSplitChaptersPP"] = KeepingSplitChaptersPP
    postprocessors.value["FFmpegVideoConvertorPP"] = SpannedVideoConvertorPP
    postprocessors.value["NFOMakerPP"] = NFOMakerPP
