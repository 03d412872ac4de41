"""Media types of files, and whether a browser may show them (docs/contract/files.md 2 and 3)."""

import mimetypes
from collections.abc import Iterable

FALLBACK = "application/octet-stream"

# Python's built-in table alone: the machine's own (/etc/mime.types) would make answers depend on where a function runs.
_USUAL = mimetypes.MimeTypes(filenames=())
_OURS = {
    ".aac": "audio/aac",
    ".ass": "text/x-ssa",
    ".avi": "video/x-msvideo",
    ".description": "text/plain",
    ".flac": "audio/flac",
    ".flv": "video/x-flv",
    ".idx": "text/plain",
    ".m3u8": "application/x-mpegURL",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".m4v": "video/mp4",
    ".md": "text/markdown",
    ".mka": "audio/x-matroska",
    ".mkv": "video/x-matroska",
    ".mp3": "audio/mpeg",
    ".nfo": "text/xml",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogm": "video/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".smi": "text/plain",
    ".srt": "text/plain",
    ".ssa": "text/x-ssa",
    ".torrent": "application/x-bittorrent",
    ".ts": "video/mp2t",
    ".vtt": "text/vtt",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
# What a browser shows without running anything inside; files come from strangers.
_PASSIVE_KINDS = ("video/", "audio/", "image/")
_PASSIVE = frozenset(
    {
        FALLBACK, "application/json", "application/pdf", "application/x-bittorrent", "application/x-mpegURL",
        "application/yaml", "text/csv", "text/markdown", "text/plain", "text/vtt", "text/x-ssa",
    }
)  # fmt: skip
# By name as well: whoever stores or serves the file may know more types than the table.
_ACTIVE_EXTENSIONS = frozenset(
    {
        ".eml", ".hta", ".htc", ".htm", ".html", ".js", ".mht", ".mhtml", ".mjs", ".shtm", ".shtml", ".svg", ".svgz",
        ".swf", ".xht", ".xhtml", ".xml", ".xsl", ".xslt",
    }
)  # fmt: skip

# The probe's format names (files.md 2, MIME).
_FORMATS = {"mp4": "video/mp4", "matroska": "video/x-matroska", "webm": "video/webm", "mpegts": "video/mp2t"}
_WEBM_CODECS = frozenset({"vp8", "vp9", "av1", "vorbis", "opus"})


def suffix(name: str) -> str:
    """The last extension in lower case with its dot (`a.en.SRT` -> `.srt`), or `""`."""
    stem, dot, extension = name.rpartition(".")
    has_extension = dot and extension and stem.strip("./") and "/" not in extension
    return f".{extension.lower()}" if has_extension else ""


def content_type(name: str) -> str:
    """The media type by extension alone; `application/octet-stream` for what is unknown."""
    extension = suffix(name)
    if extension in _OURS:
        return _OURS[extension]
    return _USUAL.types_map[True].get(extension, FALLBACK)


def is_active(name: str) -> bool:
    """True if a browser might run what is inside, so that it is only offered for saving: every type that is not known
    to be passive.
    """
    kind = content_type(name)
    passive = kind in _PASSIVE or (kind.startswith(_PASSIVE_KINDS) and not kind.endswith("+xml"))
    return suffix(name) in _ACTIVE_EXTENSIONS or not passive


def probed_type(name: str, format_name: str | None, codecs: Iterable[str] = ()) -> str:
    """The media type of a probed file: by format (the last known part wins), corrected by codecs and extension.

    The probe says `matroska,webm` for every mkv and `mov,mp4,m4a,...` for every m4a, hence the two corrections.
    """
    by_name = content_type(name)
    types = [_FORMATS[part] for part in (format_name or "").split(",") if part in _FORMATS]
    if not types:
        return by_name
    if by_name == "audio/mp4":
        return by_name
    if types[-1] == "video/webm" and not _WEBM_CODECS.issuperset(codecs):
        return "video/x-matroska"
    return types[-1]
