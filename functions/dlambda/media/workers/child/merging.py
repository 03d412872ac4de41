"""Inside a worker process: formats that the parent puts together, from what is saved of them.

Where an invocation may end before the work does, the bytes of earlier ones lie in the bucket alone. Two MP4 files can
be put together there, and their bytes need not come back.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yt_dlp.postprocessor.common import PostProcessor

_EXTENSIONS = frozenset({"mp4", "m4a", "m4v"})
# Post-processors that leave the media as it is, and do not read it.
_BESIDE = frozenset({"MetadataParser", "NFOMaker", "SubtitlesConvertor", "ThumbnailsConvertor"})
_WHEN = ("post_process", "after_move")
_FORMATS = 2


def can_merge_elsewhere(info: Mapping[str, Any], session: Any) -> bool:
    """True if the result of a merge is what ffmpeg would make of it without an option, and nobody reads it here."""
    formats = info.get("requested_formats") or ()
    codecs = [(format_.get("vcodec"), format_.get("acodec")) for format_ in formats]
    steps = [step.pp_key() for when in _WHEN for step in session._pps[when]]  # noqa: SLF001 yt-dlp has no other list
    return (
        len(formats) == _FORMATS
        and [video == "none" for video, _ in codecs] == [False, True]
        and [sound == "none" for _, sound in codecs] == [True, False]
        and info.get("ext") == "mp4"
        and all(format_.get("ext") in _EXTENSIONS for format_ in formats)
        and info.get("stretched_ratio") in (None, 1)
        and not info.get("is_live")
        and not any(session.params.get(name) for name in ("keepvideo", "postprocessor_args"))
        and _BESIDE.issuperset(steps)
    )


class MergerElsewherePP(PostProcessor):  # type: ignore[misc]
    """yt-dlp's merger where the parent makes the file. `is_done`: it has made it."""

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self.is_done = False

    @classmethod
    def pp_key(cls) -> str:
        return "Merger"

    def run(self, info: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
        files: list[str] = info["__files_to_merge"]
        self.is_done = self._downloader.merge_elsewhere(Path(info["filepath"]), files)
        return (files if self.is_done else []), info
