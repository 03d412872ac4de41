"""Inside a worker process: files by their first bytes, and media that are none."""

from pathlib import Path

from yt_dlp.utils import DownloadError

from dlambda.domain.files.content import HEAD_BYTES, find_foreign

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
