"""What the origin says to one request, as a value."""

import mimetypes
from dataclasses import dataclass, field
from pathlib import Path

_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".ts": "video/mp2t",
    ".mpd": "application/dash+xml",
    ".m4s": "video/iso.segment",
    ".m4a": "audio/mp4",
    ".opus": "audio/ogg",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".rss": "application/rss+xml",
}


@dataclass(frozen=True)
class Answer:
    """One answer; the server carries it out. A `Path` body is sent by sendfile, with ranges."""

    status: int = 200
    body: bytes | Path = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    ranges: bool = True
    bytes_per_second: int = 0  # 0: as fast as it goes
    break_after: int = -1  # bytes of the body after which the connection is closed; -1: never
    stall_after: int = -1  # bytes of the body after which nothing more comes; -1: never
    hang: bool = False  # never answer
    is_reset: bool = False  # what breaks does so with a reset, in place of an end
    excess_bytes: int = 0  # by how much the lengths that it names are too large


def content_type_of(name: str) -> str:
    """The type that an honest server gives to a file of this name."""
    suffix = Path(name).suffix.lower()
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def file_answer(path: Path, name: str = "") -> Answer:
    """The file with the ETag of its size and name, and the type of `name` (default: its own)."""
    return Answer(
        body=path, content_type=content_type_of(name or path.name), etag=f'"{path.stat().st_size:x}-{path.stem}"'
    )


def text_answer(text: str, content_type: str = "text/html; charset=utf-8") -> Answer:
    """A small text."""
    return Answer(body=text.encode(), content_type=content_type)


def not_found() -> Answer:
    """404."""
    return Answer(status=404, body=b"Not found\n")
