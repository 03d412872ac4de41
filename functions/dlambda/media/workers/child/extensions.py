"""Inside a worker process: the extension of media whose address ends like a program's, such as `stream.php`.

yt-dlp leaves such media out for fear of files that are run. Here it is named by its content type, or neutrally.
"""

from typing import Any

from yt_dlp.utils import determine_ext, mimetype2ext
from yt_dlp.utils._utils import KNOWN_EXTENSIONS, _UnsafeExtensionError

_NEUTRAL = "unknown_video"


def give_extensions(info: dict[str, Any]) -> None:
    """Corrects the formats of `info` in place."""
    for format_ in (info, *(info.get("formats") or ())):
        url = format_.get("url")
        if url and not _is_usable(format_.get("ext") or determine_ext(url)):
            format_["ext"] = _by_type(str(format_.get("format_id") or ""))


def _is_usable(extension: object) -> bool:
    return str(extension).rpartition(".")[2].lower() in _UnsafeExtensionError.ALLOWED_EXTENSIONS


def _by_type(format_id: str) -> str:
    """The generic extractor names a format by the second half of its content type."""
    extension = mimetype2ext(f"video/{format_id}") or ""
    return extension if extension in KNOWN_EXTENSIONS else _NEUTRAL
